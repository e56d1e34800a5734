"""Order status line of a shop."""

import asyncio
from typing import Annotated

from bridge import (
    Callflow,
    Fallback,
    HangUp,
    Limits,
    Play,
    Say,
    StaticInterim,
    ToolError,
    Transfer,
    Trigger,
)

flow = Callflow(
    number="+18005550100",
    greeting="Thanks for calling Contoso. How can I help?",
    instructions=(
        "You answer the order line of Contoso, in one or two sentences. Read digits back one by "
        "one. Never name a price or a date that you were not given. Do not announce a lookup: "
        "the caller hears a line meanwhile."
    ),
    voice="en-US-Ava:DragonHDLatestNeural",
    interim=StaticInterim(
        texts=("Let me look that up for you.", "One moment while I check on that."),
        triggers=(Trigger.TOOL,),
        latency_threshold_ms=500,
        then=(
            Say("Still looking, thanks for your patience.", after_ms=4_500),
            Play("hold.wav", after_ms=7_000),
            Say("I am still on it.", after_ms=12_000, every_ms=6_000, times=2),
            Transfer("+18005550199", say="I will connect you to a colleague.", after_ms=24_000),
        ),
    ),
    keypad={"0": Transfer("+18005550199", say="I will connect you to a colleague.")},
    fallback=Fallback(then=Transfer("+18005550199")),
    limits=Limits(
        longest_s=1_200,
        notice="We have one minute left on this call.",
        most_calls=40,
        overflow=Transfer("+18005550199", say="All lines are busy. A colleague will help you."),
    ),
    operators=(
        *("greeting", "voice", "interim", "silence", "keypad", "fallback"),
        *("limits", "hours", "recording"),
    ),
    phone_rate_hz=16_000,
    voice_audio="pcm16_24000hz",  # no need of it, but the demo is to resample both ways
)

_ORDERS = {
    "4271": {"status": "on its way", "arrives": "tomorrow before noon"},
    "1138": {"status": "waiting for the second parcel", "arrives": "on Friday"},
}


@flow.tool(timeout_ms=60_000)
async def order_status(
    order_number: Annotated[str, "The order number, four digits"],
) -> dict[str, str]:
    """Look up where an order is and when it arrives."""
    await asyncio.sleep(4)  # the warehouse's system takes its time
    if order_number not in _ORDERS:
        raise ToolError(f"There is no order {' '.join(order_number)}.")
    return {"order": " ".join(order_number), **_ORDERS[order_number]}


@flow.tool(
    effect="write",
    interim=StaticInterim(
        texts=("I am asking the warehouse to stop order {order_number}.",),
        latency_threshold_ms="adaptive",
    ),
)
async def stop_parcel(
    order_number: Annotated[str, "The order number, four digits"],
) -> str:
    """Stop a parcel before it leaves the warehouse."""
    await asyncio.sleep(2)
    return f"Order {' '.join(order_number)} stays in the warehouse."


@flow.tool(interim=None)
async def speak_to_a_person(
    concern: Annotated[str, "What the caller wants, in a few words"],
) -> Transfer:
    """Connect the caller to a person, a colleague or an operator."""
    return Transfer(
        "+18005550199",
        say="I will ask a colleague. One moment, please.",
        brief=f"A caller from the order line: {concern}. Press one to take the call.",
        music="hold.wav",
    )


@flow.tool(interim=None)
async def say_goodbye() -> HangUp:
    """End the call when the caller says goodbye or has no further question."""
    return HangUp(say="Thank you for calling. Goodbye.")
