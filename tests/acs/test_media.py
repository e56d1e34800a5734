"""Frames of the media socket."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.acs.media import STOP_AUDIO, BadFrame, Tone, audio_frame, parse_frame, parse_tone


@given(st.binary(max_size=960).filter(lambda pcm: len(pcm) % 2 == 0))
def test_audio_leaves_in_the_documented_form(pcm: bytes) -> None:
    assert json.loads(audio_frame(pcm)) == {
        "Kind": "AudioData",
        "AudioData": {"Data": base64.b64encode(pcm).decode()},
        "StopAudio": None,
    }


def test_stopping_leaves_in_the_documented_form() -> None:
    assert json.loads(STOP_AUDIO) == {"Kind": "StopAudio", "AudioData": None, "StopAudio": {}}


@pytest.mark.parametrize("silent", [True, False, None])
def test_the_caller_is_heard_whether_or_not_marked_silent(silent: bool | None) -> None:  # noqa: FBT001
    data = {"timestamp": "2024-11-15T19:16:12.925Z", "participantRawID": None, "data": "AAEC/w=="}
    frame = {"kind": "AudioData", "audioData": {**data, "silent": silent}}
    assert parse_frame(json.dumps(frame)) == b"\x00\x01\x02\xff"


@given(st.text(), st.text() | st.none(), st.binary(max_size=64).map(lambda half: half + half))
def test_sound_is_found_as_it_is_parsed(time: str, who: str | None, pcm: bytes) -> None:
    data = {"timestamp": time, "participantRawID": who, "data": base64.b64encode(pcm).decode()}
    frame = {"kind": "AudioData", "audioData": {**data, "silent": False}}
    assert parse_frame(json.dumps(frame, separators=(",", ":"))) == pcm


def test_a_writer_may_escape_what_base64_holds() -> None:
    text = r'{"kind":"AudioData","audioData":{"silent":false,"data":"\u002B\/\/\/AA=="}}'
    assert parse_frame(text) == b"\xfb\xff\xff\x00"


@pytest.mark.parametrize(
    "frame",
    [
        {"kind": "AudioMetadata", "audioMetadata": {"sampleRate": 24000}},
        {"kind": "DtmfData", "dtmfData": {"data": "3"}},
        {"kind": "SomethingNew"},
    ],
)
def test_other_kinds_are_passed_over(frame: object) -> None:
    assert parse_frame(json.dumps(frame)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "7",
        '{"kind":"AudioData"}',
        '{"kind":"AudioData","audioData":{"data":"%%%"}}',
        '{"kind":"AudioData","audioData":{"data":7}}',
        '{"kind":"AudioData","audioData":{"data":"AAEC"}}',
    ],
)
def test_a_frame_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(BadFrame):
        parse_frame(text)


@pytest.mark.parametrize("tone", ["3", "*", "pound"])
def test_a_key_is_told_from_sound(tone: str) -> None:
    frame: dict[str, Any] = {"kind": "DtmfData", "dtmfData": {"data": tone}}
    assert parse_tone(json.dumps(frame)) == Tone(tone, "")
    frame["dtmfData"] |= {"participantRawID": "4:+14255550123"}
    heard = parse_tone(json.dumps(frame))
    assert heard == Tone(tone, "4:+14255550123")
    assert repr(heard) == "Tone()"
    assert parse_tone(json.dumps({"kind": "AudioMetadata", "audioMetadata": {}})) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"kind":"DtmfData"}',
        '{"kind":"DtmfData","dtmfData":[]}',
        '{"kind":"DtmfData","dtmfData":"3"}',
        '{"kind":"DtmfData","dtmfData":{"data":3}}',
        '{"kind":"DtmfData","dtmfData":{"data":["3"]}}',
        '{"kind":"DtmfData","dtmfData":{"data":"3","participantRawID":{}}}',
        "[" * 100_000,
    ],
)
def test_a_key_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(BadFrame):
        parse_tone(text)
