"""What the service plays, sounds and collects at the bridge's request."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import web
from azure.communication.callautomation import (
    DtmfTone,
    FileSource,
    PhoneNumberIdentifier,
    RecognizeInputType,
    SsmlSource,
    TextSource,
)
from azure.communication.callautomation.aio import CallConnectionClient
from azure.core.exceptions import HttpResponseError

from bridge.audio.pcm import level_dbfs
from bridge.lab.acs import AcsStandIn
from bridge.lab.acs.dtmf import sound

from .conftest import Bridge, Dial
from .people import CALLER, THEIRS, established, rosters, three
from .test_requests import ask
from .test_rest import problem


def beep() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 16_000, 0, "NONE", ""))
        written.writeframes(sound("5", 16_000))
    return file.getvalue()


@pytest.fixture
async def files() -> AsyncIterator[str]:
    """Base URL of a good file and a bad one."""
    app = web.Application()

    async def good(_: web.Request) -> web.Response:
        return web.Response(body=beep())

    async def bad(_: web.Request) -> web.Response:
        return web.Response(body=b"RIFF")

    app.router.add_get("/good.wav", good)
    app.router.add_get("/bad.wav", bad)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def quiet_call(bridge: Bridge, dial: Dial) -> tuple[Any, CallConnectionClient]:
    bridge.echo = False
    phone = await dial()
    return phone, await established(bridge, phone)


def text(line: str) -> TextSource:
    return TextSource(text=line, voice_name="en-US-NancyNeural")


async def test_texts_and_files_are_played_one_after_the_other(
    dial: Dial, bridge: Bridge, files: str
) -> None:
    phone, call = await quiet_call(bridge, dial)
    file = FileSource(url=f"{files}/good.wav")
    await call.play_media([text("Please hold the line."), file], operation_context="first")
    await call.play_media(SsmlSource(ssml_text="<speak><p>Thank you.</p></speak>"))
    await phone.hears("Please hold the line.")
    await phone.hears("Thank you.")
    await bridge.until(lambda: bridge.types.count("PlayCompleted") == 2)
    assert [t for t in bridge.types if t.startswith("Play")] == ["PlayStarted", "PlayCompleted"] * 2
    first = next(e for e in bridge.events if e["type"].endswith("PlayCompleted"))["data"]
    assert first["operationContext"] == "first"
    assert first["resultInformation"]["message"] == "Action completed successfully."
    assert not any(bridge.audio())


async def test_a_prompt_that_is_repeated_ends_when_it_is_cancelled(
    dial: Dial, bridge: Bridge, files: str
) -> None:
    phone, call = await quiet_call(bridge, dial)
    await call.play_media(FileSource(url=f"{files}/good.wav"), loop=True)
    await phone.waits(2)
    await call.cancel_all_media_operations()
    await bridge.told("PlayCanceled")
    assert bridge.callback("PlayCanceled")["resultInformation"]["subCode"] == 8508
    assert level_dbfs(bytes(phone.ear[-2 * 48_000 :])) > -20
    silent_from = len(phone.ear) + 960
    await phone.waits(1)
    assert not any(phone.ear[silent_from:])


@pytest.mark.parametrize(("path", "sub_code"), [("missing.wav", 8536), ("bad.wav", 8535)])
async def test_a_file_that_cannot_be_played_is_reported(
    dial: Dial, bridge: Bridge, files: str, path: str, sub_code: int
) -> None:
    _, call = await quiet_call(bridge, dial)
    await call.play_media([text("One."), FileSource(url=f"{files}/{path}")])
    await bridge.told("PlayFailed")
    failed = bridge.callback("PlayFailed")
    assert (failed["failedPlaySourceIndex"], failed["resultInformation"]["subCode"]) == (
        1,
        sub_code,
    )


async def test_whoever_is_played_to_alone_is_alone_meanwhile(
    acs: AcsStandIn, dial: Dial, bridge: Bridge
) -> None:
    bridge.echo = False
    phone, colleague, call = await three(acs, bridge, dial)
    await call.play_media(text("Only you hear this."), play_to=[CALLER])
    await bridge.told("PlayStarted")
    with pytest.raises(HttpResponseError) as error:
        await call.send_dtmf_tones([DtmfTone.ONE], PhoneNumberIdentifier(THEIRS))
    assert problem(error) == (412, "8583")
    await phone.hears("Only you hear this.")
    await call.play_media(text("And everybody this."))
    await bridge.until(lambda: bridge.types.count("PlayCompleted") == 2)
    assert [line.text for line in colleague.heard()] == ["And everybody this."]
    assert len(rosters(bridge)) == 4
    holds = [
        [p["isOnHold"] for p in e["data"]["participants"]][:2]
        for e in bridge.events
        if e["type"].endswith("ParticipantsUpdated")
    ]
    assert holds[-2:] == [[False, True], [False, False]]


async def test_a_prompt_may_take_the_place_of_another(dial: Dial, bridge: Bridge) -> None:
    phone, call = await quiet_call(bridge, dial)
    long = "This is a very long prompt, and it goes on for quite some time."
    await call.play_media(text(long))
    await bridge.told("PlayStarted")
    await call.play_media(text("Never mind."), interrupt_call_media_operation=True)
    await phone.hears("Never mind.")
    assert "PlayCanceled" in bridge.types


async def test_tones_are_heard_by_whom_they_are_sent_to(dial: Dial, bridge: Bridge) -> None:
    phone, call = await quiet_call(bridge, dial)
    await call.send_dtmf_tones([DtmfTone.FIVE, DtmfTone.POUND], CALLER)
    await bridge.told("SendDtmfTonesCompleted")
    for key in "5#":
        assert sound(key, 24_000)[:4_000] in bytes(phone.ear)


async def collect(call: CallConnectionClient, **options: Any) -> None:
    await call.start_recognizing_media(
        RecognizeInputType.DTMF,
        CALLER,
        dtmf_max_tones_to_collect=3,
        dtmf_stop_tones=[DtmfTone.POUND],
        operation_context="pin",
        **options,
    )


@pytest.mark.parametrize(
    ("keys", "tones", "sub_code"),
    [("427", ["four", "two", "seven"], 8531), ("4#", ["four", "pound"], 8514)],
)
async def test_keys_are_collected_until_there_are_enough_or_one_ends_them(
    dial: Dial, bridge: Bridge, keys: str, tones: list[str], sub_code: int
) -> None:
    phone, call = await quiet_call(bridge, dial)
    await collect(call, play_prompt=text("Your number, please."), interrupt_prompt=False)
    await phone.hears("Your number, please.")
    await phone.presses(keys)
    await bridge.told("RecognizeCompleted")
    done = bridge.callback("RecognizeCompleted")
    assert done["dtmfResult"] == {"tones": tones}
    assert (done["recognitionType"], done["operationContext"]) == ("dtmf", "pin")
    assert done["resultInformation"]["subCode"] == sub_code


async def test_a_key_stops_the_prompt_where_it_may(dial: Dial, bridge: Bridge) -> None:
    phone, call = await quiet_call(bridge, dial)
    prompt = "This is a very long prompt, and it goes on for quite some time."
    await collect(call, play_prompt=text(prompt), interrupt_prompt=True)
    await phone.waits(1)
    await phone.presses("427")
    await bridge.told("RecognizeCompleted")
    assert not any(line.complete for line in phone.heard())


@pytest.mark.parametrize(("keys", "sub_code"), [("", 8510), ("4", 8532)])
async def test_keys_that_do_not_come_are_reported(
    dial: Dial, bridge: Bridge, keys: str, sub_code: int
) -> None:
    phone, call = await quiet_call(bridge, dial)
    await collect(call, initial_silence_timeout=3)
    await phone.presses(keys)
    await bridge.told("RecognizeFailed")
    assert bridge.callback("RecognizeFailed")["resultInformation"]["subCode"] == sub_code


async def test_a_prompt_that_fails_ends_the_recognition(
    dial: Dial, bridge: Bridge, files: str
) -> None:
    _, call = await quiet_call(bridge, dial)
    await collect(call, play_prompt=FileSource(url=f"{files}/missing.wav"))
    await bridge.told("RecognizeFailed")
    assert bridge.callback("RecognizeFailed")["resultInformation"]["subCode"] == 8511


async def test_a_recognition_is_cancelled_with_everything_else(dial: Dial, bridge: Bridge) -> None:
    phone, call = await quiet_call(bridge, dial)
    await collect(call)
    await phone.waits(1)
    await call.cancel_all_media_operations()
    await bridge.told("RecognizeCanceled")
    await phone.presses("427")
    assert "RecognizeCompleted" not in bridge.types


async def test_a_muted_person_is_heard_by_nobody(dial: Dial, bridge: Bridge) -> None:
    phone, call = await quiet_call(bridge, dial)
    await asyncio.gather(phone.says("Can you hear me?"), call.mute_participant(CALLER))
    await phone.waits(1)
    assert level_dbfs(bridge.audio()) < level_dbfs(bytes(phone.mouth)) - 3
    listed = [p async for p in call.list_participants()]
    assert [p.is_muted for p in listed] == [True, False]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("play", {}),
        ("play", {"playSources": [{"kind": "film"}]}),
        ("recognize", {"recognizeInputType": "speech"}),
        ("sendDtmfTones", {"tones": ["ten"]}),
        ("sendDtmfTones", {"tones": []}),
    ],
)
async def test_what_cannot_be_played_or_collected_is_refused(
    acs: AcsStandIn, dial: Dial, bridge: Bridge, operation: str, body: dict[str, Any]
) -> None:
    phone, _ = await quiet_call(bridge, dial)
    caller = {"rawId": "4:+14255550123", "phoneNumber": {"value": "+14255550123"}}
    path = f"/calling/callConnections/{phone.connection_id}:{operation}?api-version=2026-03-12"
    status, answer = await ask(
        acs, "POST", path, orjson.dumps({"targetParticipant": caller, **body})
    )
    assert (status, answer["error"]["code"]) == (400, "8523")
