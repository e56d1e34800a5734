"""Requests to Call Automation, byte for byte as the SDK puts them, and what is made of replies."""

import pytest

from bridge.acs.calls import RejectReason
from bridge.acs.connection import Connection
from bridge.call.legs import PhoneError
from tests.acs.cloud import CALLER, CONNECTION_ID, GONE, NUMBER, Cloud, Json

COLLEAGUE = "+18005550199"
TEAMS_USER = "8:orgid:11111111-2222-3333-4444-555555555555"
CALLBACKS = "https://bridge.example.com/callbacks"
MEDIA = "wss://bridge.example.com/media"
HEADERS = {"User-To-User": "order 7", "X-MS-Custom-Topic": "late"}

STREAMED = {
    "transportType": "websocket",
    "audioChannelType": "mixed",
    "transportUrl": MEDIA,
    "contentType": "audio",
    "startMediaStreaming": True,
    "enableBidirectional": True,
    "audioFormat": "pcm24KMono",
    "enableDtmfTones": True,
}


def telephone(number: str) -> Json:
    return {"rawId": f"4:{number}", "phoneNumber": {"value": number}}


async def test_an_answer_asks_for_sound_both_ways_and_for_keys(acs: Cloud) -> None:
    answered = await acs.calls.answer(
        "CTX", callback_url=CALLBACKS, media_url=MEDIA, rate_hz=24_000
    )
    assert answered == CONNECTION_ID
    assert acs.body("answer") == {
        "incomingCallContext": "CTX",
        "callbackUri": CALLBACKS,
        "mediaStreamingOptions": STREAMED,
    }


async def test_a_call_of_ours_shows_our_number(acs: Cloud) -> None:
    placed = await acs.calls.create(
        CALLER, NUMBER, callback_url=CALLBACKS, media_url=MEDIA, rate_hz=16_000
    )
    assert placed == CONNECTION_ID
    assert acs.body("create") == {
        "targets": [telephone(CALLER)],
        "sourceCallerIdNumber": {"value": NUMBER},
        "callbackUri": CALLBACKS,
        "mediaStreamingOptions": STREAMED | {"audioFormat": "pcm16KMono"},
    }


async def test_a_ringing_call_is_refused_or_sent_elsewhere(acs: Cloud) -> None:
    await acs.calls.reject("CTX")
    assert acs.body("reject") == {"incomingCallContext": "CTX", "callRejectReason": "forbidden"}
    await acs.calls.reject("CTX", RejectReason.BUSY)
    assert acs.body("reject")["callRejectReason"] == "busy"
    await acs.calls.redirect("CTX", COLLEAGUE)
    assert acs.body("redirect") == {"incomingCallContext": "CTX", "target": telephone(COLLEAGUE)}


@pytest.mark.parametrize(
    ("to", "target"),
    [
        (COLLEAGUE, telephone(COLLEAGUE)),
        (
            TEAMS_USER,
            {
                "microsoftTeamsUser": {
                    "userId": TEAMS_USER.removeprefix("8:orgid:"),
                    "isAnonymous": False,
                    "cloud": "PUBLIC",
                }
            },
        ),
        (
            "8:gcch:1f",
            {"microsoftTeamsUser": {"userId": "1f", "isAnonymous": False, "cloud": "GCCH"}},
        ),
        ("28:orgid:2f", {"microsoftTeamsApp": {"appId": "2f", "cloud": "PUBLIC"}}),
        ("8:acs:r_u", {"communicationUser": {"id": "8:acs:r_u"}}),
        (
            "8:acs:r_t_u",
            {
                "teamsExtensionUser": {
                    "userId": "u",
                    "tenantId": "t",
                    "resourceId": "r",
                    "cloud": "PUBLIC",
                }
            },
        ),
        ("8:teamsvisitor:3f", {}),
    ],
)
async def test_whoever_a_call_goes_to_is_named_in_full(
    acs: Cloud, call: Connection, to: str, target: Json
) -> None:
    await call.transfer(to, {}, "t1")
    raw_id = target.get("rawId", to)
    assert acs.body("transferToParticipant") == {"targetParticipant": {"rawId": raw_id, **target}}
    assert acs.context("transferToParticipant") == "t1"


@pytest.mark.parametrize(("to", "kind"), [(COLLEAGUE, "sipHeaders"), (TEAMS_USER, "voipHeaders")])
async def test_headers_go_along(acs: Cloud, call: Connection, to: str, kind: str) -> None:
    await call.transfer(to, HEADERS, "t1")
    assert acs.body("transferToParticipant")["customCallingContext"] == {kind: HEADERS}
    await call.invite(to, HEADERS, "a1", from_number=NUMBER, rings_s=30)
    assert acs.body("participants:add")["customCallingContext"] == {kind: HEADERS}


async def test_an_invitation_shows_our_number_to_a_telephone(acs: Cloud, call: Connection) -> None:
    invitation = await call.invite(COLLEAGUE, {}, "a1", from_number=NUMBER, rings_s=30)
    assert invitation == "3521d4ba"
    assert acs.body("participants:add") == {
        "participantToAdd": telephone(COLLEAGUE),
        "sourceCallerIdNumber": {"value": NUMBER},
        "invitationTimeoutInSeconds": 30,
    }
    await call.invite(TEAMS_USER, {}, "a2", from_number=NUMBER, rings_s=30)
    assert "sourceCallerIdNumber" not in acs.body("participants:add")
    with pytest.raises(PhoneError, match="no number"):
        await call.invite(COLLEAGUE, {}, "a3", from_number="8:acs:r_u", rings_s=30)


@pytest.mark.parametrize(
    ("there", "has"),
    [
        (["4:+14255550123", "8:acs:r_bridge"], True),
        (["8:acs:r_bridge", "4:+14255550123_1"], True),
        (["8:acs:r_bridge", "4:+18005550199"], False),
        ([], False),
    ],
)
async def test_acs_knows_who_is_in_a_call(
    acs: Cloud,
    call: Connection,
    there: list[str],
    has: bool,  # noqa: FBT001
) -> None:
    people = [{"identifier": {"rawId": raw_id}, "isOnHold": True} for raw_id in there]
    acs.replies["participants"] = (200, {"value": people})
    assert await call.has(CALLER) is has
    acs.replies["participants"] = GONE
    assert not await call.has(CALLER)


async def test_other_operations_name_whom_they_are_about(acs: Cloud, call: Connection) -> None:
    target = {"targetParticipant": telephone(CALLER)}
    await call.watch_keys(CALLER, "caller")
    assert acs.body("startContinuousDtmfRecognition") == target
    assert acs.context("startContinuousDtmfRecognition") == "caller"
    await call.hold(CALLER, "https://bridge.example.com/sounds/t")
    music = {"kind": "file", "file": {"uri": "https://bridge.example.com/sounds/t"}}
    assert acs.body("hold") == target | {"playSourceInfo": music}
    await call.unhold(CALLER)
    assert acs.body("unhold") == target
    await call.remove(COLLEAGUE, "r1")
    assert acs.body("participants:remove") == {"participantToRemove": telephone(COLLEAGUE)}
    await call.cancel_invitation("3521d4ba")
    assert acs.body("participants:cancelAddParticipant") == {"invitationId": "3521d4ba"}
    await call.start_media()
    assert acs.body("startMediaStreaming") == {}


async def test_a_recording_is_one_file_of_the_whole_call(acs: Cloud, call: Connection) -> None:
    recording = await call.start_recording()
    assert acs.body("recordings") == {
        "callLocator": {"serverCallId": "aHR0cHM6", "kind": "serverCallLocator"},
        "recordingContentType": "audio",
        "recordingChannelType": "mixed",
        "recordingFormatType": "wav",
        "channelAffinity": [],
    }
    await call.pause_recording(recording)
    await call.resume_recording(recording)
    assert acs.operations == ["get", "recordings", "recordings:pause", "recordings:resume"]


@pytest.mark.parametrize(
    ("reply", "lives"),
    [
        (GONE, False),
        ((200, {"callConnectionState": "connected"}), True),
        ((200, {"callConnectionState": "unknown"}), True),
        ((200, {"callConnectionState": "transferring"}), True),
        ((200, {"callConnectionState": "disconnecting"}), False),
        ((200, {"callConnectionState": "disconnected"}), False),
    ],
)
async def test_acs_knows_whether_a_call_lives(
    acs: Cloud,
    call: Connection,
    reply: tuple[int, Json],
    lives: bool,  # noqa: FBT001
) -> None:
    acs.replies["get"] = reply
    assert await call.lives() is lives
