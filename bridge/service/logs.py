"""Logs: one JSON object a line, with the call's id on every line of a call."""

import logging
import sys

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from structlog.processors import ExceptionRenderer
from structlog.typing import Processor

from bridge.service.privacy import Redaction, escaped, first_line, without_words

log = structlog.get_logger(__name__)

_QUIET = {
    # At DEBUG these log whole messages, with audio, instructions and what was said; at INFO the
    # HTTP policy logs every request.
    "azure": logging.WARNING,
    # Warns of every session that we close, and of every message sent into a loss.
    "azure.ai.voicelive": logging.CRITICAL,
    "aiohttp.access": logging.WARNING,
}


def configure_logs(
    *, json: bool = True, level: int = logging.INFO, shows_personal: bool = False
) -> None:
    """Send our logs and those of libraries to standard error, from `level` on.

    Telephone numbers and what was said are left out unless the log `shows_personal` data; secrets
    are left out in any case.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        ExceptionRenderer() if shows_personal else ExceptionRenderer(without_words),
        Redaction(shows_personal=shows_personal),
    ]
    render: list[Processor] = [structlog.processors.JSONRenderer()]
    if not json:
        render = [escaped, structlog.dev.ConsoleRenderer()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*([] if shows_personal else [first_line]), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)
    logging.getLogger("aiohttp.server").addFilter(_is_no_strangers_mistake)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    if shows_personal:
        log.warning(
            "log.personal",
            detail="INTERLUDE_LOG_PII is set: this log holds numbers and words of callers. "
            "Unset it once you know what you wanted to know.",
        )


def _is_no_strangers_mistake(record: logging.LogRecord) -> bool:
    """Whether a line is of more than bytes that are no HTTP, which were refused with 400."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
