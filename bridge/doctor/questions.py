"""Questions to one session with Voice Live; the answers name the switch of the lab that fits."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bridge.audio.pcm import SAMPLE_BYTES
from bridge.doctor.finding import Finding, ok, skipped, warning
from bridge.doctor.hearing import QUESTION_S, Heard, hear
from bridge.flow.callflow import Callflow
from bridge.voicelive.config import session_of
from bridge.voicelive.leg import VoiceLiveLeg

_TEXT = "The lamp on the table is green."
_ASIDE = "The lamp in the hall is red."
_UNKNOWN = "interlude_probe"

_FORMATS = ("input_audio_format", "input_audio_sampling_rate", "output_audio_format")
_SESSION_MINUTES = 30
_PACE = (5, 17)
"""How many times faster than it plays sound was seen to come."""


class Questions:
    """What is asked in one session; `name` is what its findings are called."""

    def __init__(self, name: str, leg: VoiceLiveLeg, flow: Callflow) -> None:
        self._name = name
        self._leg = leg
        self._flow = flow

    async def ask(self) -> AsyncIterator[Finding]:
        """Ask everything, each question for ten seconds at most.

        Raises:
            VoiceLost: the connection is gone.
        """
        sent = session_of(self._flow)
        yield self._interim(sent)
        yield self._echoed("turn_detection", sent, ("turn_detection",))
        yield self._echoed("audio formats", sent, _FORMATS)
        yield self._expiry()
        heard = await hear(self._leg, _TEXT)
        yield self._read_aloud(heard)
        if heard.failure:
            yield skipped(self._called("commit: false"), "was not asked, as nothing is read aloud.")
        else:
            if heard.took_s:
                yield self._pace(heard)
            yield self._aside(heard, await hear(self._leg, _ASIDE, aside=True))
        yield await self._unknown_field()

    def _called(self, question: str) -> str:
        return f"{self._name}, {question}"

    def _seconds(self, sound_bytes: int) -> float:
        return sound_bytes / SAMPLE_BYTES / self._leg.output_rate_hz

    def _interim(self, sent: Mapping[str, Any]) -> Finding:
        name = self._called("interim_response")
        if "interim_response" not in sent:
            return ok(name, "is not sent: Interlude covers the waits, if anybody does.")
        if code := self._leg.interim_refusal:
            says = f"is refused ({code}), and Interlude covers the waits."
            return warning(name, says, "In the lab: refuse_interim = true.")
        if self._leg.interim != "service":
            says = "is not echoed, and Interlude covers the waits."
            return warning(name, says, "In the lab: interim_echo = false.")
        return self._echoed("interim_response", sent, ("interim_response",))

    def _echoed(self, question: str, sent: Mapping[str, Any], keys: tuple[str, ...]) -> Finding:
        name, echo = self._called(question), self._leg.echo
        if other := [
            path for key in keys for path in _differing(key, sent.get(key), echo.get(key))
        ]:
            return warning(
                name,
                f"echoed otherwise than sent: {', '.join(other)}.",
                "No switch of the lab: correct bridge/lab/voicelive/config.py and defaults.py.",
            )
        return ok(name, "echoed as sent.")

    def _expiry(self) -> Finding:
        name, expires_at = self._called("expires_at"), self._leg.echo.get("expires_at")
        if type(expires_at) is not int:  # a bool is one, too
            return warning(
                name,
                "is not echoed: a call does not know when its session ends.",
                "No switch of the lab: correct bridge/lab/voicelive/defaults.py.",
            )
        minutes = round((expires_at - time.time()) / 60)
        says = f"is echoed: the session ends in {minutes} minutes."
        if minutes != _SESSION_MINUTES:
            return warning(name, says, f"In the lab: session_s = {minutes * 60}.")
        return ok(name, says)

    def _read_aloud(self, heard: Heard) -> Finding:
        name = self._called("text read aloud")
        if heard.failure:
            return warning(
                name,
                f"fails: {heard.failure}.",
                "Clips cannot be rendered, and texts not spoken word for word, in this session.",
            )
        says = (
            f"{(size := sum(heard.deltas))} bytes of PCM16, {self._seconds(size):.1f} s, the first "
            f"after {heard.first_s * 1000:.0f} ms"
        )
        if _words(heard.text) != _words(_TEXT):
            return warning(
                name,
                f"{says}, but in other words: {heard.text!r}.",
                "Greetings and lines drift with this voice: choose an Azure voice.",
            )
        return ok(name, f"{says}, word for word.")

    def _pace(self, heard: Heard) -> Finding:
        name = self._called("pace")
        factor = self._seconds(sum(heard.deltas[:-1])) / heard.took_s
        delta_ms = self._seconds(max(heard.deltas)) * 1000
        says = f"sound comes {factor:.1f} times faster than it plays, {delta_ms:.0f} ms at a time."
        slowest, fastest = _PACE
        if not slowest <= factor <= fastest:
            switches = f"delta_factor = {factor:.1f}, delta_ms = {delta_ms:.0f}"
            return warning(name, says, f"In the lab: {switches}.")
        return ok(name, says)

    def _aside(self, ordinary: Heard, heard: Heard) -> Finding:
        name = self._called("commit: false")
        if heard.failure:
            return warning(
                name,
                f"fails: {heard.failure}.",
                "Interlude's own lines are heard only where they are rendered beforehand.",
            )
        if heard.items & heard.kept:
            return warning(
                name,
                "does not keep a response out of the conversation; calls delete its item.",
                "In the lab: out_of_band = false.",
            )
        if not ordinary.items & ordinary.kept:
            return warning(
                name,
                "cannot be told: of an ordinary response, no item is reported as kept, either.",
                "Ask the agent in a call what it said while you waited.",
            )
        return ok(name, "keeps a response out of the conversation.")

    async def _unknown_field(self) -> Finding:
        name = self._called("unknown field")
        try:
            async with asyncio.timeout(QUESTION_S):
                refusal = await self._leg.update({_UNKNOWN: True})
        except TimeoutError:
            says = f"has no answer within {QUESTION_S:g} s."
            return warning(name, says, "No switch of the lab does so from the second update on.")
        if refusal:
            says = f"is refused ({refusal}), and with it the whole update."
            return warning(name, says, "In the lab: refuse_unknown = true.")
        return ok(name, f"is {'echoed' if _UNKNOWN in self._leg.echo else 'ignored'}.")


def _differing(path: str, sent: object, echo: object) -> list[str]:
    """Where what was sent is echoed otherwise; more than was sent may be in the echo."""
    if isinstance(sent, Mapping) and isinstance(echo, Mapping):
        return [
            other for key in sent for other in _differing(f"{path}.{key}", sent[key], echo.get(key))
        ]
    return [] if sent is None or sent == echo else [path]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
