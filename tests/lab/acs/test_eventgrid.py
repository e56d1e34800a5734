import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from bridge.lab.acs import AcsStandIn, CallRefused, SubscriptionRefused, Switches
from bridge.lab.speech import Studio

from .conftest import NUMBER, Bridge, Dial, Json


def incoming(bridge: Bridge) -> list[tuple[web.Request, Json]]:
    """Deliveries of IncomingCall in the schema of Event Grid."""
    return [
        (request, body[0])
        for request, body in bridge.deliveries
        if isinstance(body, list) and body[0]["eventType"].endswith("IncomingCall")
    ]


async def test_a_subscription_begins_with_a_code_that_must_come_back(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    request, body = bridge.deliveries[0]
    assert acs.endpoint
    assert request.headers["aeg-event-type"] == "SubscriptionValidation"
    assert request.query["key"] == "secret"
    assert body[0]["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent"
    assert body[0]["data"].keys() == {"validationCode", "validationUrl"}


@pytest.mark.parametrize("schema", ["event_grid", "cloud_events"])
async def test_a_webhook_that_does_not_shake_hands_gets_no_events(
    studio: Studio, bridge: Bridge, schema: Any
) -> None:
    bridge.handshake = lambda *_: web.Response()
    async with AcsStandIn(studio) as acs:
        with pytest.raises(SubscriptionRefused):
            await acs.subscribe(bridge.url("events"), schema=schema)


async def test_202_is_no_handshake(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.handshake = lambda *_: web.Response(status=202)
    with pytest.raises(SubscriptionRefused, match="202"):
        await acs.subscribe(bridge.url("events"))


async def test_another_code_is_no_handshake(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.handshake = lambda *_: web.json_response({"validationResponse": "guessed"})
    with pytest.raises(SubscriptionRefused, match="did not come back"):
        await acs.subscribe(bridge.url("events"))


async def test_a_webhook_that_is_not_there_is_refused(acs: AcsStandIn) -> None:
    with pytest.raises(SubscriptionRefused, match="no answer"):
        await acs.subscribe("http://127.0.0.1:9/events")


async def test_cloud_events_ask_for_permission_and_then_come_one_by_one(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    await acs.subscribe(bridge.url("events"), schema="cloud_events")
    asked, _ = bridge.deliveries[-1]
    assert asked.method == "OPTIONS"
    assert asked.headers["WebHook-Request-Origin"] == "eventgrid.azure.net"

    phone = await acs.dial(NUMBER)
    await phone.answered()
    request, event = bridge.deliveries[-1]
    assert request.headers["Origin"] == "eventgrid.azure.net"
    assert request.content_type == "application/cloudevents+json"
    assert event["specversion"] == "1.0"
    assert event["type"] == "Microsoft.Communication.IncomingCall"
    assert event["data"]["correlationId"] == phone.correlation_id
    await phone.hangs_up()


async def test_an_incoming_call_looks_as_recorded(
    dial: Dial, acs: AcsStandIn, bridge: Bridge
) -> None:
    phone = await dial()
    ((request, event),) = incoming(bridge)
    assert request.headers["aeg-event-type"] == "Notification"
    assert request.headers["aeg-delivery-count"] == "0"
    assert event["subject"] == f"/caller/4:+14255550123/recipient/4:{NUMBER}"
    data = event["data"]
    assert data["to"] == {
        "kind": "phoneNumber",
        "rawId": f"4:{NUMBER}",
        "phoneNumber": {"value": NUMBER},
    }
    assert data["correlationId"] == phone.correlation_id
    assert data["serverCallId"] == phone.server_call_id
    assert base64.b64decode(phone.server_call_id).startswith(b"https://api.flightproxy.skype.com/")
    header, payload, signature = data["incomingCallContext"].split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "none", "typ": "JWT"}
    assert json.loads(base64.urlsafe_b64decode(payload + "==")).keys() == {"cc", "shrToken"}
    assert not signature
    assert 8_500 < len(data["incomingCallContext"]) < 9_500
    assert 9_000 < int(acs.requests[0].headers["Content-Length"]) < 10_000


async def test_kind_is_spelled_as_in_the_reference_where_a_switch_says_so(
    dial: Dial, bridge: Bridge
) -> None:
    await dial(kind="PhoneNumber")
    ((_, event),) = incoming(bridge)
    assert event["data"]["from"] == {
        "kind": "PhoneNumber",
        "rawId": "4:+14255550123",
        "phoneNumber": {"value": "+14255550123"},
    }


async def test_another_user_of_acs_may_call(acs: AcsStandIn, bridge: Bridge) -> None:
    phone = await acs.dial(NUMBER, caller="8:acs:a_b")
    await phone.answered()
    ((_, event),) = incoming(bridge)
    assert event["data"]["from"] == {
        "kind": "communicationUser",
        "rawId": "8:acs:a_b",
        "communicationUser": {"id": "8:acs:a_b"},
    }


@pytest.mark.parametrize("habit", ["after", "together"])
async def test_an_incoming_call_may_come_twice(dial: Dial, bridge: Bridge, habit: str) -> None:
    bridge.answers = False
    phone_task = asyncio.create_task(dial(duplicate_incoming=habit))
    await bridge.until(lambda: len(incoming(bridge)) == 2)
    (_, first), (_, second) = incoming(bridge)
    assert first == second
    await bridge.answer(first["data"]["incomingCallContext"])
    await (await phone_task).hangs_up()


async def test_an_incoming_call_may_come_late_and_says_so(acs: AcsStandIn, bridge: Bridge) -> None:
    acs.switches = Switches(delayed_incoming_s=20)
    phone = await acs.dial(NUMBER)
    began = asyncio.get_running_loop().time()
    await bridge.until(lambda: bool(incoming(bridge)))
    ((_, event),) = incoming(bridge)
    assert asyncio.get_running_loop().time() - began == pytest.approx(20, abs=0.1)
    age = datetime.now(UTC) - datetime.fromisoformat(event["eventTime"][:26] + "+00:00")
    assert age.total_seconds() == pytest.approx(20, abs=5)
    await phone.hangs_up()


async def test_a_webhook_that_fails_is_asked_again_after_ten_seconds(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    bridge.statuses = [500]
    phone = await acs.dial(NUMBER)
    loop = asyncio.get_running_loop()
    dialled = loop.time()
    await phone.answered()
    assert loop.time() - dialled == pytest.approx(11.1, abs=0.1)
    (first, event), (again, same) = incoming(bridge)
    assert event == same
    assert [r.headers["aeg-delivery-count"] for r in (first, again)] == ["0", "1"]


async def test_a_webhook_that_is_not_found_is_not_asked_again_in_time(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    bridge.statuses = [404]
    phone = await acs.dial(NUMBER)
    with pytest.raises(CallRefused, match="not answered"):
        await phone.answered()
    await phone.ended()
    assert len(incoming(bridge)) == 1


async def test_a_webhook_that_hesitates_for_half_a_minute_is_asked_again(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    bridge.hesitations_s = [35]
    phone = await acs.dial(NUMBER, rings_s=60)
    await bridge.until(lambda: len(incoming(bridge)) == 2)
    await phone.answered()
    await phone.hangs_up()


async def test_a_caller_gives_up_when_nobody_answers(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.answers = False
    phone = await acs.dial(NUMBER, rings_s=30)
    loop = asyncio.get_running_loop()
    dialled = loop.time()
    with pytest.raises(CallRefused, match="not answered"):
        await phone.answered()
    assert loop.time() - dialled == pytest.approx(30)
    end = await phone.ended()
    assert (end.by, end.code, end.sub_code) == ("network", 487, 10004)


async def test_a_webhook_that_is_gone_costs_the_call_only(acs: AcsStandIn, bridge: Bridge) -> None:
    await bridge.__aexit__()
    phone = await acs.dial(NUMBER)
    with pytest.raises(CallRefused, match="not answered"):
        await phone.answered()
    assert (await phone.ended()).by == "network"


async def test_any_event_can_be_delivered(acs: AcsStandIn, bridge: Bridge) -> None:
    assert await acs.deliver([{"eventType": "Nonsense"}], headers={"x-custom": "1"}) == 200
    request, body = bridge.deliveries[-1]
    assert request.headers["x-custom"] == "1"
    assert request.headers["aeg-event-type"] == "Notification"
    assert body == [{"eventType": "Nonsense"}]
