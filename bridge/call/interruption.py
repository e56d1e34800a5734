"""Barge-in: silence first, then the model is told what was heard."""

from bridge.audio.pcm import FRAME_MS
from bridge.call.common import OneCall
from bridge.call.events import AgentAudio, AgentAudioDone, AgentSaid, VoiceEvent
from bridge.call.gate import Gate
from bridge.call.lasting import LastingVoice
from bridge.call.playout import Cut
from bridge.call.speaker import Speaker


class Interruption:
    """Cuts short what is being said, and takes it up again where it was noise that interrupted.

    That needs the times of words (`output_audio_timestamp_types` in the flow's `raw`), and that all
    of the answer had come: then it goes on with the next word.
    """

    def __init__(self, one: OneCall, voice: LastingVoice, gate: Gate, speaker: Speaker) -> None:
        self._playout = one.playout
        self._transcript = one.transcript
        self._record = one.record
        self._voice = voice
        self._gate = gate
        self._speaker = speaker
        self._silenced: set[str] = set()
        """Responses of which nothing is played any more."""
        self._cuts: list[Cut] = []
        """What the last interruption cut short, if all of it had come."""

    def mute(self, response_id: str) -> None:
        """Play nothing more of a response."""
        self._silenced.add(response_id)

    def silences(self, event: VoiceEvent) -> bool:
        """Whether these are late sounds or words of a response that was cut short."""
        match event:
            case AgentAudio() | AgentAudioDone() | AgentSaid():
                return event.response_id in self._silenced
        return False

    async def happens(self, *, spoken: bool) -> None:
        """Stop at once; tools go on. Where the caller has `spoken`, the service may stop, too."""
        active = self._gate.active
        self._silenced |= active
        cuts = await self._playout.interrupt()
        self._speaker.withdraw()
        for response_id in () if spoken and self._voice.interrupts else active:
            await self._voice.cancel(response_id)
        self._record.barge_ins += bool(cuts)
        self._cuts = [] if active else cuts
        for cut in cuts:
            heard_ms = min(cut.heard_ms, int(self._transcript.lasts_ms(cut.item_id)))
            self._transcript.cut(cut.item_id, heard_ms)
            if self._speaker.is_known(cut.item_id):
                await self._voice.truncate(cut.item_id, heard_ms)

    async def was_noise(self) -> None:
        """Go on with what was cut short, if nothing else is being said."""
        cuts, self._cuts = self._cuts, []
        if self._gate.active or self._playout.left_s:
            return
        for cut in cuts:
            from_ms = self._transcript.next_word_ms(cut.item_id, cut.heard_ms)
            if from_ms is None:
                return
            self._record.resumed += 1
            rest = self._transcript.uncut(cut.item_id, from_ms)
            for frame in cut.rest[(from_ms - cut.heard_ms) // FRAME_MS :]:
                self._playout.add(cut.item_id, frame)
            if self._speaker.is_known(cut.item_id):
                await self._voice.remember("agent", rest)
