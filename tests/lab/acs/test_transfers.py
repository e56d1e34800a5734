from typing import Any

import pytest
from azure.communication.callautomation import (
    CommunicationIdentifier,
    CommunicationUserIdentifier,
    MicrosoftTeamsUserIdentifier,
    PhoneNumberIdentifier,
)

from bridge.lab.acs import AcsStandIn

from .conftest import NUMBER, Bridge, Dial

TEAMS = "5b2e7e5c-5a0f-4a3a-9a54-3f2f3f1c2a10"
USER = f"8:acs:{TEAMS}_00000021-7a1f-4b2c-9d3e-6c5b4a392817"


@pytest.mark.parametrize(
    ("target", "raw_id", "kind"),
    [
        (CommunicationUserIdentifier(USER), USER, "communicationUser"),
        (MicrosoftTeamsUserIdentifier(TEAMS), f"8:orgid:{TEAMS}", "microsoftTeamsUser"),
    ],
)
async def test_a_call_may_be_transferred_to_somebody_without_a_number(
    dial: Dial, bridge: Bridge, target: CommunicationIdentifier, raw_id: str, kind: str
) -> None:
    phone = await dial()
    await bridge.told("CallConnected")
    await bridge.call(phone.connection_id).transfer_call_to_participant(target)
    assert (await phone.ended()).transferred_to == raw_id
    told = bridge.callback("CallTransferAccepted")["transferTarget"]
    assert (told["rawId"], told["kind"]) == (raw_id, kind)


async def test_what_a_transfer_says_to_the_other_side_can_be_seen(
    acs: AcsStandIn, dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    await bridge.told("CallConnected")
    await bridge.call(phone.connection_id).transfer_call_to_participant(
        PhoneNumberIdentifier("+15552220000"),
        sip_headers={"User-To-User": "order=4711"},
        voip_headers={"topic": "delivery"},
        transferee=PhoneNumberIdentifier("+14255550123"),
        source_caller_id_number=PhoneNumberIdentifier(NUMBER),
    )
    await phone.ended()
    body = acs.requests[-1].body
    assert body["customCallingContext"] == {
        "sipHeaders": {"User-To-User": "order=4711"},
        "voipHeaders": {"topic": "delivery"},
    }
    assert body["sourceCallerIdNumber"] == {"value": NUMBER}


async def test_transfers_may_end_differently_for_each_target(dial: Dial, bridge: Bridge) -> None:
    results: dict[str, Any] = {"+15552220000": (486, 560486), USER: "accepted"}
    phone = await dial(transfer_result=results, transfer_rings_s=1)
    await bridge.told("CallConnected")
    call = bridge.call(phone.connection_id)
    await call.transfer_call_to_participant(PhoneNumberIdentifier("+15552220000"))
    await bridge.told("CallTransferFailed")
    await call.transfer_call_to_participant(PhoneNumberIdentifier("+15553330000"))
    assert (await phone.ended()).transferred_to == "+15553330000"


async def test_an_incoming_call_may_bring_headers_along(acs: AcsStandIn, bridge: Bridge) -> None:
    await acs.dial(NUMBER)
    phone = await acs.dial(NUMBER, sip_headers={"User-To-User": "vip", "X-MS-Custom-a": "1"})
    await phone.answered()
    without, headed = (body[0]["data"] for _, body in bridge.deliveries[1:])
    assert headed["customContext"]["sipHeaders"] == {"User-To-User": "vip", "X-MS-Custom-a": "1"}
    assert "customContext" not in without
