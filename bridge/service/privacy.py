"""What a log line may show. Every key that one of ours uses is declared here, or is hidden."""

import re
from collections.abc import Iterable, Iterator, Mapping
from traceback import walk_tb
from typing import Any

from structlog.typing import EventDict, ExcInfo

from bridge.flow.masking import HIDDEN

NUMBERS = frozenset({"caller", "dialled"})
"""Keys of telephone numbers, and of raw ids such as `8:acs:…`: their last two digits are shown."""

WORDS = frozenset({"arguments", "text"})
"""Keys of what was said, and of what tools were given: how long it is, is shown."""

PLAIN = frozenset(
    {
        *("event", "level", "logger", "timestamp", "exception", "stack"),  # of every line
        *("call_id", "correlation_id", "event_id", "flow", "hook", "tool"),
        *("after_ms", "lasts_ms", "seconds", "size_bytes", "took_ms", "wait_s"),
        *("again", "at", "attempt", "count", "hooks", "known", "missing", "number", "numbers"),
        *("frames", "port", "responses", "restarts", "texts"),
        *("by", "code", "detail", "error", "file", "interim", "line", "outcome"),
        *("reason", "status", "type", "why"),
        *("about", "did"),  # of operators
        *("auth", "authority", "door", "idle", "late"),  # of doors
        *("core", "late_ms", "most_calls", "sessions_a_minute"),  # of capacity
        *("on_trial", "version"),  # of the operators' file
        "replica",
        # Of a call's record, and of what it counts.
        *("barge_ins", "caller_turns", "end", "frames_coalesced", "frames_down", "frames_dropped"),
        *("frames_up", "lasted_ms", "reconnects", "refreshes", "reprompts", "resumed"),
        *("silent_answers", "stalls", "tools", "turns", "underruns", "voice_ready_ms", "waits"),
        *("audio_ms", "covered_ms", "dead_air_ms", "dead_air_saved_ms", "delay_saved_ms"),
        *("first_ms", "generations", "model", "tokens_in", "tokens_out"),
        *("audio_in", "audio_out", "cached_in", "text_in", "text_out", "tokens"),
        *("delayed_ms", "heard_ms", "lines", "name", "response_ms", "then", "trigger", "wasted"),
    }
)
"""Keys of what is no personal data: codes, counts, times, and names that flows and tools have."""

_OF_STRUCTLOG = ("_record", "_from_structlog")

_SECRETS = (
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)*"), HIDDEN),  # a JWT, as incomingCallContext is one, too
    (re.compile(r"\bbearer\s+[^\s\"',]+", re.IGNORECASE), f"Bearer {HIDDEN}"),
    (re.compile(r"(/acs/(?:media|callbacks|sounds)/)[^\s\"'/?<>]+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"\b(key|accesskey|api-key|code|secret|sig|signature|token)=[^\s&\"';<>]+",
            re.IGNORECASE,
        ),
        rf"\1={HIDDEN}",
    ),
    (re.compile(r"[\w+/-]{80,}={0,2}"), HIDDEN),
)
"""What opens a door, wherever it stands, and what is shown in its place."""

_NUMBERS = (
    (re.compile(r"\b(8|28):(?:acs|orgid|dod|gcch):[\w-]*?([\w-]{2})(?![\w-])"), rf"\1:{HIDDEN}\2"),
    (re.compile(r"(?:\+|%2B)[1-9](?:[ ().\-/]{0,2}\d){4,12}(\d\d)", re.IGNORECASE), rf"{HIDDEN}\1"),
    (re.compile(r"(?<![\w.:-])\d{7,13}(\d\d)(?![\w-])"), rf"{HIDDEN}\1"),
)
"""Numbers and raw ids, wherever they stand."""

_NAME = re.compile(r"[a-z_.]{0,40}")
"""Most texts of a log line are names such as `call.ended`: those take no searching."""


class Redaction:
    """A processor that leaves personal data out of log lines; secrets it leaves out in any case."""

    def __init__(self, *, shows_personal: bool = False) -> None:
        self._shows_personal = shows_personal

    def __call__(self, _: object, __: str, event: EventDict) -> EventDict:
        """Hide what has to be hidden of one line."""
        return {
            key: value if key in _OF_STRUCTLOG else self._shown(key, value)
            for key, value in event.items()
        }

    def _shown(self, key: str, value: Any) -> Any:
        if key in PLAIN or self._shows_personal:
            return self._plain(key, value)
        return masked_number(str(value)) if key in NUMBERS else f"{len(str(value))} characters"

    def _plain(self, key: str, value: Any) -> Any:
        match value:
            case None | int() | float():
                return value
            case Mapping():
                return {
                    self._scrubbed(str(name)): self._shown(str(name), item)
                    for name, item in value.items()
                }
            case list() | tuple():
                return [self._plain(key, item) for item in value]
        return self._scrubbed(str(value))

    def _scrubbed(self, text: str) -> str:
        if _NAME.fullmatch(text):
            return text
        text = without_secrets(text)
        return text if self._shows_personal else _replaced(_NUMBERS, text)


def without_secrets(text: str) -> str:
    """The text, with what opens a door hidden in it."""
    return _replaced(_SECRETS, text)


def without_numbers(text: str) -> str:
    """The text, with telephone numbers and raw ids masked in it, by their look."""
    return _replaced(_NUMBERS, text)


def _replaced(patterns: Iterable[tuple[re.Pattern[str], str]], text: str) -> str:
    for pattern, shown in patterns:
        text = pattern.sub(shown, text)
    return text


def masked_number(number: str) -> str:
    """`…42` of `+18005550142`; `anonymous` is none, and stays."""
    return HIDDEN + number[-2:] if any(map(str.isdigit, number)) else number


def first_line(_: object, __: str, event: EventDict) -> EventDict:
    """A processor for lines of libraries: in what follows, asyncio shows objects and their data."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def escaped(_: object, __: str, event: EventDict) -> EventDict:
    """A processor for logs that are no JSON: no value can begin a line of its own."""
    return {
        key: _printable(value) if isinstance(value, str) and key != "exception" else value
        for key, value in event.items()
    }


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def without_words(exc_info: ExcInfo) -> str:
    """A traceback: kinds of errors and where they came from. What they say may be anybody's."""
    return "\n".join(_traceback(exc_info[1], set()))


def _traceback(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before and id(before) not in seen:
        yield from _traceback(before, seen)
        yield "Then:"
    for frame, line in walk_tb(error.__traceback__):
        yield f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}'
    yield type(error).__qualname__
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield "Within:"
            yield from _traceback(one, seen)
