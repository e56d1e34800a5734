import io
import wave
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from azure.communication.callautomation import FileSource, TextSource
from azure.core.exceptions import HttpResponseError

from bridge.lab.acs import AcsStandIn, Colleague, Phone

from .conftest import Bridge, Dial
from .people import CALLER, COLLEAGUE, three

pytestmark = pytest.mark.filterwarnings("ignore:kwargs is not a known attribute:UserWarning")
LOUD = b"\0\x10"


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


def wav(channels: int = 1) -> bytes:
    """Half a second of music that never changes, at 24 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(24_000)
        sound.writeframes(LOUD * 12_000)
    return file.getvalue()


@pytest.fixture
async def music() -> AsyncIterator[str]:
    """URL of a folder with `hold.wav`, one that is stereo, and one that is none."""
    app = web.Application()
    files = {"hold.wav": wav(), "stereo.wav": wav(2), "none.wav": b"RIFF"}

    async def file(request: web.Request) -> web.Response:
        return web.Response(body=files[request.match_info["name"]])

    app.router.add_get("/{name:hold.wav|stereo.wav|none.wav}", file)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def all_speak(bridge: Bridge, phone: Phone, colleague: Colleague) -> None:
    await bridge.says(b"\0\x01" * 2400)
    await colleague.plays(b"\0\x02" * 2400, 24_000)
    await phone.plays(b"\0\x04" * 2400, 24_000)
    await phone.waits(0.1)


async def test_a_caller_on_hold_hears_the_music_over_and_over_and_nobody(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, music: str
) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await call.hold(CALLER, play_source=FileSource(f"{music}/hold.wav"))
    await bridge.until(lambda: bridge.types.count("ParticipantsUpdated") == 3)
    await phone.waits(0.1)
    assert phone.is_on_hold
    from_byte = len(phone.ear)
    await all_speak(bridge, phone, colleague)
    await phone.waits(2)
    assert phone.ear[from_byte:] == LOUD * ((len(phone.ear) - from_byte) // 2)
    assert 4 not in colleague.ear[1::2]
    assert 4 not in bridge.audio()[1::2]
    assert {1, 2} & set(colleague.ear[1::2]) == {1}
    listed = [participant async for participant in call.list_participants()]
    assert [participant.is_on_hold for participant in listed] == [True, False, False]


async def test_hold_without_music_is_silence(acs: AcsStandIn, bridge: Bridge, dial: Dial) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await call.hold(CALLER)
    from_byte = len(phone.ear)
    await all_speak(bridge, phone, colleague)
    assert not any(phone.ear[from_byte:])


async def test_a_caller_who_is_taken_back_hears_and_is_heard(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, music: str
) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await call.hold(CALLER, play_source=FileSource(f"{music}/hold.wav"))
    await phone.waits(1)
    await call.unhold(CALLER)
    from_byte = len(phone.ear)
    await all_speak(bridge, phone, colleague)
    assert set(phone.ear[from_byte + 1 :: 2]) == {0, 1 + 2}
    assert 4 in colleague.ear[1::2]
    assert "HoldFailed" not in bridge.types


@pytest.mark.parametrize(
    ("name", "sub_code"), [("nowhere.wav", 8536), ("stereo.wav", 8535), ("none.wav", 8535)]
)
async def test_music_that_cannot_be_played_fails_the_hold(
    bridge: Bridge, dial: Dial, music: str, name: str, sub_code: int
) -> None:
    phone = await dial()
    await bridge.told("ParticipantsUpdated")
    call = bridge.call(phone.connection_id)
    await call.hold(
        CALLER, play_source=FileSource(f"{music}/{name}"), operation_context="one moment"
    )
    await bridge.told("HoldFailed")
    failed = bridge.callback("HoldFailed")
    assert failed["operationContext"] == "one moment"
    assert failed["resultInformation"]["subCode"] == sub_code
    assert not phone.is_on_hold


async def test_the_lab_does_not_speak_to_people_on_hold(bridge: Bridge, dial: Dial) -> None:
    phone = await dial()
    await bridge.told("ParticipantsUpdated")
    with pytest.raises(HttpResponseError, match="files only"):
        await bridge.call(phone.connection_id).hold(
            CALLER, play_source=TextSource(text="One moment.", voice_name="en-US-AvaNeural")
        )


async def test_nobody_who_is_not_there_can_be_put_on_hold(bridge: Bridge, dial: Dial) -> None:
    phone = await dial()
    await bridge.told("ParticipantsUpdated")
    with pytest.raises(HttpResponseError, match="TargetParticipant"):
        await bridge.call(phone.connection_id).hold(COLLEAGUE)
