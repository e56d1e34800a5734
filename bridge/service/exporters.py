"""Where traces and figures are sent: by exporters of OpenTelemetry, by the names they have there.

`otlp` is OTLP over HTTP. Where to, with which headers and how often is told by OpenTelemetry's own
variables, such as `OTEL_EXPORTER_OTLP_ENDPOINT`, which the exporters read themselves.
"""

import os
from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from bridge.service.settings import Settings, SettingsError

_GROUP = "opentelemetry_{}_exporter"
_AZURE = "azure_monitor_opentelemetry_exporter"
_OTHERWISE_CALLED = {"otlp": "otlp_proto_http", "azure_monitor": _AZURE}
_LEFT_OUT = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",  # how it fares, to Microsoft
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",  # the same, among the calls' figures
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",  # settings, from Microsoft
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",  # of the global tracer provider
)
"""What Azure's exporter does besides, unless these are `true`."""
_HIDDEN = "prometheus"
"""`GET /metrics` is there in any case."""


def span_exporters(settings: Settings) -> list[Any]:
    """What sends traces.

    Raises:
        SettingsError: there is no such exporter, or it lacks what it needs.
    """
    return list(_made("traces", settings.otel_traces_exporter))


def metric_exporters(settings: Settings) -> list[Any]:
    """What sends figures.

    Raises:
        SettingsError: there is no such exporter, or it lacks what it needs.
    """
    return list(_made("metrics", settings.otel_metrics_exporter))


def _made(kind: str, names: Sequence[str]) -> Iterator[Any]:
    for name in names:
        if name == "none":  # as the specification of OpenTelemetry has it
            continue
        variable = f"OTEL_{kind.upper()}_EXPORTER"
        found = _found(kind, name, variable)
        exporter = found.load()
        try:
            yield exporter(**_of_azure()) if found.name == _AZURE else exporter()
        except ValueError as error:
            raise SettingsError(f"{variable}={name}: {error}") from error


def _of_azure() -> dict[str, bool]:
    """Have it send only where it is told to, and keep nothing on a disk that may be read-only."""
    for variable in _LEFT_OUT:
        os.environ.setdefault(variable, "true")
    return {"disable_offline_storage": True}


def _found(kind: str, name: str, variable: str) -> EntryPoint:
    there = {each.name: each for each in entry_points(group=_GROUP.format(kind))}
    there.pop(_HIDDEN, None)
    if found := there.get(_OTHERWISE_CALLED.get(name, name)):
        return found
    install = ", or install interlude[azure-monitor]" if name.startswith("azure") else ""
    known = {short for short, long in _OTHERWISE_CALLED.items() if long in there} | {*there}
    raise SettingsError(
        f"{variable}={name}: there is no such exporter here; use one of "
        f"{', '.join(sorted(known))}{install}."
    )
