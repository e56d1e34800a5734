"""Words that are not the model's answer: from a clip where there is one, else by the service."""

from collections.abc import Awaitable, Callable

from bridge.audio.pcm import duration_ms
from bridge.call.common import OneCall
from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    AgentSaid,
    ResponseStarted,
    VoiceEvent,
)
from bridge.call.gate import Gate
from bridge.call.legs import By, VoiceLeg
from bridge.call.responses import Wanted, always
from bridge.flow.interim import LlmInterim

WORD_MS = 400
"""Length of a spoken word: 150 a minute."""

_DEFAULT_INSTRUCTIONS = (
    "Say one short sentence, in the language of this conversation, that asks the caller to wait a "
    "moment while you are looking into it. Answer nothing, promise nothing, name no figure."
)


def play_clip(one: OneCall, text: str, pcm: bytes, by: By = "line") -> str:
    """Queue a clip behind what is queued; returns the name of the item."""
    name = one.transcript.clip(text, duration_ms(pcm, one.playout.rate_hz), by)
    one.playout.add(name, pcm)
    one.playout.finish(name)
    return name


class Speaker:
    """Speaks lines that the model does not know of."""

    def __init__(self, one: OneCall, voice: VoiceLeg, gate: Gate) -> None:
        self._one = one
        self._flow = one.flow
        self._prompts = one.prompts
        self._transcript = one.transcript
        self._voice = voice
        self._gate = gate
        self._requests: set[str] = set()
        self._responses: set[str] = set()
        self._kept: set[str] = set()
        self._unspoken: set[str] = set()
        """Requests for lines that were sent, and whose response has not begun."""
        self._withdrawn: set[str] = set()

    def saw(self, event: VoiceEvent, rate_hz: int) -> None:
        """Have what was said on the transcript, and who said it; sound is at `rate_hz`."""
        match event:
            case ResponseStarted(response_id, request) if request in self._requests:
                self._responses.add(response_id)
                self._unspoken.discard(request)
            case AgentAudio() | AgentSaid():
                by: By = "line" if self.is_line(event.response_id) else "agent"
                self._transcript.saw(event, rate_hz, by)
            case _:
                self._transcript.saw(event, rate_hz)

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
        return play_clip(self._one, text, clip)

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
            self._unspoken.add(request)
            return request

        settled = await self._gate.ask(send_and_note, wanted)
        await settled.wait()

    def withdraw(self) -> None:
        """Lines that are about to begin are not to be heard any more."""
        self._withdrawn |= self._unspoken
        self._unspoken.clear()

    def is_withdrawn(self, response: ResponseStarted) -> bool:
        """Whether a response speaks a line that is not wanted any more."""
        return response.request in self._withdrawn

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
