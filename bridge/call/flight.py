"""A flight recorder: what came into a call from outside, so that it can be played again.

It is given what the model is given, and no more: of digits that are entered in confidence, it
learns that a key was pressed.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    CallerSaid,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
    VoiceEvent,
    VoiceRenewed,
)
from bridge.flow.call import Ear
from bridge.flow.digits import Entry, Secret
from bridge.flow.outcomes import HangUp, Transfer

MOST_SOUND_BYTES = 32 << 20
"""Of the caller, in memory; the rest of a longer call is recorded without it. At 16 kHz these are
17 minutes."""
MOST_NOTES = 10_000
"""A call in which more happens is recorded up to there."""
HIDDEN_KEY = "x"
"""Stands for a digit that may be part of a secret."""


class Keeps(StrEnum):
    """What a flight recorder keeps."""

    NOTHING = "nothing"
    WORDS = "words"
    SOUND = "sound"
    """Words, and the caller's voice."""


class Flight:
    """One call's notes, in memory; each has `at_ms`, from the opening of the media."""

    def __init__(
        self, keeps: Keeps, keypad: Collection[str], quiet_at_s: Callable[[], float]
    ) -> None:
        """Keys of the flow's `keypad` are kept as they are, until a secret is asked for.

        `quiet_at_s` tells the loop time at which the caller has heard what is said to them.
        """
        self.keeps = keeps
        self.notes: list[dict[str, Any]] = []
        self.sound = bytearray()
        """PCM16 of the caller, at the telephone's rate, from the opening of the media."""
        self._keypad = keypad
        self._quiet_at_s = quiet_at_s
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._responses: dict[str, dict[str, Any]] = {}
        self._has_outputs = False
        """The model was told of a tool, and has not begun to answer."""
        self._asked: Entry | None = None
        """What a tool asks for just now."""
        self._had_secret = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out for want of room."""
        return len(self.notes) < MOST_NOTES and len(self.sound) < MOST_SOUND_BYTES

    def hear(self, frame: bytes) -> None:
        """Keep the caller's sound, as the model will hear it."""
        if len(self.sound) < MOST_SOUND_BYTES:
            self.sound += frame

    def press(self, key: str) -> None:
        """The caller presses a key. Digits are kept where they cannot belong to a secret."""
        is_open = not self._asked.secret if self._asked else self._is_choice(key)
        self._act("key", key=key if is_open or key in "*#" else HIDDEN_KEY)

    def _is_choice(self, key: str) -> bool:
        return key in self._keypad and not self._had_secret

    def saw(self, event: VoiceEvent, is_line: Callable[[str], bool]) -> None:
        """The speech service tells; responses that speak a line of ours are not the model's."""
        match event:
            case SpeechStarted():
                self._act("caller_starts")
            case SpeechStopped():
                self._note("caller_stops")
            case CallerSaid(text):
                self._note("caller_said", text=text)
            case VoiceRenewed():
                self._note("voice_lost")
            case ResponseStarted(response_id) if not is_line(response_id):
                self._model_starts(response_id)
            case AgentAudio() | AgentSaid() | ToolCalled() | ResponseEnded():
                if model := self._responses.get(event.response_id):
                    self._model(model, event)

    def _model_starts(self, response_id: str) -> None:
        model = self._note("model", first_ms=None, answers=self._has_outputs, says={}, calls=[])
        self._has_outputs = False
        if model:
            self._responses[response_id] = model

    def _model(
        self, model: dict[str, Any], event: AgentAudio | AgentSaid | ToolCalled | ResponseEnded
    ) -> None:
        if model["first_ms"] is None:
            model["first_ms"] = self._now_ms - model["at_ms"]
        if isinstance(event, AgentSaid):
            said = model["says"]
            said[event.item_id] = said.get(event.item_id, "") + event.text
        elif isinstance(event, ToolCalled):
            model["calls"].append({"name": event.name, "arguments": event.arguments})
        elif isinstance(event, ResponseEnded):
            del self._responses[event.response_id]

    def tool(self, name: str, took_ms: int, outcome: str, result: HangUp | Transfer | str) -> None:
        """A tool has returned, and what that is for the model."""
        told = result if isinstance(result, str) else asdict(result)
        self._note("tool", name=name, took_ms=took_ms, outcome=outcome, result=told)

    def output(self) -> None:
        """The model is told of a tool: what it says next is about that."""
        self._has_outputs = True

    def ear(self, ear: Ear) -> Ear:
        """An ear for tools like this one, which notes what they ask of the caller."""
        return _NotingEar(self, ear)

    def asks(self, entry: Entry | None) -> None:
        """A tool asks for digits; or has asked."""
        self._asked = entry
        if entry:
            self._had_secret |= entry.secret
            self._note("asks", **asdict(entry))
        else:
            self._note("asked")

    def tells(self, text: str) -> None:
        """A tool tells how far it is."""
        self._note("progress", text=text)

    def over(self) -> None:
        """The call has ended."""
        self._act("over")

    def _act(self, kind: str, **what: Any) -> None:
        """Note what the caller does, and for how long nobody had spoken; below 0, will speak."""
        quiet_ms = round((self._loop.time() - self._quiet_at_s()) * 1000)
        self._note(kind, quiet_ms=quiet_ms, **what)

    @property
    def _now_ms(self) -> int:
        return round((self._loop.time() - self._began_s) * 1000)

    def _note(self, kind: str, **what: Any) -> dict[str, Any] | None:
        if self.keeps is Keeps.NOTHING or len(self.notes) >= MOST_NOTES:
            return None
        note = {"at_ms": self._now_ms, "kind": kind, **what}
        self.notes.append(note)
        return note


class _NotingEar:
    def __init__(self, flight: Flight, ear: Ear) -> None:
        self._flight = flight
        self._ear = ear

    def progress(self, text: str) -> None:
        self._flight.tells(text)
        self._ear.progress(text)

    async def digits(self, entry: Entry) -> str | Secret:
        self._flight.asks(entry)
        try:
            return await self._ear.digits(entry)
        finally:
            self._flight.asks(None)
