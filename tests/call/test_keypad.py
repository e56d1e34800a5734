"""Keys go to whoever asks for them, else they do what the flow says."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bridge import HangUp, Transfer
from bridge.call.keypad import Keys

BYE, COLLEAGUE = HangUp("Bye."), Transfer("+18005550199")


def press(keys: Keys, pressed: str) -> None:
    for key in pressed:
        keys.press(key)


async def test_a_key_does_what_the_flow_says_and_others_do_nothing() -> None:
    keys = Keys({"0": COLLEAGUE, "*": BYE})
    press(keys, "1#0*")
    assert [keys.chosen.get_nowait() for _ in range(keys.chosen.qsize())] == [COLLEAGUE, BYE]


async def test_whoever_asks_has_all_keys_to_themselves() -> None:
    keys = Keys({"0": COLLEAGUE})
    with keys.awaited() as asked:
        press(keys, "40#")
        assert [await asked.next(1) for _ in range(3)] == ["4", "0", "#"]
    assert keys.chosen.empty()
    press(keys, "0")
    assert keys.chosen.get_nowait() is COLLEAGUE


async def test_keys_pressed_before_somebody_asked_are_not_theirs() -> None:
    keys = Keys({})
    press(keys, "12")
    with keys.awaited() as first:
        press(keys, "3")
        assert await first.next(1) == "3"
        press(keys, "4")
    with keys.awaited() as second:
        assert await second.next(1) is None, "what the first left is not kept"


async def test_keys_are_for_the_flow_again_even_if_asking_failed() -> None:
    keys = Keys({"0": COLLEAGUE})
    with pytest.raises(ValueError, match="tool"), keys.awaited():
        raise ValueError("tool")
    press(keys, "0")
    assert keys.chosen.get_nowait() is COLLEAGUE


async def test_a_key_that_comes_in_time_is_had_at_once_and_one_that_comes_late_is_not() -> None:
    keys, loop = Keys({}), asyncio.get_running_loop()
    with keys.awaited() as asked:
        began_s = loop.time()
        loop.call_later(0.9, keys.press, "5")
        assert await asked.next(1) == "5"
        assert loop.time() - began_s == pytest.approx(0.9)
        loop.call_later(1.1, keys.press, "6")
        assert await asked.next(1) is None
        assert loop.time() - began_s == pytest.approx(1.9)
        assert await asked.next(1) == "6", "it is next"


async def test_a_key_that_was_waited_for_is_still_there() -> None:
    keys = Keys({})
    with keys.awaited() as asked:
        press(keys, "78")
        await asked.first()
        await asked.first()
        assert [await asked.next(1), await asked.next(1), await asked.next(1)] == ["7", "8", None]


async def test_a_key_pressed_as_the_time_ends_is_not_lost() -> None:
    keys, loop = Keys({}), asyncio.get_running_loop()
    with keys.awaited() as asked:
        loop.call_later(1, keys.press, "9")
        assert "9" in [await asked.next(1), await asked.next(1)]


async def test_every_key_tells_when_it_was_pressed_and_none_which_it_was() -> None:
    keys, loop = Keys({"0": BYE}), asyncio.get_running_loop()
    with capture_logs() as logs:
        for key in "0#7":
            await asyncio.sleep(1)
            press(keys, key)
            assert keys.pressed_s == loop.time()
        await asyncio.sleep(1)
        with keys.awaited():
            press(keys, "1")
            assert keys.pressed_s == loop.time()
    assert logs == []


async def test_a_hash_that_comes_soon_after_a_complete_entry_ends_it_and_a_late_one_is_a_key() -> (
    None
):
    keys = Keys({"#": COLLEAGUE})
    for pause_s, chosen in ((0.0, 0), (1.9, 0), (2.1, 1)):
        with keys.awaited() as asked:
            press(keys, "4")
            assert await asked.next(1) == "4"
        await asyncio.sleep(pause_s)
        press(keys, "#")
        assert keys.chosen.qsize() == chosen
        keys.press("#")
        assert keys.chosen.qsize() == chosen + 1, "only the first may belong to the entry"
        while not keys.chosen.empty():
            keys.chosen.get_nowait()
