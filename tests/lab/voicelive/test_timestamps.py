import base64
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from bridge.audio.pcm import duration_ms, samples_in, silence
from bridge.lab.speech import RATE_HZ, Mouth, Studio
from bridge.lab.voicelive import ScriptBrain, Switches, Thought
from bridge.lab.voicelive.timing import word_times
from tests.lab.voicelive.line import AVA, Event, calling

LONG = "There are many things to say about this order, and I shall say them one after the other."
WORDS = LONG.replace(",", "").replace(".", "").split()
DELTA = "response.audio_timestamp.delta"
DONE = "response.audio_timestamp.done"
ENGLISH = Mouth("en-US")


def ends_ms(word: Event) -> int:
    return int(word["audio_offset_ms"] + word["audio_duration_ms"])


async def test_the_times_of_words_are_told_in_their_order_and_within_the_audio() -> None:
    async with calling() as line:
        echo = await line.configure(output_audio_timestamp_types=["word"])
        assert echo["output_audio_timestamp_types"] == ["word"]
        await line.greets(LONG)
        await line.until("response.done")
        told = line.all(DELTA)
        assert [word["text"] for word in told] == WORDS
        assert list(told[0])[2:] == [
            "response_id",
            "item_id",
            "output_index",
            "content_index",
            "audio_offset_ms",
            "audio_duration_ms",
            "text",
            "timestamp_type",
        ]
        assert all(ends_ms(word) <= after["audio_offset_ms"] + 1 for word, after in pairwise(told))
        (spoken,) = line.session.spoken
        assert ends_ms(told[-1]) <= duration_ms(spoken.pcm, 24_000)
        assert (told[0]["item_id"], told[0]["response_id"]) == (
            spoken.item_id,
            spoken.response_id,
        )
        (done,) = line.all(DONE)
        assert done["item_id"] == spoken.item_id


async def test_a_word_is_timed_right_behind_the_audio_in_which_it_begins() -> None:
    async with calling(brain=ScriptBrain([Thought(say=LONG)])) as line:
        await line.configure(output_audio_timestamp_types=["word"])
        await line.writes("Tell me.")
        await line.send("response.create")
        await line.until("response.done")
        sent_ms = last_ms = 0.0
        for event in line.events:
            if event["type"] == "response.audio.delta":
                last_ms, pcm = sent_ms, base64.b64decode(event["delta"])
                sent_ms += duration_ms(pcm, 24_000)
            elif event["type"] == DELTA:
                assert last_ms <= event["audio_offset_ms"] < sent_ms
        kinds = line.kinds()
        assert kinds.index(DELTA) < kinds.index("response.audio.done") < kinds.index(DONE)


@pytest.mark.parametrize(
    ("model", "agent", "voice", "timed"),
    [
        ("gpt-4.1", None, AVA, True),
        (None, "anna", AVA, True),
        ("gpt-realtime", None, AVA, True),
        ("gpt-realtime", None, {"type": "openai", "name": "alloy"}, False),
    ],
)
async def test_azures_voices_are_timed_and_others_are_not(
    model: str | None, agent: str | None, voice: dict[str, Any], *, timed: bool
) -> None:
    async with calling(model, agent=agent, brain=ScriptBrain([Thought(say="Yes.")])) as line:
        await line.configure(voice=voice, output_audio_timestamp_types=["word"])
        await line.writes("Ready?")
        await line.send("response.create")
        await line.until("response.done")
        assert [word["text"] for word in line.all(DELTA)] == (["Yes"] if timed else [])
        assert bool(line.all(DONE)) is timed


async def test_no_times_are_told_unasked_nor_of_what_has_no_sound() -> None:
    async with calling() as line:
        await line.greets("Hello.")
        await line.until("response.done")
        await line.configure(output_audio_timestamp_types=["word"], modalities=["text"])
        await line.greets("Hello.")
        await line.until("response.done")
        assert not line.all(DELTA)
        assert not line.all(DONE)


async def test_only_words_that_were_sent_are_timed_when_a_response_is_cancelled() -> None:
    async with calling(switches=Switches(delta_factor=1)) as line:
        await line.configure(output_audio_timestamp_types=["word"])
        await line.greets(LONG)
        await line.until(DELTA, times=3)
        await line.send("response.cancel")
        await line.until("response.done")
        assert len(line.all(DELTA)) < len(WORDS)
        assert len(line.all(DONE)) == 1


@pytest.mark.parametrize("types", [["viseme"], "word", [{}]])
async def test_only_words_can_be_timed(types: object) -> None:
    async with calling() as line:
        change = {"output_audio_timestamp_types": types}
        error = await line.refused("session.update", session=change)
        assert error["param"] == "session.output_audio_timestamp_types"


def tone(ms: float) -> bytes:
    """What counts as speech."""
    return b"\x00\x20" * samples_in(ms, RATE_HZ)


def test_two_phrases_lie_on_either_side_of_their_pause() -> None:
    pcm = tone(500) + silence(400, RATE_HZ) + tone(900)
    times = word_times("I am. Who are you?", pcm, RATE_HZ)
    assert [(time.text, time.offset_ms, time.duration_ms) for time in times] == [
        ("I", 0, 167),
        ("am", 167, 333),
        ("Who", 900, 300),
        ("are", 1200, 300),
        ("you", 1500, 300),
    ]


def test_a_pause_that_no_mark_explains_is_no_speech() -> None:
    pcm = tone(300) + silence(400, RATE_HZ) + tone(600)
    times = word_times("one two six", pcm, RATE_HZ)
    assert [(time.offset_ms, time.duration_ms) for time in times] == [
        (0, 300),
        (700, 300),
        (1000, 300),
    ]


def test_a_word_may_last_through_a_pause() -> None:
    pcm = tone(300) + silence(400, RATE_HZ) + tone(300)
    times = word_times("one two six", pcm, RATE_HZ)
    assert [(time.offset_ms, time.duration_ms) for time in times] == [
        (0, 200),
        (200, 600),
        (800, 200),
    ]


def test_a_consonant_is_no_pause_and_a_digit_is_a_word() -> None:
    pcm = tone(300) + silence(100, RATE_HZ) + tone(600)
    times = word_times("room 42", pcm, RATE_HZ)
    assert [time.offset_ms for time in times] == [0, 333]


def test_words_without_a_sound_share_the_silence() -> None:
    times = word_times("Yes / no.", silence(1000, RATE_HZ), RATE_HZ)
    assert [(time.text, time.offset_ms, time.duration_ms) for time in times] == [
        ("Yes", 0, 600),
        ("no", 600, 400),
    ]


async def test_an_estimate_is_near_what_the_voice_takes_for_the_words_before(
    studio: Studio,
) -> None:
    times = word_times(LONG, await studio.speak(LONG, ENGLISH), RATE_HZ)
    off_ms = []
    for said, word in enumerate(times, 1):
        opening = await studio.speak(" ".join(WORDS[:said]), ENGLISH)
        end_ms = word.offset_ms + word.duration_ms
        off_ms.append(abs(end_ms - duration_ms(opening, RATE_HZ)))
    assert median(off_ms) < 250
