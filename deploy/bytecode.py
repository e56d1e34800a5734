"""Compile Interlude and what it imports, and none of what else is installed.

Run in the Dockerfile, with PYTHONPYCACHEPREFIX. A shared object that does not load ends the build.
try-container.sh looks for what a call imports and was not compiled.
"""
# ruff: noqa: INP001 - a script beside its Dockerfile

import encodings.utf_8_sig  # noqa: F401 - of azure.core
import http.client  # noqa: F401 - of the health check
import py_compile
import runpy  # noqa: F401 - of python3 -m
import sys
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules

import holidays
import uvloop  # noqa: F401 - imported when it serves

import bridge.cli  # noqa: F401 - all that it imports
import callflows

WHOLE = (
    "bridge",
    "callflows",
    "anyio",
    "azure.core",
    "azure.identity",
    "azure.monitor.opentelemetry.exporter",
    "typer",
)
"""They import most of their modules when these are needed."""


def import_later() -> None:
    """What flows and settings have the service import once it runs."""
    for flow in iter_modules(callflows.__path__, "callflows."):
        import_module(flow.name)
    holidays.list_supported_countries()  # imports each, as Hours(holidays=…) does
    for kind in ("traces", "metrics"):
        for exporter in entry_points(group=f"opentelemetry_{kind}_exporter"):
            exporter.load()


if __name__ == "__main__":
    import_later()
    sources = {
        source
        for package in WHOLE
        for folder in import_module(package).__path__
        for source in Path(folder).rglob("*.py")
    }
    files = (Path(getattr(module, "__file__", None) or "") for module in [*sys.modules.values()])
    sources |= {file for file in files if file.suffix == ".py"} - {Path(__file__)}
    for source in sources:
        # Not by date: whatever sets those of a layer would make all of it stale.
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
