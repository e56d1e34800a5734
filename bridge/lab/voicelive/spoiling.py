"""How an answer ends that is to end badly."""

from bridge.lab.voicelive.switches import Spoiling
from bridge.lab.voicelive.wire import Json

_REASONS = {"incomplete": "max_output_tokens", "filtered": "content_filter"}


def ending(how: Spoiling, failure_code: str) -> tuple[str, Json | None]:
    """Return the status of `response.done`, and its details."""
    if how in _REASONS:
        return "incomplete", {"type": "incomplete", "reason": _REASONS[how]}
    if how == "empty":
        return "completed", None
    message = "The server had an error while processing your request."
    error = {"type": "server_error", "code": failure_code, "message": message}
    return "failed", {"type": "failed", "error": error}
