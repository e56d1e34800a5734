"""A caller, a colleague, and the bridge's hold on their call."""

from typing import Any

from azure.communication.callautomation import CommunicationIdentifier, PhoneNumberIdentifier
from azure.communication.callautomation.aio import CallConnectionClient

from bridge.lab.acs import AcsStandIn, Colleague, Phone

from .conftest import NUMBER, Bridge, Dial

OURS = PhoneNumberIdentifier(NUMBER)
CALLER = PhoneNumberIdentifier("+14255550123")
THEIRS = "+15552220000"
COLLEAGUE = PhoneNumberIdentifier(THEIRS)


async def add(
    call: CallConnectionClient, who: CommunicationIdentifier = COLLEAGUE, **options: Any
) -> str:
    added = await call.add_participant(
        who, source_caller_id_number=OURS, operation_context="add", **options
    )
    assert added.invitation_id
    return added.invitation_id


async def established(bridge: Bridge, phone: Phone) -> CallConnectionClient:
    await bridge.told("ParticipantsUpdated")
    return bridge.call(phone.connection_id)


async def three(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, **switches: Any
) -> tuple[Phone, Colleague, CallConnectionClient]:
    """A caller, a colleague, and the bridge's hold on their call."""
    phone = await dial(**switches)
    call = await established(bridge, phone)
    await add(call)
    colleague = await acs.colleague(THEIRS)
    await colleague.answered()
    await bridge.until(lambda: len(rosters(bridge)) == 2)
    return phone, colleague, call


def rosters(bridge: Bridge) -> list[list[str]]:
    """Raw ids of each ParticipantsUpdated, without the bridge itself."""
    return [
        [p["identifier"]["rawId"] for p in event["data"]["participants"]][:-1]
        for event in bridge.events
        if event["type"].endswith("ParticipantsUpdated")
    ]
