"""What goes on beside the talk: each of these runs until it ends the call, or is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bridge.audio.resample import Resampler
from bridge.call.begun import Work
from bridge.call.common import OneCall
from bridge.call.cover import Cover
from bridge.call.ends import By, CallEnd
from bridge.call.gate import Gate
from bridge.call.lasting import LastingVoice
from bridge.call.opening import Opening
from bridge.call.parting import end_of
from bridge.call.pickup import Pickup
from bridge.call.race import UNDECIDED, Undecided
from bridge.call.speaker import Speaker
from bridge.flow.limits import NOTICE_S

_FAILED = (
    "The caller pressed a key to be connected with somebody, and that failed: {problem}. Tell "
    "them, and offer your help."
)

_ORDER_FAILED = (
    "A colleague tried to connect the caller with somebody, and that failed: {problem}. Tell them, "
    "and offer your help."
)
_SAID = "A colleague has had the line say to the caller: {text}"


async def pass_on(one: OneCall, voice: LastingVoice) -> CallEnd:
    """The caller's voice, on its way to the agent; what piled up goes in one piece."""
    convert = Resampler(one.phone.rate_hz, voice.input_rate_hz)

    def take(frame: bytes) -> Work | None:
        return None if voice.is_down else voice.hear(convert(frame))

    while True:
        await one.uplink.pass_straight(take)
        if voice.is_down:
            await voice.up()
        frames = await one.uplink.get()
        one.record.frames_coalesced += len(frames) - 1
        await voice.hear(convert(b"".join(frames)))


async def open_talk(
    one: OneCall,
    opening: Opening,
    pickup: Pickup,
    *,
    voice: LastingVoice,
    gate: Gate,
    speaker: Speaker,
) -> CallEnd | Undecided:
    """Have the service say what was not rendered; speak up to a caller who had to wait for it."""
    if end := await pickup.decided():
        return end
    if one.is_placed:
        opening.play()
    for text in opening.unsaid:
        if text == opening.consent:
            opening.consent_begins()
            await speaker.say(text)
            await one.playout.drained()
            opening.consent_heard()
        else:
            await gate.ask(partial(voice.say, text))
    if voice.was_missed and not opening.unsaid:
        voice.was_missed = False
        await gate.ask(voice.respond)
    return UNDECIDED


async def tell(one: OneCall, voice: LastingVoice, cover: Cover) -> CallEnd:
    """Say what operators have the line say; and tell of the end of the longest call before it."""
    notice = one.flow.limits.notice
    notice_s = asyncio.get_running_loop().time() + one.flow.limits.longest_s - NOTICE_S
    with one.orders.followed():
        while True:
            try:
                async with asyncio.timeout_at(notice_s if notice else None):
                    text = await one.orders.line()
            except TimeoutError:
                text, notice = notice or "", None
                await cover.tell(text, line=text)
            else:
                await cover.tell(text)
                await voice.remember("line", _SAID.format(text=text))


async def follow_choices(
    one: OneCall,
    voice: LastingVoice,
    gate: Gate,
    speaker: Speaker,
    hush: Callable[[], Awaitable[None]],
) -> CallEnd:
    """Do what the caller chose by a key, or an operator; if it fails, the agent is to tell them."""
    while True:
        outcome = await one.keys.chosen.get()
        is_order = outcome is one.orders.outcome
        await hush()
        problem = await one.parting.take(outcome, speaker.say)
        if problem is None:
            if is_order:
                return end_of(outcome, By.OPERATOR)
            return end_of(outcome, By.CALLER, "keypad")
        if is_order:
            one.orders.outcome = None
        while not one.orders.outcome and not one.keys.chosen.empty():
            one.keys.chosen.get_nowait()  # pressed again, out of impatience
        failed = _ORDER_FAILED if is_order else _FAILED
        await voice.remember("line", failed.format(problem=problem))
        await gate.ask(voice.respond)
