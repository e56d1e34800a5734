import asyncio
import re

import pytest

from bridge.lab.acs import CallbackSwitches

from .conftest import Bridge, Dial


async def test_a_callback_is_wrapped_as_recorded(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.told("CallConnected")
    (event,) = (e for e in bridge.events if e["type"].endswith("CallConnected"))
    connection = f"calling/callConnections/{phone.connection_id}"
    assert (event["source"], event["subject"]) == (connection, connection)
    assert (event["specversion"], event["datacontenttype"]) == ("1.0", "application/json")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", event["time"])
    assert event["data"] == {
        "version": "2026-03-12",
        "operationContext": "hello",
        "resultInformation": {"code": 200, "subCode": 0, "message": ""},
        "callConnectionId": phone.connection_id,
        "serverCallId": phone.server_call_id,
        "correlationId": phone.correlation_id,
        "publicEventType": "Microsoft.Communication.CallConnected",
    }


async def test_a_call_begins_in_the_order_seen_on_real_calls(dial: Dial, bridge: Bridge) -> None:
    await dial()
    await bridge.told("ParticipantsUpdated")
    assert bridge.types == ["MediaStreamingStarted", "CallConnected", "ParticipantsUpdated"]
    assert [len(post) for post in bridge.posts] == [1, 1, 1]
    started = bridge.callback("MediaStreamingStarted")
    assert started["mediaStreamingUpdate"] == {
        "contentType": "Audio",
        "mediaStreamingStatus": "mediaStreamingStarted",
        "mediaStreamingStatusDetails": "subscriptionStarted",
    }
    people = bridge.callback("ParticipantsUpdated")
    assert "operationContext" not in people
    caller, app = (p["identifier"] for p in people["participants"])
    assert (caller["kind"], caller["rawId"]) == ("phoneNumber", "4:+14255550123")
    assert (app["kind"], app["rawId"][:6]) == ("communicationUser", "8:acs:")


async def test_the_media_may_open_after_the_call_is_connected(dial: Dial, bridge: Bridge) -> None:
    await dial(media_delay_s=2)
    await bridge.told("MediaStreamingStarted")
    assert bridge.types == ["CallConnected", "ParticipantsUpdated", "MediaStreamingStarted"]


async def test_callbacks_of_one_moment_may_share_a_post(dial: Dial, bridge: Bridge) -> None:
    await dial(callbacks=CallbackSwitches(batch=True))
    await bridge.told("ParticipantsUpdated")
    assert [len(post) for post in bridge.posts] == [3]


async def test_callbacks_of_one_moment_may_arrive_in_any_order(dial: Dial, bridge: Bridge) -> None:
    await dial(callbacks=CallbackSwitches(shuffle=True), seed=2)
    await bridge.until(lambda: len(bridge.events) == 3)
    assert bridge.types != ["MediaStreamingStarted", "CallConnected", "ParticipantsUpdated"]
    assert [len(post) for post in bridge.posts] == [1, 1, 1]


async def test_callbacks_may_arrive_twice_with_one_id(dial: Dial, bridge: Bridge) -> None:
    await dial(callbacks=CallbackSwitches(duplicate=True))
    await bridge.until(lambda: len(bridge.events) == 6)
    assert bridge.types[::2] == bridge.types[1::2]
    assert len({event["id"] for event in bridge.events}) == 3


async def test_callbacks_may_be_late(dial: Dial, bridge: Bridge) -> None:
    loop = asyncio.get_running_loop()
    await dial(callbacks=CallbackSwitches(delay_s=3))
    opened = loop.time()
    await bridge.told("MediaStreamingStarted")
    assert loop.time() - opened == pytest.approx(3.1, abs=0.05)


async def test_callbacks_may_be_lost(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(callbacks=CallbackSwitches(drop=frozenset({"CallConnected"})))
    await bridge.told("ParticipantsUpdated")
    await phone.hangs_up()
    assert "CallConnected" not in bridge.types
    assert bridge.types[-1] == "CallDisconnected"


async def test_a_callback_that_is_not_accepted_comes_once_more(dial: Dial, bridge: Bridge) -> None:
    bridge.callback_statuses = [500, 500]
    await dial()
    await bridge.until(lambda: len(bridge.events) == 4)
    assert bridge.types == [
        "MediaStreamingStarted",
        "CallConnected",
        "ParticipantsUpdated",
        "MediaStreamingStarted",
    ]


async def test_a_bridge_that_is_gone_costs_nobody_but_itself(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.__aexit__()
    await phone.hangs_up()
    assert (await phone.ended()).by == "caller"
