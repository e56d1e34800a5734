import asyncio

import pytest
from azure.communication.callautomation import (
    CommunicationIdentifier,
    CommunicationUserIdentifier,
    MicrosoftTeamsUserIdentifier,
    PhoneNumberIdentifier,
)
from azure.core.exceptions import HttpResponseError

from bridge.lab.acs import AcsStandIn, Answers

from .conftest import Bridge, Dial
from .people import CALLER, COLLEAGUE, THEIRS, add, established, rosters, three


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


async def test_a_colleague_who_answers_is_in_the_call(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    acs.colleagues[THEIRS] = Answers(after_s=6)
    phone = await dial()
    call = await established(bridge, phone)
    asked_ms = phone.line_ms
    await add(call)
    colleague = await acs.colleague(THEIRS)
    assert not colleague.is_in_call
    await colleague.answered()
    assert phone.line_ms - asked_ms == pytest.approx(6000, abs=20)
    await bridge.until(lambda: len(rosters(bridge)) == 2)
    succeeded = bridge.callback("AddParticipantSucceeded")
    assert succeeded["operationContext"] == "add"
    assert succeeded["participant"] == {
        "kind": "phoneNumber",
        "rawId": f"4:{THEIRS}",
        "phoneNumber": {"value": THEIRS},
    }
    assert rosters(bridge) == [["4:+14255550123"], ["4:+14255550123", f"4:{THEIRS}"]]
    numbers = [e["data"]["sequenceNumber"] for e in bridge.events if "Participants" in e["type"]]
    assert numbers == [1, 3]


async def test_everybody_hears_everybody_else_and_nobody_hears_themselves(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, _ = await three(acs, bridge, dial)
    await phone.plays(b"\0\x10" * 2400, 24_000)
    await colleague.plays(b"\0\x20" * 2400, 24_000)
    await bridge.says(b"\0\x08" * 2400)
    await phone.waits(0.2)
    levels = [b"\0\x10", b"\0\x20", b"\0\x08"]
    for ear, own in ((phone.ear, 0), (colleague.ear, 1), (bridge.audio(), 2)):
        heard = [level for level in levels if level * 2400 in bytes(ear)]
        assert heard == levels[:own] + levels[own + 1 :]


async def test_what_is_said_at_once_is_heard_as_one(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, _ = await three(acs, bridge, dial)
    async with asyncio.TaskGroup() as both:
        both.create_task(phone.plays(b"\0\x10" * 2400, 24_000))
        both.create_task(colleague.plays(b"\0\x20" * 2400, 24_000))
    await phone.waits(0.1)
    assert b"\0\x30" * 2400 in bridge.audio()


async def test_a_colleague_speaks_and_listens_like_anybody(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, _ = await three(acs, bridge, dial)
    await colleague.says("Hello, how can I help?")
    await phone.hears("how can I help")
    await phone.says("My order did not come.")
    await colleague.hears("did not come")
    assert [line.text for line in colleague.said] == ["Hello, how can I help?"]
    assert len(colleague.ear) == len(colleague.mouth) == colleague.line_ms * 48
    assert colleague.line_ms < phone.line_ms


@pytest.mark.parametrize("heard", [True, False])
async def test_the_keys_of_a_colleague_reach_the_bridge_as_the_callers_do_or_not(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, *, heard: bool
) -> None:
    _, colleague, call = await three(
        acs, bridge, dial, tones_of_colleagues=heard, tones_name_participant=True
    )
    await call.start_continuous_dtmf_recognition(COLLEAGUE)
    await colleague.presses("1")
    assert bridge.callback("ContinuousDtmfRecognitionToneReceived")["tone"] == "one"
    tones = [frame["dtmfData"] for frame in bridge.frames if frame["kind"] == "DtmfData"]
    assert tones == [{"data": "1", "participantRawID": f"4:{THEIRS}"}] * heard


async def test_participants_can_be_listed_and_looked_up(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    _, _, call = await three(acs, bridge, dial)
    listed = [p.identifier.raw_id async for p in call.list_participants() if p.identifier]
    assert listed[:2] == [CALLER.raw_id, COLLEAGUE.raw_id]
    assert listed[2].startswith("8:acs:")
    assert (await call.get_participant(COLLEAGUE)).is_on_hold is False
    with pytest.raises(HttpResponseError, match="8522"):
        await call.get_participant(PhoneNumberIdentifier("+15559990000"))


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        (CommunicationUserIdentifier("8:acs:1_2"), "communicationUser"),
        (MicrosoftTeamsUserIdentifier("3"), "microsoftTeamsUser"),
    ],
)
async def test_a_colleague_need_not_have_a_number(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, who: CommunicationIdentifier, kind: str
) -> None:
    call = await established(bridge, await dial())
    await add(call, who)
    await (await acs.colleague(who.raw_id)).answered()
    await bridge.until(lambda: len(rosters(bridge)) == 2)
    assert rosters(bridge)[-1] == [CALLER.raw_id, who.raw_id]
    assert bridge.callback("AddParticipantSucceeded")["participant"]["kind"] == kind
    assert (await call.get_participant(who)).is_on_hold is False
