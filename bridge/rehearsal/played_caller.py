"""The caller of a recorded call, who does again what they did."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from bridge.audio.pcm import SAMPLE_BYTES, samples_in
from bridge.call.flight import HIDDEN_KEY
from bridge.flow.callflow import Callflow
from bridge.flow.interim import StaticInterim
from bridge.flow.prompts import interims
from bridge.lab.acs import DidNotHear
from bridge.rehearsal.call import RehearsedCall
from bridge.service.recorded import Note, Recorded

_KINDS = ("caller_starts", "caller_stops", "asks", "asked", "key", "over")
_ONSET_MS = 500
"""By so much the news that the caller speaks lags behind their first sound, at most."""
_PATIENCE_S = 15
"""How much later than in the recording a line may come; then the caller goes on without it."""

Choices = Mapping[str, tuple[str, ...]]
"""Of a line that a flow picks at random: all that it may pick."""


def choices_of(flow: Callflow) -> Choices:
    """The lines that begin the interim responses of a flow."""
    return {
        text: interim.texts
        for interim in interims(flow)
        if isinstance(interim, StaticInterim)
        for text in interim.texts
    }


class PlayedCaller:
    """Does what the caller did, as long after what they had heard as they did."""

    def __init__(self, recorded: Recorded, choices: Choices) -> None:
        self._recorded = recorded
        self._choices = choices
        self._sound = recorded.sound
        self._words = [note.text for note in recorded.of_kind("caller_said")]
        self._lines = recorded.heard
        self._lag_ms = 0.0
        """By so much later than in the recording the caller did what they did last."""

    async def calls(self, call: RehearsedCall) -> None:
        """Do all of it, and hang up if the caller did."""
        await call.answered()
        before_ms = 0
        for act in self._acts():
            await self._waits_for(call, act, before_ms)
            self._lag_ms = call.phone.line_ms + act.lead_ms - act.began.at_ms
            await act.does(call)
            before_ms = act.until_ms

    def _acts(self) -> Iterator["_Act"]:
        words = iter(self._words)
        began: Note | None = None
        asks_secret = False
        for note in self._recorded.of_kind(*_KINDS):
            at_ms = note.at_ms
            if note.kind == "caller_starts":
                began = note
            elif note.kind in ("asks", "asked"):
                asks_secret = note.secret
            elif note.kind == "key":
                if note.key != HIDDEN_KEY:
                    yield _Act(note, at_ms, _presses(note.key))
                elif asks_secret:  # else it meant nothing
                    yield _Act(note, at_ms, _presses("0"))
            elif note.kind == "over":
                end = self._recorded.notes[-1]
                if (end.by, end.reason) == ("caller", "hung_up"):
                    yield _Act(note, at_ms, _hangs_up)
            elif began:
                text = next(words, "")
                if pcm := self._slice(began.at_ms - _ONSET_MS, at_ms):
                    yield _Act(began, at_ms, _plays(pcm, self._rate), _ONSET_MS)
                elif text:
                    yield _Act(began, at_ms, _says(text))
                began = None

    @property
    def _rate(self) -> int:
        return self._recorded.head.rate_hz

    def _slice(self, from_ms: int, until_ms: int) -> bytes:
        start, end = (
            samples_in(max(0, ms), self._rate) * SAMPLE_BYTES for ms in (from_ms, until_ms)
        )
        return self._sound[start:end]

    async def _waits_for(self, call: RehearsedCall, act: "_Act", before_ms: int) -> None:
        """Wait for the line that came last before this, and then as long as the caller did.

        Where none had come since what the caller did before, or it does not come any more, or it
        was spoken over, the time is counted from what the caller did before.
        """
        at_ms = act.began.at_ms
        lines = [line for line in self._lines if before_ms <= line.at_ms < at_ms]
        due_ms = at_ms + self._lag_ms
        if lines and lines[-1].heard is None and act.began.quiet_ms > 0:
            within_s = (at_ms - before_ms) / 1000 + _PATIENCE_S
            text = lines[-1].text
            texts = self._choices.get(text, (text,))
            with suppress(DidNotHear):
                due_ms = await call.hears(*texts, within_s=within_s) + act.began.quiet_ms
        left_ms = due_ms - act.lead_ms - call.phone.line_ms
        await call.waits(max(0.0, left_ms) / 1000)


@dataclass(frozen=True)
class _Act:
    began: Note
    until_ms: int
    does: Callable[[RehearsedCall], Awaitable[None]]
    lead_ms: int = 0
    """By so much sooner it begins."""


def _hangs_up(call: RehearsedCall) -> Awaitable[None]:
    return call.hangs_up()


def _presses(key: str) -> Callable[[RehearsedCall], Awaitable[None]]:
    return lambda call: call.presses(key)


def _says(text: str) -> Callable[[RehearsedCall], Awaitable[None]]:
    return lambda call: call.says(text)


def _plays(pcm: bytes, rate_hz: int) -> Callable[[RehearsedCall], Awaitable[None]]:
    return lambda call: call.phone.plays(pcm, rate_hz)
