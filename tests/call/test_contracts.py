"""What a run of a tool promises: its time, and that what was given in confidence stays there."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import Call, Callflow, HangUp, NoDigits, Secret, ToolError, Transfer
from bridge.call.contracts import Run
from bridge.call.events import ToolCalled
from bridge.flow.digits import Entry

CALL = Call(id="c1", caller="+14255550123", dialled="+18005550100", correlation_id="k1")
CALLED = ToolCalled("r", "call_1", "do", "{}")
COLLEAGUE = "+18005550199"
PIN = "4711"


class Caller:
    """Takes a while to enter digits, or enters none; hears how far a tool is."""

    def __init__(self, digits: str | None = PIN, after_s: float = 0.0) -> None:
        self.digits_to_enter = digits
        self.after_s = after_s
        self.heard: list[str] = []
        self.secrets: list[Secret] = []

    def progress(self, text: str) -> None:
        self.heard.append(text)

    async def digits(self, entry: Entry) -> str | Secret:
        await asyncio.sleep(self.after_s)
        if self.digits_to_enter is None:
            raise NoDigits
        if not entry.secret:
            return self.digits_to_enter
        self.secrets.append(Secret(bytearray(self.digits_to_enter.encode())))
        return self.secrets[-1]


Do = Callable[[Call], Awaitable[Any]]


def run_of(do: Do, caller: Caller, **contract: Any) -> Run:
    """A run of a tool that does as a test says."""
    flow = Callflow(number="+18005550100")

    @flow.tool(**{"timeout_ms": 5_000, **contract})
    async def tool(call: Call) -> Any:
        """Do it."""
        return await do(call)

    (made,) = flow.tools.values()
    return Run(made, made.parse("{}"), (CALLED, 0.0), caller)


async def pin_of(call: Call) -> str:
    """What the caller enters in confidence."""
    return (await call.digits(max_digits=4, secret=True)).reveal()


class TestTime:
    """A tool has its time for itself: what the caller takes is not counted."""

    @pytest.mark.parametrize(("works_s", "outcome"), [(4.9, "ok"), (5.1, "timed_out")])
    async def test_it_stands_still_while_the_tool_asks(self, works_s: float, outcome: str) -> None:
        async def do(call: Call) -> str:
            for _ in range(2):
                await asyncio.sleep(works_s / 3)
                await call.digits(max_digits=4)
            await asyncio.sleep(works_s / 3)
            return "Done."

        began_s = asyncio.get_running_loop().time()
        run = run_of(do, Caller(after_s=60))
        result = await run.carry_out(CALL)
        assert run.outcome == outcome
        assert ("too long" in str(result)) == (outcome == "timed_out")
        took_s = asyncio.get_running_loop().time() - began_s
        assert took_s == pytest.approx(120 + min(works_s, 5), abs=0.01)

    async def test_it_goes_on_when_the_caller_enters_nothing(self) -> None:
        async def do(call: Call) -> str:
            await asyncio.sleep(4)
            with pytest.raises(NoDigits):
                await call.digits(max_digits=4)
            await asyncio.sleep(2)
            return "Done."

        run = run_of(do, Caller(None, after_s=60))
        await run.carry_out(CALL)
        assert run.outcome == "timed_out"

    async def test_nothing_entered_and_not_caught_is_told_to_the_model(self) -> None:
        run = run_of(pin_of, Caller(None))
        assert await run.carry_out(CALL) == '{"error":"The caller entered nothing."}'
        assert run.outcome == "declined"

    async def test_a_caller_who_answers_a_question_does_not_cancel_the_tool_by_it(self) -> None:
        async def do(call: Call) -> str:
            await call.digits(max_digits=4)
            await asyncio.sleep(1)
            return "Done."

        run = run_of(do, Caller(after_s=10), on_barge_in="cancel")
        loop = asyncio.get_running_loop()
        loop.call_later(9, run.caller_starts)
        assert await run.carry_out(CALL) == "Done."
        again = run_of(do, Caller(after_s=10), on_barge_in="cancel")
        loop.call_later(10.5, again.caller_starts)
        await again.carry_out(CALL)
        assert again.outcome == "cancelled"

    async def test_time_stands_still_until_all_is_answered_that_was_asked(self) -> None:
        async def do(call: Call) -> str:
            async with asyncio.TaskGroup() as both:
                both.create_task(call.digits(max_digits=4))
                await asyncio.sleep(9)
                both.create_task(call.digits(max_digits=4))
            await asyncio.sleep(2)
            return "Done."

        run = run_of(do, Caller(after_s=10), timeout_ms=12_000)
        assert await run.carry_out(CALL) == "Done."
        late = run_of(do, Caller(after_s=10), timeout_ms=1_900)
        await late.carry_out(CALL)
        assert late.outcome == "timed_out"


def returning(make: Callable[[str], Any]) -> Do:
    async def do(call: Call) -> Any:
        return make(await pin_of(call))

    return do


def raising(make: Callable[[str], Exception]) -> Do:
    async def do(call: Call) -> str:
        raise make(await pin_of(call))

    return do


async def carried_out(
    do: Do, caller: Caller, **contract: Any
) -> tuple[Any, list[MutableMapping[str, Any]]]:
    with capture_logs() as logs:
        return await run_of(do, caller, **contract).carry_out(CALL), logs


class TestSecrets:
    """What the caller entered in confidence reaches the tool, and nobody else."""

    @pytest.mark.parametrize(
        ("do", "told"),
        [
            (returning(lambda pin: f"The PIN {pin} is right."), "The PIN *** is right."),
            (returning(lambda pin: f"You said {' '.join(pin)}."), "You said ***."),
            (returning(lambda pin: {"pin": pin, "ok": True}), '{"pin":"***","ok":true}'),
            (returning(lambda pin: [int(pin), 1]), "[***,1]"),
            (raising(lambda pin: ToolError(f"{pin} is wrong.")), '{"error":"*** is wrong."}'),
        ],
        ids=["text", "one by one", "object", "number", "declined"],
    )
    async def test_it_is_cut_out_of_what_the_model_is_told(self, do: Do, told: str) -> None:
        result, logs = await carried_out(do, Caller())
        assert result == told
        assert [line["event"] for line in logs] == ["secret.returned"]
        assert PIN not in str(logs)

    @pytest.mark.parametrize(
        "make",
        [
            lambda pin: HangUp(f"Your PIN {pin} is blocked."),
            lambda pin: Transfer(COLLEAGUE, say=f"Your PIN {pin} is blocked."),
            lambda pin: Transfer(COLLEAGUE, brief=f"Their PIN {pin} is blocked.", music="a.wav"),
        ],
        ids=["goodbye", "transfer", "brief"],
    )
    async def test_it_is_cut_out_of_the_last_words(self, make: Callable[[str], Any]) -> None:
        result, logs = await carried_out(returning(make), Caller())
        assert PIN not in f"{result} {logs}"
        assert type(result) is type(make(PIN))

    async def test_it_is_cut_out_of_what_the_caller_is_told_meanwhile(self) -> None:
        """What is spoken is on the transcript, and in the log of interim lines."""

        async def do(call: Call) -> str:
            await call.progress(f"Checking {await pin_of(call)}.")
            return "Done."

        caller = Caller()
        await carried_out(do, caller)
        assert caller.heard == ["Checking ***."]

    async def test_ways_out_without_words_stay_as_they_are(self) -> None:
        way_out = Transfer(COLLEAGUE)
        result, logs = await carried_out(returning(lambda _: way_out), Caller())
        assert result == way_out
        assert logs == []

    @pytest.mark.parametrize("retries", [0, 2])
    async def test_an_error_that_names_it_is_logged_without_its_traceback(
        self, retries: int
    ) -> None:
        do = raising(lambda pin: ValueError(f"invalid literal: {pin}"))
        result, logs = await carried_out(do, Caller(), retries=retries)
        assert PIN not in f"{result} {logs}"
        assert [line["event"] for line in logs] == ["tool.retried"] * retries + ["tool.failed"]
        assert not logs[-1]["exc_info"]

    async def test_other_errors_keep_their_traceback(self) -> None:
        async def do(_: Call) -> str:
            raise ValueError("out of paper")

        _, logs = await carried_out(do, Caller())
        assert logs[0]["exc_info"]

    async def test_it_cannot_be_handed_on_as_it_is(self) -> None:
        async def do(call: Call) -> Any:
            return {"pin": await call.digits(max_digits=4, secret=True)}

        result, logs = await carried_out(do, Caller())
        assert PIN not in f"{result} {logs}"

    async def test_it_is_forgotten_however_the_tool_ends(self) -> None:
        async def hangs(call: Call) -> str:
            await pin_of(call)
            await asyncio.sleep(100)
            return "Done."

        caller = Caller()
        await carried_out(returning(lambda _: "Done."), caller)
        await carried_out(raising(lambda _: ValueError("no")), caller, retries=1)
        await carried_out(hangs, caller)
        hung_up = asyncio.create_task(run_of(hangs, caller).carry_out(CALL))
        await asyncio.sleep(1)
        assert [len(secret) for secret in caller.secrets] == [0, 0, 0, 0, 4]
        hung_up.cancel()
        await asyncio.wait([hung_up])
        assert [len(secret) for secret in caller.secrets] == [0] * 5
