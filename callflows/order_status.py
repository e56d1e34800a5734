"""Order status line of a shop."""

import asyncio
from typing import Annotated

from bridge import Callflow, HangUp, Say, StaticInterim, ToolError, Transfer, Trigger

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
            Say("Still looking, thanks for your patience.", after_ms=5_000),
            Transfer("+18005550199", say="I will connect you to a colleague.", after_ms=12_000),
        ),
    ),
    phone_rate_hz=16_000,
)

_ORDERS = {
    "4271": {"status": "on its way", "arrives": "tomorrow before noon"},
    "1138": {"status": "waiting for the second parcel", "arrives": "on Friday"},
}


@flow.tool(timeout_ms=15_000)
async def order_status(
    order_number: Annotated[str, "The order number, four digits"],
) -> dict[str, str]:
    """Look up where an order is and when it arrives."""
    await asyncio.sleep(4)  # the warehouse's system takes its time
    if order_number not in _ORDERS:
        raise ToolError(f"There is no order {' '.join(order_number)}.")
    return {"order": " ".join(order_number), **_ORDERS[order_number]}


@flow.tool
async def speak_to_a_person() -> Transfer:
    """Connect the caller to a person, a colleague or an operator."""
    return Transfer("+18005550199", say="I will connect you to a colleague.")


@flow.tool
async def say_goodbye() -> HangUp:
    """End the call when the caller says goodbye or has no further question."""
    return HangUp(say="Thank you for calling. Goodbye.")
