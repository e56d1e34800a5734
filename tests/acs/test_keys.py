"""Each key counts once, whichever way it comes, and none is lost with the way it came."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.acs.callbacks import Callback
from bridge.acs.keys import GAP_S, PAIR_S, Keys, key_spelled
from bridge.acs.line import Line

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS = {str(digit): word for digit, word in enumerate(DIGITS)} | {"*": "asterisk", "#": "pound"}


@dataclass(frozen=True)
class Press:
    """A key, how long after the one before, and when its callback comes."""

    key: str
    pause_s: float
    late_s: float
    again_s: float | None


presses = st.lists(
    st.builds(
        Press,
        st.sampled_from(sorted(WORDS)) | st.sampled_from("11"),
        st.floats(0.5, 4),
        st.floats(0, 2),
        st.none() | st.floats(0, 2),
    ),
    max_size=12,
)


def reported(key: str, number: int, recognition: str = "caller") -> Callback:
    return Callback(
        f"{recognition}-{number}",
        "ContinuousDtmfRecognitionToneReceived",
        "c1",
        200,
        0,
        context=recognition,
        tone=WORDS[key],
        sequence_id=number,
    )


@given(presses, st.sampled_from(["both", "stream", "callbacks"]))
async def test_what_was_typed_is_what_arrives(typed: list[Press], ways: str) -> None:
    line, arrived = Line(), list[str]()
    loop = asyncio.get_running_loop()
    at_s = loop.time()
    with line.keys.passed_to(arrived.append):
        for number, press in enumerate(typed, 1):
            at_s += press.pause_s
            if ways != "callbacks":
                loop.call_at(at_s, line.keys.stream, press.key)
            if ways != "stream":
                callback = reported(press.key, number)
                loop.call_at(at_s + press.late_s, line.tell, callback)
                if press.again_s is not None:
                    loop.call_at(at_s + press.late_s + press.again_s, line.tell, callback)
        await asyncio.sleep(at_s - loop.time() + 10)
    assert "".join(arrived) == "".join(press.key for press in typed)
    assert line.keys.unknown == 0


@pytest.mark.parametrize(
    ("tone", "key"),
    [
        *((word, key) for key, word in WORDS.items()),
        *((key, key) for key in WORDS),
        ("Asterisk", "*"),
        ("STAR", "*"),
        ("Hash", "#"),
        (" five ", "5"),
        ("a", None),
        ("flash", None),
        ("", None),
        ("٣", None),
        ("12", None),
    ],
)
def test_keys_have_many_spellings(tone: str, key: str | None) -> None:
    assert key_spelled(tone) == key


Typing = Callable[[Keys], None]


async def pressed(typing: Typing, *, then_s: float = 10) -> str:
    keys, arrived = Keys(), list[str]()
    with keys.passed_to(arrived.append):
        typing(keys)
        await asyncio.sleep(then_s)
    return "".join(arrived)


async def test_a_tone_that_is_no_key_is_counted_and_holds_nothing_up() -> None:
    keys, arrived = Keys(), list[str]()
    with keys.passed_to(arrived.append):
        keys.report("a", 1, "caller")
        keys.report("five", 2, "caller")
        keys.stream("D")
        assert (arrived, keys.unknown) == (["5"], 2)


async def test_a_callback_that_never_comes_holds_up_the_next_for_a_while() -> None:
    def typing(keys: Keys) -> None:
        keys.report("one", 1, "caller")
        keys.report("three", 3, "caller")
        keys.report("four", 4, "caller")

    assert await pressed(typing, then_s=GAP_S - 0.1) == "1"
    assert await pressed(typing, then_s=GAP_S + 0.1) == "134"


async def test_a_key_that_waits_for_another_does_not_wait_for_the_stream() -> None:
    def typing(keys: Keys) -> None:
        keys.report("two", 2, "caller")
        keys.stream("1")
        keys.stream("2")
        keys.report("one", 1, "caller")

    assert await pressed(typing) == "12"


async def test_numbers_that_do_not_begin_at_one_do_no_harm() -> None:
    def typing(keys: Keys) -> None:
        keys.report("nine", 0, "caller")
        keys.report("eight", 1, "caller")

    assert await pressed(typing, then_s=0) == "98"


async def test_each_recognition_counts_by_itself() -> None:
    def typing(keys: Keys) -> None:
        keys.report("nine", 1, "caller")
        keys.report("one", 1, "colleague")

    assert await pressed(typing, then_s=0) == "91"


async def test_keys_of_somebody_who_is_unheard_do_not_count() -> None:
    def typing(keys: Keys) -> None:
        keys.unheard = "caller"
        keys.stream("1", "caller")
        keys.report("one", 1, "caller")
        keys.stream("2")
        keys.report("two", 1, "colleague")
        keys.unheard = None
        keys.report("three", 2, "caller")

    assert await pressed(typing) == "23"


async def test_the_same_key_much_later_is_another() -> None:
    keys, arrived = Keys(), list[str]()
    with keys.passed_to(arrived.append):
        keys.stream("5")
        await asyncio.sleep(PAIR_S + 0.1)
        keys.report("five", 1, "caller")
    assert arrived == ["5", "5"]


def kept(keys: Keys) -> list[object]:
    """What is in memory, a PIN perhaps, and shows nowhere else."""
    orders = [order._early for order in keys._orders.values()]
    return [*keys._streamed._keys, *keys._reported._keys, *filter(None, orders)]


async def test_keys_are_not_kept() -> None:
    keys = Keys()

    def typing() -> None:
        keys.stream("7")
        keys.report("six", 1, "caller")
        keys.report("six", 3, "caller")

    with keys.passed_to(lambda _: None):
        typing()
        assert kept(keys)
        await asyncio.sleep(GAP_S + PAIR_S + 0.1)
        assert not kept(keys)
        keys.stream("7")
        keys.report("five", 9, "caller")
        assert kept(keys)
    assert not kept(keys)


async def test_keys_before_and_after_are_nobodys() -> None:
    keys, arrived = Keys(), list[str]()
    keys.stream("1")
    with keys.passed_to(arrived.append):
        keys.stream("2")
    keys.stream("3")
    assert arrived == ["2"]
