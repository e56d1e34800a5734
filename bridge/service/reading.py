"""Having texts read aloud over a voice leg, word for word, one after the other."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from bridge.call.events import (
    AgentAudio,
    ResponseEnded,
    ResponseStarted,
    VoiceEvent,
    VoiceProblem,
)
from bridge.call.legs import VoiceLeg
from bridge.flow.callflow import Callflow
from bridge.flow.speech import OPENAI_VOICES, Pipeline

TEXT_S = 20.0
"""Bound on one text; 5 to 17 times faster than real time has been observed, so 100 s of speech."""

_MODELS_OWN = ("openai", "azure-realtime-native")
"""Types of voices that a model speaks with itself."""


class NotSpoken(Exception):
    """A text was not spoken, or not to its end; the message says why, in few words."""


def why_not_read(flow: Callflow) -> str | None:
    """Why the voice of `flow` cannot be trusted with a text; None for an Azure voice.

    A voice that belongs to a model says what the model makes of the text.
    """
    given = flow.raw.get("voice")
    kind = given.get("type") if isinstance(given, Mapping) else None
    if kind in _MODELS_OWN or flow.voice in OPENAI_VOICES:
        return f"{flow.voice or kind} is a model's own voice, which may drift from the words"
    if flow.pipeline is Pipeline.REALTIME and not flow.voice and not kind:
        return f"{flow.model} speaks with its own voice, which may drift from the words"
    return None


def for_reading(flow: Callflow) -> Callflow:
    """A flow that has the voice of `flow` and nothing that could begin to speak by itself.

    It reads in the best quality there is, for flows of any `voice_audio` and `phone_rate_hz`. Of
    `raw`, only the voice is kept: the rest may hold tools, interim responses or a greeting.
    """
    voice = {"voice": flow.raw["voice"]} if "voice" in flow.raw else {}
    return replace(
        flow,
        interim=None,
        greeting=None,
        voice_audio="pcm16_24000hz",
        raw={**voice, "turn_detection": None},
    )


class Reader:
    """Reads texts over one leg; `listen` must run meanwhile."""

    def __init__(self, leg: VoiceLeg) -> None:
        self.rate_hz = leg.output_rate_hz
        self._leg = leg
        self._events: asyncio.Queue[VoiceEvent] = asyncio.Queue()
        self._unanswered = 0
        """Requests whose response is not known: one that names no request may be theirs."""
        self._names = False
        """Whether the service says which request a response answers."""

    async def listen(self) -> NoReturn:
        """Take in what the service says.

        Raises:
            VoiceLost: the connection is gone.
        """
        async for event in self._leg.events():
            self._events.put_nowait(event)
        raise AssertionError("a voice leg ends by raising")

    async def read(self, text: str) -> bytes:
        """Return `text` as PCM16 at `rate_hz`.

        Raises:
            NotSpoken: refused, failed, cancelled, silent, or not done within 20 s.
            VoiceLost: the connection is gone.
        """
        while not self._events.empty():
            self._events.get_nowait()  # nothing said so far can be about this text
        self._unanswered += 1
        try:
            async with asyncio.timeout(TEXT_S):
                return await self._spoken(await self._leg.say(text))
        except TimeoutError:
            raise NotSpoken(f"not done within {TEXT_S:g} s") from None

    async def _spoken(self, request: str) -> bytes:
        response, pcm = "", bytearray()
        while True:
            match await self._events.get():
                case ResponseStarted(started, named) if self._is_answer(named, request):
                    self._unanswered -= not response
                    response, pcm = started, bytearray()
                case AgentAudio(speaking, _, piece) if speaking == response:
                    pcm += piece
                case ResponseEnded(ended, status, detail) if ended == response:
                    if status != "completed":
                        raise NotSpoken(f"{status} {detail}".strip())
                    if not pcm:
                        raise NotSpoken("no audio")
                    return bytes(pcm)
                case VoiceProblem(code, _, about) if about in (None, request):
                    self._unanswered -= about == request and not response
                    raise NotSpoken(code)

    def _is_answer(self, named: str | None, request: str) -> bool:
        """Whether a response that names this request, or none, answers `request`."""
        if named is None:
            return not self._names and self._unanswered == 1
        self._names = True
        return named == request
