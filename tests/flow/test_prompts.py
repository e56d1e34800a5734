"""What a flow says word for word, in the order in which a caller may hear it."""

import pytest

from bridge import (
    Callflow,
    Fallback,
    HangUp,
    Limits,
    LlmInterim,
    Recording,
    Silence,
    StaticInterim,
    Transfer,
    Trigger,
)
from bridge.flow.interim import Play, Say
from bridge.flow.prompts import fixed_texts, sounds

NUMBER, COLLEAGUE = "+18005550100", "+18005550199"
APOLOGIES = (
    "One moment, please.",
    "I am sorry, we have a technical problem. Please call again later.",
)
MANNERS = (*APOLOGIES, "Are you still there?", "Goodbye.")
"""What every line says unless its flow says otherwise."""


@pytest.mark.parametrize(
    ("flow", "texts"),
    [
        (Callflow(number=NUMBER), MANNERS),
        (Callflow(number=NUMBER, greeting=" "), MANNERS),
        (Callflow(number=NUMBER, greeting="Hello."), ("Hello.", *MANNERS)),
        (
            Callflow(number=NUMBER, greeting="A", interim=StaticInterim(texts=("B", "A", "B"))),
            ("A", *MANNERS, "B"),
        ),
        (Callflow(number=NUMBER, greeting="A", interim=LlmInterim()), ("A", *MANNERS)),
        (Callflow(number=NUMBER, interim=LlmInterim(texts=("B",))), (*MANNERS, "B")),
        (
            Callflow(
                number=NUMBER,
                interim=StaticInterim(
                    texts=("B",),
                    triggers=(Trigger.TOOL,),
                    then=(Say("C", 5_000), Transfer("+18005550199", say="D", after_ms=9_000)),
                ),
            ),
            (*MANNERS, "B", "C", "D"),
        ),
        (
            Callflow(
                number=NUMBER, interim=StaticInterim(texts=("B",), then=(HangUp(after_ms=9_000),))
            ),
            (*MANNERS, "B"),
        ),
    ],
)
def test_fixed_texts_come_once_and_in_order(flow: Callflow, texts: tuple[str, ...]) -> None:
    assert fixed_texts(flow) == texts


def test_what_tools_say_and_play_counts_unless_it_names_what_the_caller_said() -> None:
    flow = Callflow(number=NUMBER, interim=StaticInterim(texts=("A",)))

    @flow.tool(
        interim=StaticInterim(
            texts=("Order {order}.", "B"), then=(Play("x.wav", 3_000), Say("Still {order}.", 9_000))
        )
    )
    async def look(order: str) -> str:
        """Look."""
        return order

    assert fixed_texts(flow) == (*MANNERS, "A", "B")
    assert sounds(flow) == {"x.wav"}


ASKED = Transfer(COLLEAGUE, say="F", brief="G", music="brief.wav")


def test_all_that_a_line_may_have_to_say_by_itself_is_fixed() -> None:
    flow = Callflow(
        number=NUMBER,
        greeting="B",
        recording=Recording(consent="A"),
        fallback=Fallback(meanwhile="C", say="D", then=Transfer(COLLEAGUE)),
        silence=Silence(reprompts=("E", "E2"), then=ASKED),
        keypad={"0": Transfer(COLLEAGUE, say="H"), "*": HangUp("I")},
        limits=Limits(notice="J", overflow=Transfer(COLLEAGUE, "J2", brief="J3", music="full.wav")),
        interim=StaticInterim(
            texts=("K",),
            triggers=(Trigger.TOOL,),
            then=(Transfer(COLLEAGUE, "L", 9_000, brief="M", music="step.wav"),),
        ),
    )
    texts = (*"ABCDE", "E2", *"FGHIJ", "J2", "J3", *"KLM")
    assert fixed_texts(flow) == texts
    assert sounds(flow) == {"brief.wav", "step.wav", "full.wav"}


def test_music_of_every_way_out_is_a_sound_of_the_flow() -> None:
    def asked(music: str) -> Transfer:
        return Transfer(COLLEAGUE, brief="A caller.", music=music)

    flow = Callflow(
        number=NUMBER,
        silence=Silence(then=asked("silence.wav")),
        keypad={"0": asked("zero.wav"), "1": asked("one.wav"), "2": HangUp()},
        fallback=Fallback(meanwhile="A", say="B", then=asked("fallback.wav")),
    )
    assert sounds(flow) == {"silence.wav", "zero.wav", "one.wav", "fallback.wav"}


def test_a_line_without_reprompts_has_none_to_render() -> None:
    assert fixed_texts(Callflow(number=NUMBER, silence=None)) == APOLOGIES


def test_a_line_apologises_in_the_language_of_its_voice() -> None:
    flow = Callflow(number=NUMBER, voice="de-DE-SeraphinaNeural", silence=None)
    assert fixed_texts(flow) == (
        "Einen Augenblick, bitte.",
        "Es tut mir leid, wir haben eine technische Störung. Bitte rufen Sie später wieder an.",
    )
