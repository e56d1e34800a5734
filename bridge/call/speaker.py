"""Fixed words, spoken by the bridge: from a clip where there is one, else by the service."""

from typing import Protocol

from bridge.call.gate import Gate
from bridge.call.legs import VoiceLeg
from bridge.call.playout import Playout
from bridge.flow.callflow import Callflow


class Prompts(Protocol):
    """Fixed texts that were rendered beforehand, in the voices of their flows."""

    def clip(self, flow: Callflow, text: str) -> bytes | None:
        """PCM16 at the flow's `phone_rate_hz`, or None if the text was not rendered."""
        ...


CLIP = "clip:"
"""Begins the playout's name for an item that the service knows nothing of."""


def play_clip(playout: Playout, name: str, pcm: bytes) -> None:
    """Queue a clip behind what is queued."""
    playout.add(CLIP + name, pcm)
    playout.finish(CLIP + name)


class Speaker:
    """Speaks lines that the model does not know of."""

    def __init__(
        self, flow: Callflow, prompts: Prompts, voice: VoiceLeg, playout: Playout, gate: Gate
    ) -> None:
        self._flow = flow
        self._prompts = prompts
        self._voice = voice
        self._playout = playout
        self._gate = gate
        self._requests: set[str] = set()
        self._responses: set[str] = set()
        self._spoken = 0

    async def say(self, text: str) -> None:
        """Queue a line for the caller; returns when all of it is queued, or was refused."""
        self._spoken += 1
        clip = self._prompts.clip(self._flow, text)
        if clip:
            play_clip(self._playout, f"line {self._spoken}", clip)
            return

        async def send() -> str:
            request = await self._voice.say(text)
            self._requests.add(request)
            return request

        settled = await self._gate.ask(send)
        await settled.wait()

    def started(self, response_id: str, request: str | None) -> None:
        """Take note of a response: whether it speaks a line of ours."""
        if request in self._requests:
            self._responses.add(response_id)

    def is_line(self, response_id: str) -> bool:
        """Whether a response speaks a line of ours, and no answer."""
        return response_id in self._responses
