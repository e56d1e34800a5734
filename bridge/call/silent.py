"""Answers that hold no speech, or nothing: the caller is to be answered all the same."""

import audioop
from collections.abc import Sequence

from structlog import get_logger

from bridge.audio.pcm import SAMPLE_BYTES, duration_ms
from bridge.call.common import OneCall
from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    ResponseStarted,
    SpeechStarted,
    ToolCalled,
    VoiceEvent,
    VoiceRenewed,
)
from bridge.call.gate import Gate
from bridge.call.lasting import LastingVoice
from bridge.call.speaker import Speaker
from bridge.call.waits import Waits

LEAST_MS = 400
"""Length of the shortest item that counts as an answer: that of a "Yes."."""
SILENT_PEAK = 104
"""Largest sample of an item without speech: -50 dBFS. Voices peak at least 25 dB above it; A-law's
silence lies 22 dB below, dither further down."""

log = get_logger(__name__)

Sound = AgentAudio | AgentAudioDone


class SilentAnswers:
    """Holds back what cannot be heard, and has the model answer again where nothing else came.

    Silence within an item is normal, so only a whole item is judged. Until it sounds, none of it is
    played: it does not count as the end of a wait, and does not delay what comes in its place. An
    item that begins with silence begins later by what the service takes to send that silence, an
    eighth of its length. The model is asked again once per turn of the caller, and not while tools
    are at work, which will ask for an answer themselves. Where that is in vain, another session is.
    """

    def __init__(
        self, one: OneCall, voice: LastingVoice, gate: Gate, speaker: Speaker, waits: Waits
    ) -> None:
        self._voice = voice
        self._gate = gate
        self._speaker = speaker
        self._waits = waits
        self._transcript = one.transcript
        self._record = one.record
        self._sounding: set[str] = set()
        """Items of which something was audible."""
        self._quiet: dict[str, list[AgentAudio]] = {}
        """What came so far of items that were not audible yet."""
        self._silent: dict[str, str] = {}
        """Responses that ended on a silent item, as far as they have come, and that item."""
        self._empty: set[str] = set()
        """Responses in which nothing has come yet."""
        self._has_asked = False
        """Whether the model was asked again since the caller spoke."""

    def sift(self, event: Sound) -> Sequence[Sound]:
        """What is to be played now: nothing of an item until it sounds, then all that came."""
        if isinstance(event, AgentAudioDone):
            return self._judge(event)
        if event.item_id in self._sounding:
            return (event,)
        quiet = self._quiet.setdefault(event.item_id, [])
        quiet.append(event)
        if audioop.max(event.pcm, SAMPLE_BYTES) <= SILENT_PEAK:
            return ()
        self._sounding.add(event.item_id)
        self._silent.pop(event.response_id, None)
        return self._quiet.pop(event.item_id)

    def _judge(self, done: AgentAudioDone) -> Sequence[Sound]:
        quiet = self._quiet.pop(done.item_id, [])
        lasts_ms = sum(duration_ms(audio.pcm, self._voice.output_rate_hz) for audio in quiet)
        if lasts_ms < LEAST_MS:
            return (*quiet, done)
        self._record.silent_answers += 1
        self._transcript.forget(done.item_id)
        self._silent[done.response_id] = done.item_id
        log.warning("answer.silent", lasts_ms=round(lasts_ms), again=self._has_asked)
        return ()

    def saw(self, event: VoiceEvent) -> None:
        """Take note of who else sees to an answer: a tool, or the caller by speaking."""
        match event:
            case ResponseStarted(response_id):
                self._empty.add(response_id)
            case AgentAudio(response_id=response_id):
                self._empty.discard(response_id)
            case ToolCalled(response_id=response_id):
                self._empty.discard(response_id)
                self._silent.pop(response_id, None)
            case SpeechStarted():
                self._forget()
                self._has_asked = False
            case VoiceRenewed():
                self._forget()

    def _forget(self) -> None:
        self._quiet.clear()
        self._silent.clear()
        self._empty.clear()

    async def response_ended(self, response_id: str, status: str) -> None:
        """Have the model answer again, as if it had not yet, if it said nothing, or silence."""
        is_answer = status != "cancelled" and not self._speaker.is_line(response_id)
        is_empty = response_id in self._empty and is_answer and self._transcript.caller_waits
        self._empty.discard(response_id)
        item_id = self._silent.pop(response_id, None)
        if not (item_id or is_empty) or self._waits.tools_at_work:
            return
        if self._has_asked:
            await self._voice.give_up("no answer holds speech")
            return
        self._has_asked = True
        if item_id and self._speaker.is_known(item_id):
            await self._voice.forget(item_id)
        await self._gate.ask(self._voice.respond)
