"""How a call begins: it is announced to the bridge, or placed by the bridge."""

import asyncio

from bridge.lab.acs import ends, shapes
from bridge.lab.acs.behaviours import SETUP_S, Ringing
from bridge.lab.acs.eventgrid import Subscription
from bridge.lab.acs.leg import Leg


def announce(leg: Leg, subscription: Subscription, rings_s: float) -> None:
    """Deliver IncomingCall, and let the call ring for so long."""
    leg.connection.errand(_ring_out(leg, rings_s))
    leg.connection.tasks.create_task(_deliver(leg, subscription))


def place(leg: Leg, ringing: Ringing) -> None:
    """Connect the bridge with whom it called, if that telephone is answered."""
    leg.connection.errand(_place(leg, ringing))


async def _ring_out(leg: Leg, rings_s: float) -> None:
    await asyncio.sleep(rings_s)
    if not leg.picked_up:
        leg.end(ends.NOT_ANSWERED)


async def _deliver(leg: Leg, subscription: Subscription) -> None:
    switches = leg.connection.switches
    await asyncio.sleep(switches.delayed_incoming_s)
    data = leg.route.incoming(leg.connection, leg.context)
    event = shapes.event_grid(
        "Microsoft.Communication.IncomingCall",
        f"/caller/{data['from']['rawId']}/recipient/{data['to']['rawId']}",
        data,
        late_s=switches.delayed_incoming_s,
    )
    if switches.duplicate_incoming == "together":
        leg.connection.tasks.create_task(subscription.deliver(event))
    await subscription.deliver(event)
    if switches.duplicate_incoming == "after":
        await subscription.deliver(event)


async def _place(leg: Leg, ringing: Ringing) -> None:
    refusal = await ringing.outcome(SETUP_S)
    if refusal is None:
        leg.pick_up()
    else:
        leg.end(ends.not_reached(refusal.code, refusal.sub_code))
