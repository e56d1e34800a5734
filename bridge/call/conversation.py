"""The talk between a caller and the agent, from greeting to the last word."""

from collections.abc import Sequence

from structlog import get_logger

from bridge.audio.resample import Resampler
from bridge.call.asking import Asking
from bridge.call.common import OneCall
from bridge.call.cover import Cover
from bridge.call.ends import CallEnd
from bridge.call.errands import follow_choices, open_talk, pass_on, tell
from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    AgentSaid,
    CallerSaid,
    ItemKept,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
    VoiceEvent,
    VoiceProblem,
    VoiceRenewed,
    WordSounds,
)
from bridge.call.gate import AGENT_STALLED_S, STALLED_S, Gate
from bridge.call.interruption import Interruption
from bridge.call.lasting import LastingVoice
from bridge.call.legs import VoiceLost
from bridge.call.opening import Opening
from bridge.call.pickup import Pickup
from bridge.call.quiet import Quiet
from bridge.call.race import never, race
from bridge.call.silent import SilentAnswers
from bridge.call.speaker import Speaker
from bridge.call.timeline import Kind
from bridge.call.tools import ToolDesk
from bridge.call.turns import Turns
from bridge.call.waits import Waits

log = get_logger(__name__)

Sound = AgentAudio | AgentAudioDone


class Conversation:
    """Two legs, joined."""

    def __init__(self, one: OneCall, voice: LastingVoice) -> None:
        record = one.record
        self._one = one
        self._voice = voice
        self._uplink = one.uplink
        self._transcript = one.transcript
        self._record = record
        self._playout = one.playout
        self._to_phone = Resampler(voice.output_rate_hz, one.phone.rate_hz)
        stalled_s = AGENT_STALLED_S if one.flow.agent else STALLED_S
        self._gate = Gate(voice.respond, voice.cancel, voice.give_up, record, stalled_s=stalled_s)
        self._speaker = Speaker(one, voice, self._gate)
        self._parting = one.parting
        self._parting.aside, self._parting.failed = self._speaker.say, self._play_held
        self._waits = Waits(one, voice, self._speaker)
        self._cover = Cover(one, self._waits, self._speaker)
        self._interruption = Interruption(one, voice, self._gate, self._speaker)
        self._asking = Asking(one, self._speaker, self._waits, self._cover, hush=self._hush)
        self._asking.answered = self._play_held
        ear = one.flight.ear(self._asking)
        self._desk = ToolDesk(one, voice, self._gate, self._waits, ear=ear)
        self._pickup = Pickup(one, voice, self._speaker)
        self._quiet = Quiet(one, self._gate, self._waits, self._speaker)
        self._turns = Turns(record)
        self._silent_answers = SilentAnswers(one, voice, self._gate, self._speaker, self._waits)
        self._is_replayed = False
        """What the caller had been saying is said again, to another session."""
        self._services_own: set[str] = set()
        """Responses that nobody has asked for."""
        self._held: list[Sound] = []
        """An answer that came while the line had the floor, or keys were awaited."""

    async def run(self, opening: Opening) -> CallEnd:
        """Talk until something ends the call; the caller may have heard the opening already.

        Raises:
            VoiceLost: the speech service is gone for good.
        """
        return await race(
            self._desk.run(),
            self._cover.run(),
            self._quiet.run(),
            follow_choices(self._one, self._voice, self._gate, self._speaker, self._hush),
            self._gate.watch(self._stalled),
            self._voice.stay_fresh(self._quiet.is_pause),
            pass_on(self._one, self._voice),
            open_talk(
                self._one,
                opening,
                self._pickup,
                voice=self._voice,
                gate=self._gate,
                speaker=self._speaker,
            ),
            tell(self._one, self._voice, self._cover),
            self._listen(),
        )

    async def _listen(self) -> CallEnd:
        try:
            async for event in self._voice.events():
                if not self._interruption.silences(event):
                    self._speaker.saw(event, self._voice.output_rate_hz)
                self._one.flight.saw(event, self._speaker.is_line)
                if isinstance(event, AgentSaid | WordSounds):
                    continue  # word by word, and for the transcript alone
                self._gate.saw(event)
                self._turns.saw(event)
                self._silent_answers.saw(event)
                self._asking.saw(event)
                self._pickup.saw(event)
                await self._on(event)
        except VoiceLost:
            if await self._parting.connected():  # who is being connected needs no speech
                await never()
            raise
        raise AssertionError("a voice leg ends by raising")

    async def _on(self, event: VoiceEvent) -> None:
        match event:
            case AgentAudio() | AgentAudioDone():
                for sound in self._audible(event):
                    await self._play(sound)
            case SpeechStarted():
                await self._caller_starts()
            case SpeechStopped():
                self._waits.caller_stops()
            case CallerSaid(text):
                await self._caller_said(text)
            case ResponseStarted():
                await self._response_started(event)
            case ToolCalled():
                self._desk.start(event)
            case ItemKept(item_id):
                self._speaker.kept(item_id)
            case ResponseEnded(response_id, status, detail, tokens):
                log.info("response.ended", status=status, detail=detail)
                self._record.tokens += tokens
                await self._desk.response_ended(response_id)
                await self._silent_answers.response_ended(response_id, status)
                await self._gate.ended(event)
            case VoiceProblem(code=code):
                log.warning("voice.problem", code=code)
                await self._gate.refused(event)
            case VoiceRenewed():
                await self._renewed()

    async def _response_started(self, response: ResponseStarted) -> None:
        self._record.responses += 1
        self._gate.started(response.response_id, response.request)
        if response.request is None:
            self._services_own.add(response.response_id)
        takers = (self._speaker.is_withdrawn, self._asking.takes, self._pickup.takes)
        if any(takes(response) for takes in takers):
            self._interruption.mute(response.response_id)
            await self._voice.cancel(response.response_id)
        else:
            self._desk.response_started(response.request)

    async def _caller_starts(self) -> None:
        self._uplink.caller_starts()
        self._waits.caller_starts()
        self._desk.caller_starts()
        if self._is_replayed:
            self._is_replayed = False  # what another session hears now was said before
        else:
            await self._hush(spoken=True)

    async def _caller_said(self, text: str) -> None:
        self._record.caller_turns += 1
        if not self._waits.caller_speaks:
            self._uplink.understood()
        if not text:
            self._waits.nothing_was_said()
            await self._interruption.was_noise()
        if not self._asking.takes_speech:
            await self._desk.caller_said(text)
        await self._gate.caller_said(text)

    async def _renewed(self) -> None:
        """Another session goes on; what the caller still waits for is asked of it."""
        self._one.timeline.note(Kind.VOICE)
        for response_id in self._gate.active:
            await self._desk.response_ended(response_id)
        is_owed = self._gate.renewed()
        if self._waits.caller_speaks:
            self._waits.caller_stops()
        self._is_replayed = self._uplink.is_pending
        self._uplink.rewind()
        self._to_phone.flush()
        is_owed |= self._transcript.caller_waits or self._voice.was_missed
        self._voice.was_missed = False
        if is_owed and not self._waits.tools_at_work:
            await self._gate.ask(self._voice.respond)
        await self._gate.resume()

    def _audible(self, event: Sound) -> Sequence[Sound]:
        """What is to be played now; of an answer, nothing until it sounds."""
        if self._speaker.is_line(event.response_id) or self._interruption.silences(event):
            return (event,)
        return self._silent_answers.sift(event)

    async def _play(self, event: Sound) -> None:
        """The agent's voice, on its way to the caller; a line of ours leaves the conversation."""
        is_line = self._speaker.is_line(event.response_id)
        if self._asking.is_under_way and event.response_id in self._services_own:
            self._transcript.cut(event.item_id, 0)  # its own line, while keys are awaited
        elif (self._parting.has_floor or self._asking.is_under_way) and not is_line:
            self._held.append(event)
        elif not self._interruption.silences(event):
            if is_line:
                self._waits.line_sounds(event.item_id)
            elif self._waits.agent_sounds(event.item_id):
                self._voice.is_of_use()
                self._turns.sounds(self._playout.quiet_at_s)
            if isinstance(event, AgentAudio):
                self._playout.add(event.item_id, self._to_phone(event.pcm))
            else:
                self._playout.add(event.item_id, self._to_phone.flush())
                self._playout.finish(event.item_id)
        if is_line and isinstance(event, AgentAudioDone):
            await self._speaker.line_ended(event)

    async def _play_held(self) -> None:
        held, self._held = self._held, []
        for event in held:
            await self._play(event)

    async def _stalled(self, response_id: str) -> bool:
        """A response was given up; whether tools are at work, and will ask for the answer."""
        self._interruption.mute(response_id)
        return await self._desk.response_stalled(response_id)

    async def _hush(self, *, spoken: bool = False) -> None:
        """Silence first, then tell the model what was heard. Tools go on."""
        self._to_phone.flush()
        for event in self._held if spoken else ():
            self._transcript.cut(event.item_id, 0)  # what the caller says now makes it moot
        self._held = [] if spoken else self._held
        await self._interruption.happens(spoken=spoken)
