import asyncio

import numpy as np
import pytest
from azure.communication.callautomation import PhoneNumberIdentifier
from azure.communication.callautomation.aio import CallConnectionClient

from bridge.audio.pcm import level_dbfs
from bridge.lab.acs import Phone

from .conftest import Bridge, Dial

CALLER = PhoneNumberIdentifier("+14255550123")
RECEIVED = "ContinuousDtmfRecognitionToneReceived"


async def dtmf(bridge: Bridge, phone: Phone) -> list[str]:
    await phone.presses("12*#")
    return [frame["dtmfData"]["data"] for frame in bridge.frames if frame["kind"] == "DtmfData"]


async def test_keys_arrive_half_a_second_apart(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    assert await dtmf(bridge, phone) == ["1", "2", "*", "#"]
    assert phone.line_ms == pytest.approx(2000, abs=20)


async def test_star_and_pound_have_more_than_one_spelling(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(dtmf_star="asterisk", dtmf_pound="pound")
    assert await dtmf(bridge, phone) == ["1", "2", "asterisk", "pound"]


async def test_keys_may_be_lost(dial: Dial, bridge: Bridge) -> None:
    assert await dtmf(bridge, await dial(lose_tones=True)) == []


async def test_keys_do_not_arrive_where_nobody_asked_for_them(dial: Dial, bridge: Bridge) -> None:
    bridge.options = {"enable_dtmf_tones": False}
    assert await dtmf(bridge, await dial()) == []


async def test_any_text_can_be_sent(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await phone.sends('{"kind":"Nonsense"}')
    await bridge.until(lambda: {"kind": "Nonsense"} in bridge.frames)


def loudest_hz(pcm: bytes) -> list[float]:
    """The two loudest frequencies of 100 ms at 24 kHz, lower one first."""
    spectrum = np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2") * np.hanning(2400), 24_000))
    first = int(spectrum.argmax())
    spectrum[first - 40 : first + 40] = 0
    return sorted([first, int(spectrum.argmax())])


@pytest.mark.parametrize(
    ("key", "low_hz", "high_hz"), [("1", 697, 1209), ("8", 852, 1336), ("#", 941, 1477)]
)
async def test_a_key_sounds_with_both_its_frequencies(
    dial: Dial, bridge: Bridge, key: str, low_hz: int, high_hz: int
) -> None:
    phone = await dial()
    await phone.presses(key)
    await phone.hangs_up()
    tone = bridge.audio()[:4800]
    assert tone == phone.caller[:4800]
    assert not any(phone.caller[4800:])
    assert loudest_hz(tone) == pytest.approx([low_hz, high_hz], abs=4)
    assert level_dbfs(tone) == pytest.approx(-10, abs=0.1)


async def test_a_key_silences_the_mouth_but_does_not_stop_it(dial: Dial) -> None:
    phone = await dial()
    async with asyncio.TaskGroup() as both:
        both.create_task(phone.plays(b"\0\x20" * 24_000, 24_000))
        both.create_task(phone.presses("5"))
    assert phone.caller[4800:48_000] == b"\0\x20" * 21_600
    assert loudest_hz(bytes(phone.caller[:4800])) == pytest.approx([770, 1336], abs=4)


async def test_keys_need_not_be_audible(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(audible_tones=False)
    assert await dtmf(bridge, phone) == ["1", "2", "*", "#"]
    assert not any(phone.caller)


async def test_keys_may_say_whose_they_are(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(tones_name_participant=True)
    await phone.presses("1")
    (frame,) = (f for f in bridge.frames if f["kind"] == "DtmfData")
    assert frame["dtmfData"] == {"data": "1", "participantRawID": "4:+14255550123"}


async def recognizing(bridge: Bridge, phone: Phone) -> CallConnectionClient:
    await bridge.told("ParticipantsUpdated")
    call = bridge.call(phone.connection_id)
    await call.start_continuous_dtmf_recognition(CALLER, operation_context="keys")
    return call


async def test_recognized_keys_are_counted_and_named_in_callbacks(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    await recognizing(bridge, phone)
    loop = asyncio.get_running_loop()
    pressed = loop.time()
    pressing = asyncio.create_task(phone.presses("80*#"))
    await bridge.told(RECEIVED)
    assert loop.time() - pressed == pytest.approx(0.3, abs=0.01)
    await pressing
    await bridge.until(lambda: bridge.types.count(RECEIVED) == 4)
    told = [event["data"] for event in bridge.events if event["type"].endswith(RECEIVED)]
    assert [(data["sequenceId"], data["tone"]) for data in told] == [
        (1, "eight"),
        (2, "zero"),
        (3, "asterisk"),
        (4, "pound"),
    ]
    assert told[0]["operationContext"] == "keys"
    assert told[0]["resultInformation"] == {
        "code": 200,
        "subCode": 0,
        "message": "DTMF tone received successfully.",
    }


async def test_recognition_reports_keys_only_while_it_runs(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.told("ParticipantsUpdated")
    await phone.presses("1")
    call = await recognizing(bridge, phone)
    await phone.presses("2")
    await call.stop_continuous_dtmf_recognition(CALLER, operation_context="enough")
    await phone.presses("3")
    await phone.hangs_up()
    assert bridge.callback(RECEIVED)["tone"] == "two"
    assert bridge.callback("ContinuousDtmfRecognitionStopped")["operationContext"] == "enough"


async def test_keys_may_be_lost_in_callbacks_and_not_on_the_socket(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial(lose_tone_callbacks=True)
    await recognizing(bridge, phone)
    assert await dtmf(bridge, phone) == ["1", "2", "*", "#"]
    await phone.hangs_up()
    assert RECEIVED not in bridge.types


async def test_keys_may_be_lost_on_the_socket_and_not_in_callbacks(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial(lose_tones=True, tone_callback_delay_s=1)
    await recognizing(bridge, phone)
    assert await dtmf(bridge, phone) == []
    assert bridge.types.count(RECEIVED) == 2
    await bridge.until(lambda: bridge.types.count(RECEIVED) == 4)


async def test_a_key_on_its_way_when_the_call_ends_is_lost(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(tone_callback_delay_s=5)
    await recognizing(bridge, phone)
    await phone.presses("1")
    await phone.hangs_up()
    assert RECEIVED not in bridge.types
