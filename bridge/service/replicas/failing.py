"""Work in the background that ends by a fault of ours."""

import asyncio
from typing import Any

from structlog import get_logger

log = get_logger(__name__)


def tell_of_failure(task: asyncio.Task[Any]) -> None:
    """Log it, when a task is done: else a process would go on without it, and nobody would know."""
    if not task.cancelled() and (error := task.exception()):
        log.error("replicas.failed", exc_info=error)
