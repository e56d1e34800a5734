"""What `interlude check` says of a flow is what its operator would say."""

from dataclasses import replace
from typing import Any

import pytest

from bridge import (
    Callflow,
    Fallback,
    HangUp,
    Hours,
    Limits,
    Recording,
    Silence,
    Transfer,
    Voicemail,
)
from bridge.service.in_words import in_words

COLLEAGUE = Transfer("+18005550199")


def said(**more: Any) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for label, text in in_words(Callflow(number="+18005550100", **more)):
        lines.setdefault(label, []).append(text)
    return lines


def test_a_plain_flow_says_what_it_does_by_default() -> None:
    lines = said()
    assert lines["silence"] == ["asks once, then hangs up; 8 s of silence before each"]
    sorry = "I am sorry, we have a technical problem. Please call again later."
    assert lines["fallback"] == [f'if speech fails: "{sorry}", then hangs up']
    assert lines["limits"] == ["hangs up after 30 min, 100 tool calls and 3 reconnects a call"]
    assert lines["when full"] == ["the caller hears the busy tone"]
    assert lines.keys().isdisjoint({"hours", "keypad", "recording"})


@pytest.mark.parametrize(
    ("silence", "words"),
    [
        (None, "the line waits, however long the caller says nothing"),
        (Silence(reprompts=(), then=COLLEAGUE), "transfers to +18005550199 after 8 s"),
        (
            Silence(after_ms=6_500, reprompts=("Hello?", "Are you there?")),
            "asks 2 times, then hangs up; 6.5 s of silence before each",
        ),
    ],
)
def test_silence_is_said(silence: Silence | None, words: str) -> None:
    assert said(silence=silence)["silence"] == [words]


def test_manners_are_said() -> None:
    briefed = Transfer("8:orgid:1a2b", brief="A caller.", music="hold.wav")
    lines = said(
        hours=Hours(zone="Europe/Berlin", week={"mon-fri": "09:00-17:00"}, closed="night"),
        fallback=Fallback(meanwhile="One moment.", say="Sorry.", then=COLLEAGUE),
        keypad={"0": briefed, "9": HangUp()},
        limits=Limits(
            longest_s=900,
            calls_per_hour=5,
            blocked=frozenset({"+14255550166"}),
            refusal="No.",
            most_calls=40,
        ),
        recording=Recording(consent="This call is recorded."),
    )
    assert lines["hours"] == ["Mon-Fri 09:00-17:00, Europe/Berlin; closed: night answers"]
    assert lines["fallback"] == ['if speech fails: "Sorry.", then transfers to +18005550199']
    assert lines["keypad"] == [
        "0 transfers to 8:orgid:1a2b, if a colleague there takes the call",
        "9 hangs up",
    ]
    (limits,) = lines["limits"]
    assert limits.startswith("hangs up after 15 min, 100 tool calls and 3 reconnects a call, ")
    assert limits.endswith(", 5 calls an hour from one caller, 1 blocked, 40 calls at a time")
    assert lines["recording"] == ['after "This call is recorded."']


@pytest.mark.parametrize(
    ("overflow", "words"),
    [
        (COLLEAGUE, "transfers to +18005550199"),
        (
            replace(COLLEAGUE, say="Sorry."),
            'answers, says "Sorry.", then transfers to +18005550199',
        ),
        (HangUp(say="Sorry."), 'answers, says "Sorry.", then hangs up'),
        (Voicemail("Sorry."), 'answers, says "Sorry.", and records a message'),
    ],
)
def test_what_a_line_does_when_there_is_no_capacity_is_said(overflow: Any, words: str) -> None:
    assert said(limits=Limits(overflow=overflow))["when full"] == [words]


def test_a_recording_without_consent_is_said() -> None:
    assert said(recording=Recording())["recording"] == ["from the first word, unannounced"]


def test_numbers_of_callers_are_not_shown() -> None:
    limits = Limits(blocked=frozenset({"+14255550166"}), refusal="No.")
    assert "+14255550166" not in str(said(limits=limits))
