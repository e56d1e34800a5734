"""Logs: one JSON object a line, with the call's id on every line of a call."""

import logging
import sys

import structlog

PERSONAL = ("text",)
"""Keys under which a log line may hold what was said; their values are left out."""


def _without_personal(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {key: value for key, value in event.items() if key not in PERSONAL}


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]

_QUIET = {
    # At DEBUG these log whole messages, with audio, instructions and what was said; at INFO the
    # HTTP policy logs every request.
    "azure": logging.WARNING,
    # Warns of every session that we close, and of every message sent into a loss.
    "azure.ai.voicelive": logging.CRITICAL,
    "aiohttp.access": logging.WARNING,
}


def configure_logs(*, json: bool = True, level: int = logging.INFO) -> None:
    """Send our logs and those of libraries to standard error, from `level` on."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)
    structlog.configure(
        processors=[
            _without_personal,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
