"""One call is one function; its return is the hang-up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from structlog import get_logger

from bridge.call.common import Common, OneCall
from bridge.call.conversation import Conversation
from bridge.call.dead_line import DeadLine
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.flight import Flight, Keeps
from bridge.call.handover import Handover
from bridge.call.keypad import Keys
from bridge.call.lasting import LastingVoice
from bridge.call.legs import PhoneError, PhoneLeg, VoiceLost, VoiceRefused, VoiceUnreachable
from bridge.call.notice import Notice
from bridge.call.opening import Opening
from bridge.call.orders import Orders
from bridge.call.parting import Parting
from bridge.call.playout import Playout
from bridge.call.race import never, race
from bridge.call.record import Record
from bridge.call.timeline import Kind, Timeline
from bridge.call.transcript import Transcript
from bridge.call.uplink import Uplink
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.flow.outcomes import HangUp, Transfer, Voicemail

log = get_logger(__name__)

FAREWELL_S = 2.0
"""How long the carrier's word on who hung up may lag behind the end of its audio stream. On three
real calls it came 46 to 200 ms after."""


class LineCloses(Exception):
    """The process is about to end, and the caller is to be told."""


@dataclass(frozen=True)
class Instead:
    """What a call gets in place of the agent, and why, for the log."""

    outcome: HangUp | Transfer | Voicemail
    why: str


async def run_call(
    call: Call,
    flow: Callflow,
    phone: PhoneLeg,
    common: Common,
    instead: Instead | None = None,
    *,
    is_placed: bool = False,
    begins: Callable[[OneCall], None] | None = None,
) -> OneCall:
    """Serve one call from the opening of its media to its end, and return what is left of it.

    Whatever ends the call first decides; when this returns, nothing of the call goes on. `begins`
    is given the call at its beginning.
    """
    loop = asyncio.get_running_loop()
    opened_at = loop.time()
    record, keys = Record(), Keys(flow.keypad)
    playout = Playout(phone, common.ticker, record, resumes=flow.has_word_times)
    flight = Flight(common.keeps, flow.keypad, lambda: playout.quiet_at_s)
    uplink = Uplink(flight.hear if common.keeps is Keeps.SOUND else None)
    transcript = Transcript()
    timeline = Timeline(transcript, playout)
    one = OneCall(
        call,
        flow,
        phone=phone,
        playout=playout,
        uplink=uplink,
        keys=keys,
        parting=Parting(phone, playout, Handover(phone, playout, uplink, keys), timeline),
        transcript=transcript,
        record=record,
        prompts=common.prompts,
        history=common.history,
        flight=flight,
        timeline=timeline,
        orders=Orders(keys, timeline),
        is_placed=is_placed,
    )
    if begins:
        begins(one)
    try:
        end = await race(
            _caller_listens(one),
            _carrier_ends(one),
            one.playout.run(),
            _line_talks(one, common, opened_at, instead),
            _is_cut_off(one),
            _process_stops(common.shutdown),
        )
    except Exception as error:  # noqa: BLE001 - the one place where errors become a verdict
        end = _verdict(error)
    flight.over()
    timeline.over()
    if end.reason is Reason.MEDIA_FAILED and await _is_passed_on(flow, phone):
        end = replace(end, then=Then.NOTHING)
    if end.then is Then.HANG_UP:
        await _hang_up(phone)
    record.end = end
    record.lasted_ms = round((loop.time() - opened_at) * 1000)
    record.frames_up, record.frames_dropped = uplink.heard, uplink.dropped
    return one


async def _line_talks(
    one: OneCall, common: Common, opened_at: float, instead: Instead | None
) -> CallEnd:
    """The agent, or what is said in its place; where speech fails, what the flow falls back to."""
    dead_line = DeadLine(one)
    try:
        if instead:
            return await Notice(one, common.voices).give(instead.outcome, instead.why)
        opening = Opening(one)
        if not one.is_placed:
            opening.play()
        voice = LastingVoice(common.voices, one.flow, one.transcript, one.record)
        return await race(
            _converse(one, voice, opening, opened_at),
            dead_line.cover(voice),
            opening.record(),
            _line_closes(one, common.closing),
        )
    except Exception as error:  # noqa: BLE001 - of whatever kind, the caller hears of it
        return await dead_line.take(_verdict(error))


def _verdict(error: Exception) -> CallEnd:
    match error:
        case VoiceUnreachable():
            return CallEnd(By.VOICE, Reason.UNREACHABLE, detail=str(error))
        case VoiceRefused():
            return CallEnd(By.VOICE, Reason.REFUSED, detail=str(error))
        case VoiceLost():
            return CallEnd(By.VOICE, Reason.LOST, detail=str(error))
        case LineCloses():
            return CallEnd(By.BRIDGE, Reason.SHUTDOWN)
    log.error("call.failed", exc_info=error)
    return CallEnd(By.BRIDGE, Reason.ERROR)


async def _converse(
    one: OneCall, voice: LastingVoice, opening: Opening, opened_at: float
) -> CallEnd:
    async with voice:
        ready_ms = round((asyncio.get_running_loop().time() - opened_at) * 1000)
        one.record.voice_ready_ms, one.record.interim = ready_ms, voice.interim
        one.timeline.note(Kind.VOICE)
        log.info("voice.ready", after_ms=ready_ms, interim=voice.interim)
        return await Conversation(one, voice).run(opening)


async def _caller_listens(one: OneCall) -> CallEnd:
    def press(key: str) -> None:
        one.uplink.skip_tone()
        one.flight.press(key)
        one.timeline.note(Kind.KEY)
        one.keys.press(key)

    await one.phone.listen(one.uplink.put, press)
    try:
        async with asyncio.timeout(2 * FAREWELL_S):
            return await _carrier_ends(one)
    except TimeoutError:
        return CallEnd(By.CARRIER, Reason.LOST)


async def _carrier_ends(one: OneCall) -> CallEnd:
    """The carrier's word on the end; on a transfer's, which ends our part of the call, as well."""
    end = await one.phone.ended()
    if end.by is By.BRIDGE and (one.parting.under_way or one.parting.is_done):
        await asyncio.sleep(FAREWELL_S)  # the carrier may say last that it was accepted
    return end


async def _is_cut_off(one: OneCall) -> CallEnd:
    """By an operator, or since it lasts too long."""
    try:
        async with asyncio.timeout(one.flow.limits.longest_s):
            return await one.orders.ended()
    except TimeoutError:
        return CallEnd(By.BRIDGE, Reason.TIME_LIMIT)


async def _process_stops(shutdown: asyncio.Event) -> CallEnd:
    await shutdown.wait()
    return CallEnd(By.BRIDGE, Reason.SHUTDOWN)


async def _line_closes(one: OneCall, closing: asyncio.Event) -> CallEnd:
    """Who is being connected with somebody need not be told."""
    await closing.wait()
    if await one.parting.connected():
        await never()
    raise LineCloses


async def _is_passed_on(flow: Callflow, phone: PhoneLeg) -> bool:
    """Whether a caller who can hear nothing any more was transferred, as the flow falls back."""
    if not isinstance(flow.fallback.then, Transfer):
        return False
    try:
        problem = await phone.transfer(flow.fallback.then)
    except PhoneError as error:
        problem = str(error)
    if problem:
        log.warning("transfer.failed", detail=problem)
    return problem is None


async def _hang_up(phone: PhoneLeg) -> None:
    try:
        await phone.hang_up()
    except PhoneError as error:
        log.warning("hang_up.refused", detail=str(error))
