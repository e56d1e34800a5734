"""What a flow says word for word, in the order in which a caller may hear it."""

import pytest

from bridge import Callflow, HangUp, LlmInterim, StaticInterim, Transfer, Trigger
from bridge.flow.interim import Play, Say
from bridge.flow.prompts import fixed_texts, sounds

NUMBER = "+18005550100"


@pytest.mark.parametrize(
    ("flow", "texts"),
    [
        (Callflow(number=NUMBER), ()),
        (Callflow(number=NUMBER, greeting=" "), ()),
        (Callflow(number=NUMBER, greeting="Hello."), ("Hello.",)),
        (
            Callflow(number=NUMBER, greeting="A", interim=StaticInterim(texts=("B", "A", "B"))),
            ("A", "B"),
        ),
        (Callflow(number=NUMBER, greeting="A", interim=LlmInterim()), ("A",)),
        (Callflow(number=NUMBER, interim=LlmInterim(texts=("B",))), ("B",)),
        (
            Callflow(
                number=NUMBER,
                interim=StaticInterim(
                    texts=("B",),
                    triggers=(Trigger.TOOL,),
                    then=(Say("C", 5_000), Transfer("+18005550199", say="D", after_ms=9_000)),
                ),
            ),
            ("B", "C", "D"),
        ),
        (
            Callflow(
                number=NUMBER, interim=StaticInterim(texts=("B",), then=(HangUp(after_ms=9_000),))
            ),
            ("B",),
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

    assert fixed_texts(flow) == ("A", "B")
    assert sounds(flow) == {"x.wav"}
