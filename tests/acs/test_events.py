"""What Event Grid posts, as recorded by Microsoft's live tests (numbers are fictional)."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from bridge.acs.events import BadEvent, IncomingCall, OtherEvent, Validation, parse_events

DATA: dict[str, Any] = {
    "to": {
        "kind": "phoneNumber",
        "rawId": "4:+18335550142",
        "phoneNumber": {"value": "+18335550142"},
    },
    "from": {
        "kind": "phoneNumber",
        "rawId": "4:+14255550123",
        "phoneNumber": {"value": "+14255550123"},
    },
    "serverCallId": "aHR0cHM6Ly9hcGkuZmxpZ2h0cHJveHkuc2t5cGUuY29t",
    "callerDisplayName": "",
    "incomingCallContext": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.<payload>.",
    "correlationId": "19e93701-4bca-47a3-ad3a-72dd9092ab89",
}
EVENT_GRID = {
    "id": "d5546be8",
    "topic": "/subscriptions/s/resourcegroups/g/providers/microsoft.communication/c/n",
    "subject": "/caller/4:+14255550123/recipient/8:acs:x",
    "data": DATA,
    "eventType": "Microsoft.Communication.IncomingCall",
    "dataVersion": "1.0",
    "metadataVersion": "1",
    "eventTime": "2026-08-21T22:51:51.9401234Z",
}
CLOUD_EVENT = {
    "id": "d5546be8",
    "source": "/subscriptions/s/communicationServices/n",
    "subject": "/caller/4:+14255550123/recipient/8:acs:x",
    "data": DATA,
    "type": "Microsoft.Communication.IncomingCall",
    "time": "2026-08-21T22:51:51.9401234Z",
    "specversion": "1.0",
}


def parsed(*events: dict[str, Any]) -> list[Any]:
    return parse_events(orjson.dumps(list(events)))


@pytest.mark.parametrize("body", [[EVENT_GRID], [CLOUD_EVENT], CLOUD_EVENT])
def test_a_ringing_telephone_is_read_from_both_schemas(body: Any) -> None:
    (ring,) = parse_events(orjson.dumps(body))
    assert ring == IncomingCall(
        dialled="+18335550142",
        caller="+14255550123",
        context=DATA["incomingCallContext"],
        server_call_id=DATA["serverCallId"],
        correlation_id=DATA["correlationId"],
        sent_at=datetime(2026, 8, 21, 22, 51, 51, 940123, UTC),
    )
    assert "555" not in repr(ring)
    assert "payload" not in repr(ring)


@pytest.mark.parametrize(
    ("identifier", "caller"),
    [
        ({"kind": "PhoneNumber", "rawId": "4:+1", "phoneNumber": {"value": "+1425"}}, "+1425"),
        ({"kind": "phoneNumber", "rawId": "4:anonymous"}, "anonymous"),
        ({"kind": "communicationUser", "rawId": "8:acs:r_u"}, "8:acs:r_u"),
    ],
)
def test_a_caller_need_not_have_a_number(identifier: dict[str, Any], caller: str) -> None:
    (ring,) = parsed({**EVENT_GRID, "data": {**DATA, "from": identifier}})
    assert ring.caller == caller


def test_a_batch_is_read_in_order_and_unknown_kinds_are_named() -> None:
    validation = {
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "13FC2E4D-5686-46F5-8CF9-8F13733F3C68"},
    }
    ended = {"eventType": "Microsoft.Communication.CallEnded", "data": {}}
    assert parsed(validation, ended) == [
        Validation("13FC2E4D-5686-46F5-8CF9-8F13733F3C68"),
        OtherEvent("Microsoft.Communication.CallEnded"),
    ]


def test_a_delivery_has_5000_events_at_most() -> None:
    assert parse_events(b"[]") == []
    event = {"type": "x"}
    assert parsed(*[event] * 5_000) == [OtherEvent("x")] * 5_000
    with pytest.raises(BadEvent, match="5001 events in one delivery"):
        parsed(*[event] * 5_001)


@pytest.mark.parametrize(
    ("spoilt", "place"),
    [
        ({"eventTime": "2026-08-21T22:51:51"}, "eventTime: a time without its zone"),
        ({"eventTime": "2026-08-21"}, "eventTime: a time without its zone"),
        ({"eventTime": "yesterday"}, "eventTime: no time"),
        ({"eventTime": 1_790_000_000}, "eventTime: int in place of a text"),
        ({"eventType": {"a": 1}}, "eventType: dict in place of a text"),
        ({"eventType": "x" * 1_000_000}, "eventType: a text of 1000000 characters"),
        ({"data": {**DATA, "from": "+14255550123"}}, "from: str in place of an object"),
        (
            {"data": {**DATA, "from": {"phoneNumber": {"value": 14255550123}}}},
            "value: int in place of a text",
        ),
        ({"data": {**DATA, "correlationId": ""}}, "correlationId: a text of 0 characters"),
        ({"data": {**DATA, "serverCallId": ["x"]}}, "serverCallId: list in place of a text"),
        ({"data": {**DATA, "serverCallId": True}}, "serverCallId: bool in place of a text"),
    ],
)
def test_a_refusal_names_the_place_and_the_type_and_nothing_else(
    spoilt: dict[str, Any], place: str
) -> None:
    with pytest.raises(BadEvent) as refused:
        parsed({**EVENT_GRID, **spoilt})
    assert str(refused.value) == place


@pytest.mark.parametrize(
    "data",
    [
        b"1e400",
        b"NaN",
        b"Infinity",
        b'"\\ud800"',
        b"\xff",
        b"[" * 100_000,
        b"[" * 1_000 + b"]" * 1_000,
        b'{"to":' * 900 + b"1" + b"}" * 900,
    ],
)
def test_json_at_its_limits_is_refused(data: bytes) -> None:
    with pytest.raises(BadEvent):
        parse_events(orjson.dumps(EVENT_GRID).replace(orjson.dumps(DATA), data))


def test_of_a_field_that_comes_twice_the_last_counts() -> None:
    assert parse_events(b'{"type": "x", "type": "y"}') == [OtherEvent("y")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"text"',
        b"[1]",
        orjson.dumps({**EVENT_GRID, "data": {}}),
        orjson.dumps({**EVENT_GRID, "data": None}),
        orjson.dumps({}),
        orjson.dumps({**EVENT_GRID, "data": {**DATA, "incomingCallContext": 7}}),
        orjson.dumps({**EVENT_GRID, "data": {**DATA, "to": {}}}),
    ],
)
def test_what_event_grid_never_sends_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        parse_events(body)
