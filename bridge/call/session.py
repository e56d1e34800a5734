"""One call is one function; its return is the hang-up."""

import asyncio
from dataclasses import dataclass

from structlog import get_logger

from bridge.call.conversation import Conversation
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.history import History
from bridge.call.legs import (
    PhoneError,
    PhoneLeg,
    VoiceLost,
    VoiceRefused,
    VoiceService,
    VoiceUnreachable,
)
from bridge.call.playout import Playout
from bridge.call.race import race
from bridge.call.record import Record
from bridge.call.speaker import Prompts, play_clip
from bridge.call.ticker import Ticker
from bridge.call.uplink import Uplink
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow

log = get_logger(__name__)

FAREWELL_S = 2.0
"""How long the carrier's word on who hung up may lag behind the end of its audio stream. On three
real calls it came 46 to 200 ms after."""


@dataclass(frozen=True)
class Common:
    """What the calls of a process have in common."""

    voices: VoiceService
    prompts: Prompts
    history: History
    ticker: Ticker
    shutdown: asyncio.Event
    """Set when all calls must end."""


async def run_call(call: Call, flow: Callflow, phone: PhoneLeg, common: Common) -> Record:
    """Serve one call from the opening of its media to its end.

    Whatever ends the call first decides; when this returns, nothing of the call is left.
    """
    loop = asyncio.get_running_loop()
    opened_at = loop.time()
    record, uplink = Record(), Uplink()
    playout = Playout(phone, common.ticker, record)
    greeting = common.prompts.clip(flow, flow.greeting) if flow.greeting else None
    if greeting:
        log.info("greeting.played")
        play_clip(playout, "greeting", greeting)

    async def serve() -> CallEnd:
        async with common.voices.connect(flow) as voice:
            record.voice_ready_ms = round((loop.time() - opened_at) * 1000)
            record.interim = voice.interim
            log.info("voice.ready", after_ms=record.voice_ready_ms, interim=voice.interim)
            conversation = Conversation(
                call,
                flow,
                phone=phone,
                voice=voice,
                playout=playout,
                prompts=common.prompts,
                history=common.history,
                record=record,
            )
            return await conversation.run(uplink, is_greeted=bool(greeting))

    try:
        end = await race(
            _caller_listens(phone, uplink, record),
            phone.ended(),
            playout.run(),
            serve(),
            _time_is_up(flow.longest_call_s),
            _process_stops(common.shutdown),
        )
    except VoiceUnreachable as error:
        end = CallEnd(By.VOICE, Reason.UNREACHABLE, detail=str(error))
    except VoiceRefused as error:
        end = CallEnd(By.VOICE, Reason.REFUSED, detail=str(error))
    except VoiceLost as error:
        end = CallEnd(By.VOICE, Reason.LOST, detail=str(error))
    except Exception:  # the one place where errors become a verdict
        log.exception("call.failed")
        end = CallEnd(By.BRIDGE, Reason.ERROR)
    if end.then is Then.HANG_UP:
        await _hang_up(phone)
    record.lasted_ms = round((loop.time() - opened_at) * 1000)
    record.frames_dropped = uplink.dropped
    record.end = end
    return record


async def _caller_listens(phone: PhoneLeg, uplink: Uplink, record: Record) -> CallEnd:
    def hear(frame: bytes) -> None:
        record.frames_up += 1
        uplink.put(frame)

    await phone.listen(hear)
    try:
        async with asyncio.timeout(FAREWELL_S):
            return await phone.ended()
    except TimeoutError:
        return CallEnd(By.CARRIER, Reason.LOST)


async def _time_is_up(limit_s: float) -> CallEnd:
    await asyncio.sleep(limit_s)
    return CallEnd(By.BRIDGE, Reason.TIME_LIMIT)


async def _process_stops(shutdown: asyncio.Event) -> CallEnd:
    await shutdown.wait()
    return CallEnd(By.BRIDGE, Reason.SHUTDOWN)


async def _hang_up(phone: PhoneLeg) -> None:
    try:
        await phone.hang_up()
    except PhoneError as error:
        log.warning("hang_up.refused", detail=str(error))
