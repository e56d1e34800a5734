"""The notation of a form, and that of the operators' file: from one to the other."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_LONGEST = 200
"""Characters in a row of days or dates."""
_WEEK = re.compile(r"(.+?)[\s:=]+((?:\d{1,2}:\d\d.*)|24h|closed)")
_KEPT = ("brief", "music", "headers", "after_ms", "longest_s")
"""Of an outcome, what the form does not ask for."""


class Unclear(Exception):
    """What is typed means nothing; the message says what would."""


def _number(text: str, *, sentence: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError as error:
        raise Unclear(sentence) from error
    if not 0 <= number < 1e9:  # noqa: PLR2004 - a NaN is not, either
        raise Unclear(sentence)
    return number


def _ms(text: str, _: Any = None) -> int:
    return round(_number(text, sentence="This is a number of seconds, like 4.5.") * 1000)


def _threshold(text: str, _: Any) -> int | str:
    return "adaptive" if text.lower() == "adaptive" else _ms(text)


def _whole(text: str, before: Any = None) -> int | float:
    if isinstance(before, float) and text == _write_number(before):
        return before
    if not text.isdecimal():
        raise Unclear("This is a whole number.")
    return int(text)


def _count(text: str, _: Any) -> float | str:
    return "off" if text.lower() in ("", "off") else _whole(text)


def _lines(text: str, _: Any) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _week(text: str, _: Any) -> dict[str, str]:
    rows: dict[str, str] = {}
    for line in _lines(text, None):
        match = _WEEK.fullmatch(line) if len(line) <= _LONGEST else None
        if not match:
            raise Unclear(
                f"“{line[:_LONGEST]}” is no day with its times, like mon-fri 08:00-18:00."
            )
        rows[match[1].strip()] = match[2].strip()
    return rows


def _outcome(row: Mapping[str, str], before: Any) -> dict[str, Any]:
    does, say = row.get("does", ""), row.get("say", "")
    kept = {name: before[name] for name in _KEPT if isinstance(before, dict) and name in before}
    kept = kept if isinstance(before, dict) and does in before else {}
    if does == "voicemail":
        return {"voicemail": say, **kept}
    if does == "flow":
        return {"flow": row.get("to", "")}
    first: dict[str, Any] = (
        {"transfer": row.get("to", "")} if does == "transfer" else {"hang_up": True}
    )
    return {**first, **({"say": say} if say else {}), **kept}


def _steps(rows: list[Mapping[str, str]], before: Any) -> list[dict[str, Any]]:
    was = before if isinstance(before, list) else []
    known = {str(each.get("transfer")): each for each in was}
    steps = []
    for row in rows:
        does, text = row.get("does", ""), row.get("what", "")
        if not does or not (text or does == "hang_up"):
            continue
        after_ms = _ms(row.get("after", ""))
        match does:
            case "say":
                step: dict[str, Any] = {"say": text, "after_ms": after_ms}
                if (times := _whole(row.get("times") or "1")) > 1:
                    step |= {"every_ms": _ms(row.get("every", "")), "times": times}
            case "play":
                step = {"play": text, "after_ms": after_ms}
                if row.get("times"):
                    step["times"] = _whole(row["times"])
            case "transfer":
                kept = known.get(row.get("to", ""), {})
                step = {"transfer": row.get("to", ""), "say": text, "after_ms": after_ms}
                step |= {name: kept[name] for name in ("brief", "music", "headers") if name in kept}
            case _:
                step = {"hang_up": True, **({"say": text} if text else {}), "after_ms": after_ms}
        steps.append(step)
    return steps


def _keys(rows: list[Mapping[str, str]], before: Any) -> dict[str, Any]:
    was = before if isinstance(before, dict) else {}
    return {row["key"]: _outcome(row, was.get(row["key"])) for row in rows if row.get("key")}


def _as_is(text: Any, _: Any) -> Any:
    return text


def _first(rows: list[Mapping[str, str]], before: Any) -> dict[str, Any]:
    return _outcome(rows[0] if rows else {}, before)


READERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "line": _as_is,
    "text": _as_is,
    "choice": _as_is,
    "choices": _as_is,
    "lines": _lines,
    "seconds": _ms,
    "threshold": _threshold,
    "whole": _whole,
    "count": _count,
    "pairs": _week,
    "outcome": _first,
    "steps": _steps,
    "keys": _keys,
}
"""By kind of field: what is meant by what is typed, where it was as the second argument says."""


def _write_seconds(ms: Any) -> str:
    return _write_number(ms / 1000) if isinstance(ms, int) else str(ms)


def _write_number(number: float) -> str:
    return str(number).removesuffix(".0")


def _write_outcome(value: Mapping[str, Any]) -> dict[str, str]:
    does = next(verb for verb in ("transfer", "voicemail", "flow", "hang_up") if verb in value)
    to = str(value[does]) if does in ("transfer", "flow") else ""
    return {"does": does, "to": to, "say": str(value.get("say") or value.get("voicemail") or "")}


def _write_step(step: Mapping[str, Any]) -> dict[str, str]:
    row = {"after": _write_seconds(step["after_ms"]), "times": str(step.get("times") or "")}
    row["every"] = _write_seconds(step["every_ms"]) if "every_ms" in step else ""
    if "transfer" in step or "hang_up" in step:
        outcome = _write_outcome(step)
        return {**row, "does": outcome["does"], "to": outcome["to"], "what": outcome["say"]}
    does = "say" if "say" in step else "play"
    return {**row, "does": does, "what": step[does], "to": ""}


WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "line": str,
    "text": str,
    "choice": str,
    "choices": list,
    "lines": "\n".join,
    "seconds": _write_seconds,
    "threshold": _write_seconds,
    "whole": _write_number,
    "count": str,
    "pairs": lambda week: "\n".join(f"{days} {times}" for days, times in week.items()),
    "outcome": lambda value: [_write_outcome(value)],
    "steps": lambda steps: [_write_step(step) for step in steps],
    "keys": lambda keys: [{"key": key, **_write_outcome(value)} for key, value in keys.items()],
}
"""By kind of field: what is typed for a value."""
