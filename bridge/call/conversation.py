"""The talk between a caller and the agent, from greeting to the last word."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from structlog import get_logger

from bridge.audio.pcm import duration_ms
from bridge.audio.resample import Resampler
from bridge.call.cover import Cover
from bridge.call.ends import CallEnd
from bridge.call.gate import AGENT_STALLED_S, STALLED_S, Gate
from bridge.call.history import History
from bridge.call.legs import (
    AgentAudio,
    AgentAudioDone,
    CallerSaid,
    ItemKept,
    PhoneLeg,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
    VoiceEvent,
    VoiceLeg,
    VoiceProblem,
)
from bridge.call.playout import Playout
from bridge.call.race import race
from bridge.call.record import Record
from bridge.call.silent import SilentAnswers
from bridge.call.speaker import Prompts, Speaker
from bridge.call.tools import ToolDesk
from bridge.call.turns import Turns
from bridge.call.uplink import Uplink
from bridge.call.waits import Waits
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.flow.delivery import Delivered, by_bridge
from bridge.flow.interim import Trigger

log = get_logger(__name__)


class Conversation:
    """Two legs, joined."""

    def __init__(
        self,
        call: Call,
        flow: Callflow,
        *,
        phone: PhoneLeg,
        voice: VoiceLeg,
        playout: Playout,
        prompts: Prompts,
        history: History,
        record: Record,
    ) -> None:
        self._flow = flow
        self._voice = voice
        self._record = record
        self._phone_rate_hz = phone.rate_hz
        self._to_phone = Resampler(voice.output_rate_hz, phone.rate_hz)
        stalled_s = AGENT_STALLED_S if flow.agent else STALLED_S
        self._gate = Gate(voice.respond, voice.cancel, record, stalled_s=stalled_s)
        self._playout = playout
        self._speaker = Speaker(flow, prompts, voice, playout, self._gate)
        self._waits = Waits(
            flow,
            _delivered(flow, voice),
            playout=playout,
            speaker=self._speaker,
            history=history,
            record=record,
        )
        self._cover = Cover(
            self._waits,
            phone=phone,
            playout=playout,
            speaker=self._speaker,
            resume=self._play_held,
        )
        self._desk = ToolDesk(
            call,
            flow.tools,
            phone=phone,
            voice=voice,
            playout=self._playout,
            gate=self._gate,
            waits=self._waits,
            ear=self._cover,
            record=record,
        )
        self._turns = Turns(record)
        self._silent_answers = SilentAnswers(voice, self._gate, self._speaker, self._waits, record)
        self._silenced: set[str] = set()
        """Responses that the caller interrupted or that stalled; what still arrives of them is not
        played."""
        self._lasts_ms: defaultdict[str, float] = defaultdict(float)
        """Length of each item, as far as it has come; the caller hears it in whole frames."""
        self._held: list[AgentAudio | AgentAudioDone] = []
        """An answer that came while the wait for it was being given up."""

    async def run(self, uplink: Uplink, *, is_greeted: bool) -> CallEnd:
        """Talk until a tool ends the call; the caller may have heard the greeting already.

        Raises:
            VoiceLost: the speech service is gone.
        """
        return await race(
            self._desk.run(),
            self._cover.run(),
            self._gate.watch(self._stalled),
            self._pass_on(uplink),
            self._listen(is_greeted=is_greeted),
        )

    async def _pass_on(self, uplink: Uplink) -> CallEnd:
        """The caller's voice, on its way to the agent; what piled up goes in one piece."""
        convert = Resampler(self._phone_rate_hz, self._voice.input_rate_hz)
        while True:
            frames = await uplink.get()
            self._record.frames_coalesced += len(frames) - 1
            await self._voice.hear(convert(b"".join(frames)))

    async def _listen(self, *, is_greeted: bool) -> CallEnd:
        greeting = self._flow.greeting
        if greeting and is_greeted:
            await self._voice.remember(greeting)
        elif greeting:
            await self._gate.ask(lambda: self._voice.say(greeting))
        async for event in self._voice.events():
            self._gate.saw(event)
            self._turns.saw(event)
            self._silent_answers.saw(event)
            await self._on(event)
        raise AssertionError("a voice leg ends by raising")

    async def _on(self, event: VoiceEvent) -> None:
        match event:
            case AgentAudio() | AgentAudioDone():
                for sound in self._audible(event):
                    await self._play(sound)
            case SpeechStarted():
                self._waits.caller_starts()
                self._desk.caller_starts()
                await self._barge_in()
            case SpeechStopped():
                self._waits.caller_stops()
            case CallerSaid(text):
                self._record.caller_turns += 1
                if not text:
                    self._waits.nothing_was_said()
                await self._desk.caller_said(text)
                await self._gate.caller_said(text)
            case ResponseStarted(response_id, request):
                self._record.responses += 1
                self._gate.started(response_id, request)
                self._speaker.started(response_id, request)
                self._desk.response_started(request)
            case ToolCalled():
                self._desk.start(event)
            case ItemKept(item_id):
                self._speaker.kept(item_id)
            case ResponseEnded(response_id, status, detail):
                log.info("response.ended", status=status, detail=detail)
                await self._desk.response_ended(response_id)
                await self._silent_answers.response_ended(response_id)
                await self._gate.ended(response_id)
            case VoiceProblem(code=code):
                log.warning("voice.problem", code=code)
                await self._gate.refused(event)

    def _audible(self, event: AgentAudio | AgentAudioDone) -> Sequence[AgentAudio | AgentAudioDone]:
        """What is to be played now; of an answer, nothing until it sounds."""
        if self._speaker.is_line(event.response_id) or event.response_id in self._silenced:
            return (event,)
        return self._silent_answers.sift(event)

    async def _play(self, event: AgentAudio | AgentAudioDone) -> None:
        """The agent's voice, on its way to the caller; a line of ours leaves the conversation."""
        is_line = self._speaker.is_line(event.response_id)
        if self._cover.gives_up and not is_line:
            self._held.append(event)
        elif event.response_id not in self._silenced:
            if is_line:
                self._waits.line_sounds(event.item_id)
            elif self._waits.agent_sounds(event.item_id):
                self._turns.sounds(self._playout.quiet_at_s)
            if isinstance(event, AgentAudio):
                self._lasts_ms[event.item_id] += duration_ms(event.pcm, self._voice.output_rate_hz)
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
        self._silenced.add(response_id)
        return await self._desk.response_stalled(response_id)

    async def _barge_in(self) -> None:
        """The caller speaks: silence first, then tell the model what was heard. Tools go on."""
        active = self._gate.active
        self._silenced |= active
        cuts = await self._playout.interrupt()
        for response_id in () if self._voice.interrupts else active:
            await self._voice.cancel(response_id)
        self._to_phone.flush()
        self._record.barge_ins += bool(cuts)
        for cut in cuts:
            if self._speaker.is_known(cut.item_id):
                heard_ms = min(cut.heard_ms, int(self._lasts_ms[cut.item_id]))
                await self._voice.truncate(cut.item_id, heard_ms)


def _delivered(flow: Callflow, voice: VoiceLeg) -> Mapping[Trigger, Delivered]:
    """Who covers waits in this session: the bridge, too, where the service has refused to."""
    if flow.interim and voice.interim == "refused":
        return by_bridge(flow.interim, flow.pipeline, "Voice Live refused")
    return flow.deliveries
