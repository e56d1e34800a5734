"""What ACS tells about a call, and what it means for it."""

from typing import Any

import orjson
import pytest

from bridge.acs.callbacks import Callback, parse_callbacks, verdict
from bridge.acs.codes import in_words
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
    (callback, *others) = parse_callbacks(orjson.dumps(body))
    assert set(others) <= {callback}
    assert callback == Callback(
        id=RECORDED["id"],
        kind="CallConnected",
        connection_id=RECORDED["data"]["callConnectionId"],
        code=200,
        sub_code=0,
        context="operationContextAnswerCall",
    )


def test_a_key_is_read_and_not_shown() -> None:
    data = {"callConnectionId": "c1", "sequenceId": 7, "tone": "eight", "operationContext": "cd"}
    event = {**RECORDED, "type": "ContinuousDtmfRecognitionToneReceived", "data": data}
    (callback,) = parse_callbacks(orjson.dumps(event))
    assert (callback.tone, callback.sequence_id, callback.context) == ("eight", 7, "cd")
    assert "eight" not in repr(callback) + callback.detail


def test_a_callback_without_result_is_read() -> None:
    event = {**RECORDED, "data": {"callConnectionId": "c1"}}
    assert parse_callbacks(orjson.dumps(event)) == [
        Callback(RECORDED["id"], "CallConnected", "c1", 0, 0)
    ]


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({"id": ["a"]}, "id: list in place of a text"),
        ({"id": {"a": 1}}, "id: dict in place of a text"),
        ({"id": ""}, "id: a text of 0 characters"),
        ({"id": "x" * 1_025}, "id: a text of 1025 characters"),
        ({"data": {"callConnectionId": 7}}, "callConnectionId: int in place of a text"),
        ({"data": {"callConnectionId": "c", "tone": []}}, "tone: list in place of a text"),
        ({"data": {"callConnectionId": "c", "tone": False}}, "tone: bool in place of a text"),
        (
            {"data": {"callConnectionId": "c", "operationContext": {}}},
            "operationContext: dict in place of a text",
        ),
        (
            {"data": {"callConnectionId": "c", "resultInformation": []}},
            "resultInformation: list in place of an object",
        ),
        *[
            (
                {"data": {"callConnectionId": "c", "resultInformation": {"subCode": code}}},
                f"subCode: {kind} in place of a whole number of 32 bits",
            )
            for code, kind in [
                ("12abc", "str"),
                ("540000", "str"),
                (540000.5, "float"),
                (True, "bool"),
                (1 << 31, "int"),
                ([], "list"),
            ]
        ],
    ],
)
def test_a_refusal_names_the_place_and_the_type_and_nothing_else(
    event: dict[str, Any], place: str
) -> None:
    with pytest.raises(BadEvent) as refused:
        parse_callbacks(orjson.dumps({**RECORDED, **event}))
    assert str(refused.value) == place


@pytest.mark.parametrize(
    "event",
    [
        {"type": "x"},
        {"type": 7, "data": {"callConnectionId": "c"}},
        {"type": "x", "data": {}},
        {"type": "x", "data": []},
        {"type": "x", "data": {"callConnectionId": "c", "resultInformation": {"code": "many"}}},
        {"type": "x", "data": {"callConnectionId": "c", "sequenceId": "many"}},
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
        (said("CallDisconnected", 487, 540487), By.CALLER, Reason.HUNG_UP, Then.NOTHING),
    ],
)
def test_some_callbacks_end_the_call(
    callback: Callback, by: By, reason: Reason, then: Then
) -> None:
    assert verdict(callback) == CallEnd(by, reason, then, callback.detail)


@pytest.mark.parametrize("kind", ["CreateCallFailed", "CallDisconnected"])
@pytest.mark.parametrize(
    ("code", "sub_code", "why"),
    [
        (486, 560486, "busy"),
        (480, 560480, "no answer"),
        (408, 560408, "no answer"),
        (487, 10004, "no answer"),
        (603, 0, "declined"),
        (603, 560603, "declined, or too many calls at once"),
    ],
)
def test_a_call_of_ours_that_nobody_takes_says_why(
    kind: str, code: int, sub_code: int, why: str
) -> None:
    detail = f"{kind} {code}/{sub_code}: {why}"
    expected = CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, detail)
    assert verdict(said(kind, code, sub_code)) == expected


@pytest.mark.parametrize(
    "kind",
    ["CallConnected", "ParticipantsUpdated", "MediaStreamingStopped", "MediaStreamingFailed"],
)
def test_the_others_do_not(kind: str) -> None:
    assert verdict(said(kind)) is None


async def test_the_first_word_on_the_end_of_a_call_counts() -> None:
    line = Line()
    line.tell(said("ParticipantsUpdated"))
    line.tell(said("CallDisconnected", 200, 540000))
    line.tell(said("CallDisconnected", 200, 7000))
    assert line.ended.result().by is By.CALLER
    assert line.end_before_media == line.ended.result()


async def test_media_that_fails_before_it_came_is_an_end() -> None:
    line = Line()
    assert line.end_before_media is None
    line.tell(said("MediaStreamingFailed", 400, 8581))
    detail = "MediaStreamingFailed 400/8581"
    assert line.end_before_media == CallEnd(By.CARRIER, Reason.MEDIA_FAILED, detail=detail)
    assert not line.ended.done()


@pytest.mark.parametrize(
    ("code", "sub_code", "words"),
    [
        (403, 7507, "not allowed from this number"),
        (403, 510403, "not allowed"),
        (404, 560404, "no such number"),
        (408, 560408, "no answer"),
        (480, 560480, "no answer"),
        (486, 560486, "busy"),
        (487, 540487, "no answer"),
        (603, 0, "declined"),
        (603, 560603, "declined, or too many calls at once"),
        (500, 9999, "failed for a reason that ACS does not know"),
        (400, 8539, "busy"),
        (500, 1234, "failed with code 500/1234"),
    ],
)
def test_failures_have_words(code: int, sub_code: int, words: str) -> None:
    assert in_words(code, sub_code) == words
