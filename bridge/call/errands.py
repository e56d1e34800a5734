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

_NOT_HANDED_OVER = (
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


async def tell_time(one: OneCall, cover: Cover) -> CallEnd | Undecided:
    """Tell the caller a minute before the longest call is over."""
    limits = one.flow.limits
    if limits.notice:
        await asyncio.sleep(limits.longest_s - NOTICE_S)
        await cover.tell(limits.notice, line=limits.notice)
    return UNDECIDED


async def follow_keypad(
    one: OneCall,
    voice: LastingVoice,
    gate: Gate,
    speaker: Speaker,
    hush: Callable[[], Awaitable[None]],
) -> CallEnd:
    """Do what the caller chose by a key; if that fails, the agent is to tell them."""
    while True:
        outcome = await one.keys.chosen.get()
        await hush()
        problem = await one.parting.take(outcome, speaker.say)
        if problem is None:
            return end_of(outcome, By.CALLER, "keypad")
        while not one.keys.chosen.empty():
            one.keys.chosen.get_nowait()  # pressed again, out of impatience
        await voice.remember("line", _FAILED.format(problem=problem))
        await gate.ask(voice.respond)


async def follow_operator(
    one: OneCall,
    voice: LastingVoice,
    gate: Gate,
    speaker: Speaker,
    hush: Callable[[], Awaitable[None]],
) -> CallEnd:
    """Hand the caller over, or hang up, as an operator has decided; if that fails, talk on."""
    while True:
        outcome = await one.orders.outcomes.get()
        await hush()
        problem = await one.parting.take(outcome, speaker.say)
        if problem is None:
            return end_of(outcome, By.OPERATOR)
        await voice.remember("line", _NOT_HANDED_OVER.format(problem=problem))
        await gate.ask(voice.respond)


async def say_for_operator(one: OneCall, voice: LastingVoice, cover: Cover) -> CallEnd:
    """Say what operators have the line say, once nobody speaks; the model learns of it."""
    with one.orders.followed():
        while True:
            text = await one.orders.lines.get()
            await cover.tell(text)
            await voice.remember("line", _SAID.format(text=text))
