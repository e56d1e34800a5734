from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from bridge.lab.acs import BUSY, DECLINES, AcsStandIn, CallRefused, RingsOut, Voicemail

from .conftest import Bridge, Dial, Json
from .people import COLLEAGUE, THEIRS, add, established, rosters


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


@pytest.mark.parametrize(
    ("behaviour", "code", "sub_code"), [(BUSY, 486, 560486), (DECLINES, 603, 560603)]
)
async def test_a_colleague_who_refuses_fails_the_invitation(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, behaviour: Any, code: int, sub_code: int
) -> None:
    acs.colleagues[THEIRS] = behaviour
    phone = await dial()
    await add(await established(bridge, phone))
    await bridge.told("AddParticipantFailed")
    failed = bridge.callback("AddParticipantFailed")
    result: Json = failed["resultInformation"]
    assert (result["code"], result["subCode"]) == (code, sub_code)
    assert failed["participant"]["rawId"] == f"4:{THEIRS}"
    colleague = await acs.colleague(THEIRS)
    with pytest.raises(CallRefused, match=f"{code}/{sub_code}"):
        await colleague.answered()
    assert rosters(bridge) == [["4:+14255550123"]]


async def test_a_refusal_may_never_be_reported(acs: AcsStandIn, bridge: Bridge, dial: Dial) -> None:
    acs.colleagues[THEIRS] = DECLINES
    phone = await dial(unreported_refusals=True)
    await add(await established(bridge, phone), invitation_timeout=20)
    await phone.waits(60)
    await phone.hangs_up()
    assert not any("AddParticipant" in event for event in bridge.types)


@pytest.mark.parametrize("unreported", [True, False])
async def test_a_colleague_who_does_nothing_fails_the_invitation_in_time(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, *, unreported: bool
) -> None:
    acs.colleagues[THEIRS] = RingsOut()
    phone = await dial(unreported_refusals=unreported)
    call = await established(bridge, phone)
    asked_ms = phone.line_ms
    await add(call, invitation_timeout=20)
    await bridge.told("AddParticipantFailed")
    assert phone.line_ms - asked_ms == pytest.approx(20_000, abs=20)
    result = bridge.callback("AddParticipantFailed")["resultInformation"]
    assert (result["code"], result["subCode"]) == (480, 560480)


async def test_a_test_may_answer_or_decline_in_a_colleagues_stead(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    acs.colleagues[THEIRS] = RingsOut()
    phone = await dial()
    call = await established(bridge, phone)
    await add(call)
    await (await acs.colleague(THEIRS)).hangs_up()
    await bridge.told("AddParticipantFailed")
    await add(call)
    second = await acs.colleague(THEIRS)
    second.picks_up()
    await second.answered()
    await bridge.told("AddParticipantSucceeded")


async def test_a_voice_mail_answers_and_speaks_and_beeps(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    acs.colleagues[THEIRS] = Voicemail("Please leave a message.", after_s=2)
    phone = await dial()
    await add(await established(bridge, phone))
    await bridge.told("AddParticipantSucceeded")
    await phone.hears("leave a message")
    colleague = await acs.colleague(THEIRS)
    await phone.waits(2)
    assert colleague.is_in_call
    assert not any(frame["kind"] == "DtmfData" for frame in bridge.frames)
    await phone.hangs_up()


async def test_an_invitation_may_be_cancelled_while_it_rings(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone = await dial()
    call = await established(bridge, phone)
    invitation = await add(call)
    colleague = await acs.colleague(THEIRS)
    cancelled = await call.cancel_add_participant_operation(invitation, operation_context="no")
    assert cancelled.invitation_id == invitation
    await bridge.told("CancelAddParticipantSucceeded")
    told = bridge.callback("CancelAddParticipantSucceeded")
    assert (told["invitationId"], told["operationContext"]) == (invitation, "no")
    assert told["resultInformation"]["subCode"] == 5300
    with pytest.raises(CallRefused, match="rings no longer"):
        await colleague.answered()
    await phone.waits(10)
    assert "AddParticipantSucceeded" not in bridge.types
    await call.cancel_add_participant_operation(invitation)
    await bridge.told("CancelAddParticipantFailed")


async def test_nobody_is_rung_for_a_caller_who_is_gone(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone = await dial()
    await add(await established(bridge, phone))
    colleague = await acs.colleague(THEIRS)
    await phone.hangs_up()
    with pytest.raises(CallRefused):
        await colleague.answered()
    assert bridge.types[-1] == "CallDisconnected"


async def test_an_invitation_has_its_limits(acs: AcsStandIn, bridge: Bridge, dial: Dial) -> None:
    phone = await dial()
    call = await established(bridge, phone)
    with pytest.raises(HttpResponseError, match="InvitationTimeoutInSeconds"):
        await add(call, invitation_timeout=181)
    with pytest.raises(HttpResponseError, match="SourceCallerIdNumber"):
        await call.add_participant(COLLEAGUE)
    assert acs.requests[-1].operation == "participants:add"
