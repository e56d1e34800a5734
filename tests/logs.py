"""Logs as `interlude serve` writes them, to the byte."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import structlog

from bridge.service.logs import configure_logs


class Written:
    """What has been written so far."""

    def __init__(self) -> None:
        self.file = io.StringIO()

    @property
    def text(self) -> str:
        return self.file.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each of them is JSON, or this fails."""
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@contextmanager
def written_logs(**options: Any) -> Iterator[Written]:
    """Configure logs as the service does, and undo it."""
    root, written = logging.getLogger(), Written()
    handlers, level = list(root.handlers), root.level
    try:
        with redirect_stderr(written.file):
            configure_logs(**options)
            # The loggers of modules must not keep these settings after the test.
            structlog.configure(cache_logger_on_first_use=False)
            yield written
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in ("azure", "azure.ai.voicelive", "aiohttp.access"):
            logging.getLogger(name).setLevel(logging.NOTSET)
