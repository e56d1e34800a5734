"""As much understanding of English and German as a rule needs."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.lab.voicelive.numbers import digit_runs, length_in, misheard_runs

_IDLE = re.compile(
    r"an?|and|any|are|can|could|do|does|for|from|get|has|have|how|i|in|is|it|me|my|of|on|or|please"
    r"|tell|that|the|there|this|to|what|when|where|which|who|will|with|would|you|your"
    r"|bitte|das|dem|den|der|die|eine?|einen|einer|es|haben?|hat|ich|ist|kann|können|meine?|meinen"
    r"|meiner|mich|mir|mit|nach|oder|sie|sind|und|von|was|wann|wie|wir|wird|wo|zu|zum|zur"
)
_NUMBERED = re.compile(r"number|digit|code|\bid\b|_id\b|\bpin\b|phone|nummer|ziffer", re.IGNORECASE)
_NO = frozenset(("no", "not", "nope", "don't", "never", "nein", "nicht", "kein", "keine"))
_DAYS_AHEAD = {"today": 0, "heute": 0, "tomorrow": 1, "morgen": 1}
_STEM = 5
"""Letters that must agree: "Bestellung" and "Bestellstatus" are of one family."""


def overlap(said: str, text: str) -> int:
    """How many words of `text`, by their stems, occur in what was said."""
    return len(_stems(said) & _stems(text))


def filled(schema: dict[str, Any], said: str) -> dict[str, Any]:
    """Arguments for a JSON schema, as far as what was said has them."""
    runs = digit_runs(said)
    arguments = {}
    for name, prop in schema.get("properties", {}).items():
        value = _found(name, prop, said, runs)
        if value is None and (_is_plain_text(name, prop) or name in schema.get("required", ())):
            value = _last_resort(prop, said)
        if value is not None:
            arguments[name] = value
    return arguments


def _found(name: str, prop: dict[str, Any], said: str, runs: list[str]) -> Any:
    """The value of one property; takes the number it uses out of `runs`."""
    kind = prop.get("type")
    if options := prop.get("enum"):
        best = max(options, key=lambda option: overlap(said, str(option)))
        return best if overlap(said, str(best)) else None
    if kind == "boolean":
        return _NO.isdisjoint(_words(said))
    if prop.get("format") == "date":
        return _date(said)
    if kind in ("integer", "number") and runs:
        return int(runs.pop(0))
    if kind == "string" and _is_numbered(name, prop):
        return _number(f"{name} {prop.get('description', '')}", said, runs)
    return None


def _number(description: str, said: str, runs: list[str]) -> str | None:
    """The number of as many digits as the description says, though misheard; else the longest."""
    wanted = length_in(description)
    fitting = (run for run in (*runs, *misheard_runs(said)) if len(run) == wanted)
    number = next(fitting, None) or max(runs, key=len, default=None)
    if number in runs:
        runs.remove(number)
    return number


def _is_numbered(name: str, prop: dict[str, Any]) -> bool:
    return bool(_NUMBERED.search(f"{name} {prop.get('description', '')}"))


def _is_plain_text(name: str, prop: dict[str, Any]) -> bool:
    text = prop.get("type") == "string" and not prop.keys() & {"enum", "format"}
    return text and not _is_numbered(name, prop)


def _last_resort(prop: dict[str, Any], said: str) -> Any:
    if options := prop.get("enum"):
        return options[0]
    return 0 if prop.get("type") in ("integer", "number") else said


def _date(said: str) -> str | None:
    if written := re.search(r"\d{4}-\d\d-\d\d", said):
        return written.group()
    for word in _words(said):
        if word in _DAYS_AHEAD:
            return str((datetime.now(UTC) + timedelta(days=_DAYS_AHEAD[word])).date())
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'t)?", text.lower())


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _words(text) if not _IDLE.fullmatch(word)}
