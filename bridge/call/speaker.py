"""Words that are not the model's answer: from a clip where there is one, else by the service."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from bridge.audio.pcm import duration_ms
from bridge.call.gate import Gate
from bridge.call.legs import AgentAudioDone, VoiceLeg
from bridge.call.playout import Playout
from bridge.call.responses import Wanted, always
from bridge.flow.callflow import Callflow
from bridge.flow.interim import LlmInterim


class Prompts(Protocol):
    """Fixed texts that were rendered beforehand, in the voices of their flows, and sounds."""

    def clip(self, flow: Callflow, text: str) -> bytes | None:
        """PCM16 at the flow's `phone_rate_hz`, or None if the text was not rendered."""
        ...

    def sound(self, flow: Callflow, file: str) -> bytes | None:
        """PCM16 at the flow's `phone_rate_hz`, or None if the file cannot be read."""
        ...


CLIP = "clip:"
"""Begins the playout's name for an item that the service knows nothing of."""

WORD_MS = 400
"""Length of a spoken word: 150 a minute."""

_DEFAULT_INSTRUCTIONS = (
    "Say one short sentence, in the language of this conversation, that asks the caller to wait a "
    "moment while you are looking into it. Answer nothing, promise nothing, name no figure."
)


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
        self._kept: set[str] = set()
        self._spoken = 0

    def lasts_ms(self, text: str) -> float:
        """How long a line takes; a guess, where it was not rendered."""
        clip = self._prompts.clip(self._flow, text)
        if clip:
            return duration_ms(clip, self._flow.phone_rate_hz)
        return len(text.split()) * WORD_MS

    def sound(self, file: str) -> bytes | None:
        """A sound of the flow, as PCM16 at its `phone_rate_hz`."""
        return self._prompts.sound(self._flow, file)

    async def say(self, text: str, wanted: Wanted = always) -> str | None:
        """Queue a line for the caller; returns when all of it is queued, or was refused.

        The name of the item is returned where a clip speaks.
        """
        clip = self._prompts.clip(self._flow, text)
        if not clip:
            await self._request(lambda: self._voice.say(text, aside=True), wanted)
            return None
        self._spoken += 1
        name = f"line {self._spoken}"
        play_clip(self._playout, name, clip)
        return name

    async def improvise(self, interim: LlmInterim, wanted: Wanted) -> None:
        """The same for a line that the model makes up, where it can and is not at work already.

        An agent has its own instructions, and lets nobody override them.
        """
        instructions = interim.instructions or _DEFAULT_INSTRUCTIONS
        if not self._flow.agent and not self._gate.active:
            await self._request(
                lambda: self._voice.improvise(instructions, interim.max_completion_tokens), wanted
            )

    async def _request(self, send: Callable[[], Awaitable[str]], wanted: Wanted) -> None:
        async def send_and_note() -> str:
            request = await send()
            self._requests.add(request)
            return request

        settled = await self._gate.ask(send_and_note, wanted)
        await settled.wait()

    def started(self, response_id: str, request: str | None) -> None:
        """Take note of a response: whether it speaks a line of ours."""
        if request in self._requests:
            self._responses.add(response_id)

    def is_line(self, response_id: str) -> bool:
        """Whether a response speaks a line of ours, and no answer."""
        return response_id in self._responses

    def kept(self, item_id: str) -> None:
        """Take note that the conversation holds an item."""
        self._kept.add(item_id)

    def is_known(self, item_id: str) -> bool:
        """Whether the model knows of an item."""
        return item_id in self._kept

    async def line_ended(self, line: AgentAudioDone) -> None:
        """See that the conversation does not keep a line of ours."""
        if line.item_id in self._kept:
            self._kept.remove(line.item_id)
            await self._voice.forget(line.item_id)
