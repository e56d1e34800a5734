"""What ACS tells about a call, and what it means for it."""

import asyncio
from typing import Any

import orjson
import pytest

from bridge.acs.callbacks import Callback, parse_callbacks, verdict
from bridge.acs.events import BadEvent
from bridge.acs.line import Line
from bridge.call.ends import By, CallEnd, Reason, Then

RECORDED: dict[str, Any] = {
    "id": "2f4cb098-d69f-4cd1-972b-f8e552348ab0",
    "source": "calling/callConnections/06004980-19f4-465a-b630-76c371713dff",
    "type": "Microsoft.Communication.CallConnected",
    "data": {
        "version": "2025-05-15",
        "operationContext": "operationContextAnswerCall",
        "resultInformation": {"code": 200, "subCode": 0, "message": ""},
        "callConnectionId": "06004980-19f4-465a-b630-76c371713dff",
        "serverCallId": "aHR0cHM6Ly9hcGkuZmxpZ2h0cHJveHkuc2t5cGUuY29t",
        "correlationId": "b2cc74bf-be72-4a6f-88da-f2107fc6780f",
        "publicEventType": "Microsoft.Communication.CallConnected",
    },
    "time": "2025-05-06T16:31:49.4325356+00:00",
    "specversion": "1.0",
    "datacontenttype": "application/json",
    "subject": "calling/callConnections/06004980-19f4-465a-b630-76c371713dff",
}


def said(kind: str, code: int = 200, sub_code: int = 0) -> Callback:
    return Callback(f"{kind}-{code}-{sub_code}", kind, "c1", code, sub_code)


@pytest.mark.parametrize("body", [[RECORDED, RECORDED], [RECORDED], RECORDED])
def test_a_delivery_is_a_list_or_a_bare_event(body: Any) -> None:
    read = parse_callbacks(orjson.dumps(body))
    assert set(read) == {
        Callback(RECORDED["id"], "CallConnected", RECORDED["data"]["callConnectionId"], 200, 0)
    }


def test_a_callback_without_result_is_read() -> None:
    event = {**RECORDED, "data": {"callConnectionId": "c1"}}
    assert parse_callbacks(orjson.dumps(event)) == [
        Callback(RECORDED["id"], "CallConnected", "c1", 0, 0)
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "x"},
        {"type": 7, "data": {"callConnectionId": "c"}},
        {"type": "x", "data": {}},
        {"type": "x", "data": []},
        {"type": "x", "data": {"callConnectionId": "c", "resultInformation": {"code": "many"}}},
    ],
)
def test_what_is_no_callback_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(BadEvent):
        parse_callbacks(orjson.dumps(event))


@pytest.mark.parametrize(
    ("callback", "by", "reason", "then"),
    [
        (said("CallDisconnected", 200, 540000), By.CALLER, Reason.HUNG_UP, Then.NOTHING),
        (said("CallDisconnected", 200, 5300), By.CALLER, Reason.HUNG_UP, Then.NOTHING),
        (said("CallDisconnected", 200, 7000), By.BRIDGE, Reason.HUNG_UP, Then.NOTHING),
        (said("CallDisconnected", 410, 301005), By.CARRIER, Reason.DISCONNECTED, Then.NOTHING),
        (said("AnswerFailed", 400, 8587), By.CARRIER, Reason.REFUSED, Then.NOTHING),
        (said("MediaStreamingFailed", 400, 8581), By.CARRIER, Reason.MEDIA_FAILED, Then.HANG_UP),
    ],
)
def test_some_callbacks_end_the_call(
    callback: Callback, by: By, reason: Reason, then: Then
) -> None:
    assert verdict(callback) == CallEnd(by, reason, then, callback.detail)


@pytest.mark.parametrize("kind", ["CallConnected", "ParticipantsUpdated", "MediaStreamingStopped"])
def test_the_others_do_not(kind: str) -> None:
    assert verdict(said(kind)) is None


async def test_the_first_word_on_the_end_of_a_call_counts() -> None:
    line = Line()
    line.tell(said("ParticipantsUpdated"))
    line.tell(said("CallDisconnected", 200, 540000))
    line.tell(said("CallDisconnected", 200, 7000))
    assert line.ended.result().by is By.CALLER


@pytest.mark.parametrize(
    ("callback", "outcome"),
    [
        (said("CallTransferAccepted", 200, 7015), None),
        (said("CallTransferFailed", 486, 560486), "busy"),
        (said("CallTransferFailed", 500, 9999), "failed with code 500/9999"),
    ],
)
async def test_a_transfer_has_an_outcome_in_words(callback: Callback, outcome: str | None) -> None:
    line = Line()

    async def request() -> None:
        line.tell(callback)  # it may come before the answer to the request

    assert await line.transferred(request()) == outcome


async def test_news_of_an_earlier_transfer_says_nothing_of_a_later_one() -> None:
    line, busy = Line(), said("CallTransferFailed", 486, 560486)

    async def request(*callbacks: Callback) -> None:
        for callback in callbacks:
            line.tell(callback)

    assert await line.transferred(request(busy)) == "busy"
    line.tell(busy)
    accepted = said("CallTransferAccepted", 200, 7015)
    assert await line.transferred(request(busy, accepted)) is None


async def test_a_transfer_that_nobody_answers_is_given_up() -> None:
    assert await Line().transferred(asyncio.sleep(0)) == "nobody answered"
