"""The talk between a caller and the agent, from greeting to the last word."""

from structlog import get_logger

from bridge.audio.resample import Resampler
from bridge.call.ends import CallEnd
from bridge.call.gate import Gate
from bridge.call.legs import (
    AgentAudio,
    AgentAudioDone,
    CallerSaid,
    PhoneLeg,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    ToolCalled,
    VoiceEvent,
    VoiceLeg,
    VoiceProblem,
)
from bridge.call.playout import Playout
from bridge.call.race import race
from bridge.call.record import Record
from bridge.call.tools import ToolDesk
from bridge.call.uplink import Uplink
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow

log = get_logger(__name__)


class Conversation:
    """Two legs, joined."""

    def __init__(
        self, call: Call, flow: Callflow, phone: PhoneLeg, voice: VoiceLeg, record: Record
    ) -> None:
        self._flow = flow
        self._voice = voice
        self._record = record
        self._phone_rate_hz = phone.rate_hz
        self._to_phone = Resampler(voice.output_rate_hz, phone.rate_hz)
        self._gate = Gate(voice.respond)
        self._playout = Playout(phone, record)
        self._desk = ToolDesk(
            call,
            flow.tools,
            phone=phone,
            voice=voice,
            playout=self._playout,
            gate=self._gate,
            record=record,
        )
        self._silenced: set[str] = set()
        """Responses the caller interrupted; what still arrives of them is not played."""

    async def run(self, uplink: Uplink) -> CallEnd:
        """Talk until a tool ends the call.

        Raises:
            VoiceLost: the speech service is gone.
        """
        return await race(
            self._desk.run(), self._playout.run(), self._pass_on(uplink), self._listen()
        )

    async def _pass_on(self, uplink: Uplink) -> CallEnd:
        """The caller's voice, on its way to the agent."""
        convert = Resampler(self._phone_rate_hz, self._voice.input_rate_hz)
        while True:
            await self._voice.hear(convert(await uplink.get()))

    async def _listen(self) -> CallEnd:
        greeting = self._flow.greeting
        if greeting:
            await self._gate.ask(lambda: self._voice.say(greeting))
        async for event in self._voice.events():
            await self._on(event)
        raise AssertionError("a voice leg ends by raising")

    async def _on(self, event: VoiceEvent) -> None:
        match event:
            case AgentAudio(response_id, item_id, pcm):
                if response_id not in self._silenced:
                    self._playout.add(item_id, self._to_phone(pcm))
            case AgentAudioDone(response_id, item_id):
                if response_id not in self._silenced:
                    self._playout.add(item_id, self._to_phone.flush())
                    self._playout.finish(item_id)
            case SpeechStarted():
                await self._barge_in()
            case CallerSaid():
                self._record.caller_turns += 1
            case ResponseStarted(response_id, request):
                self._record.responses += 1
                self._gate.started(response_id, request)
            case ToolCalled():
                self._desk.start(event)
            case ResponseEnded(response_id, status, detail):
                log.info("response.ended", status=status, detail=detail)
                await self._gate.ended(response_id)
                await self._desk.response_ended(response_id)
            case VoiceProblem(code=code):
                log.warning("voice.problem", code=code)
                await self._gate.refused(event)

    async def _barge_in(self) -> None:
        """The caller speaks: silence first, then tell the model what was heard. Tools go on."""
        self._silenced |= self._gate.active
        cuts = await self._playout.interrupt()
        if cuts:
            self._record.barge_ins += 1
            self._to_phone.flush()
        for cut in cuts:
            await self._voice.truncate(cut.item_id, cut.heard_ms)
