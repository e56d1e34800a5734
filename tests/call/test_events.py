"""What is heard and said is in no `repr`, which ends up in logs of others and in reports."""

import pytest

from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    CallerSaid,
    ToolCalled,
    VoiceEvent,
    VoiceProblem,
    WordSounds,
)

WORDS = "My name is Zoe"


@pytest.mark.parametrize(
    "event",
    [
        CallerSaid(WORDS),
        AgentSaid("r", "i", WORDS),
        WordSounds("i", 0, WORDS),
        AgentAudio("r", "i", WORDS.encode()),
        ToolCalled("r", "c", "find", WORDS),
        VoiceProblem("code", WORDS, None),
    ],
)
def test_events_show_no_words(event: VoiceEvent) -> None:
    assert WORDS not in repr(event)
