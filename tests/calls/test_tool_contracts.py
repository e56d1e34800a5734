"""Tools keep what they promise, whatever the caller and the model do meanwhile."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import Callflow, StaticInterim
from bridge.call.record import Record
from bridge.lab.acs.phone import Phone
from bridge.lab.speech import Mouth, Studio
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from tests.calls.conftest import NUMBER, Stage
from tests.calls.test_tools import SAY, outputs

BOOK = Thought(calls=(ToolCall("book", {"day": "Monday"}),))
BOOK_AGAIN = Thought(calls=(ToolCall("book", {"day": " Monday "}),))
BOOKED = "You are booked for Monday."


class Back:
    """A back end that counts what it is asked to do."""

    def __init__(self, takes_s: float = 3, fails: int = 0) -> None:
        self.began = 0
        self.ended = asyncio.Event()
        self._takes_s = takes_s
        self._fails = fails

    async def book(self) -> str:
        self.began += 1
        await asyncio.sleep(self._takes_s)
        if self.began <= self._fails:
            raise ConnectionError("busy")
        self.ended.set()
        return BOOKED


def line(
    back: Back,
    *,
    model: str = "gpt-4.1-mini",
    interim: StaticInterim | None = None,
    **contract: Any,
) -> Callflow:
    flow = Callflow(number=NUMBER, model=model, voice="en-US-AvaNeural", interim=interim)

    @flow.tool(**contract)
    async def book(day: str, hour: int = 9) -> str:
        """Look it up."""
        assert (day, hour) == ("Monday", 9)
        return await back.book()

    return flow


async def babble() -> bytes:
    """Speech that the service hears and does not understand; at 16 kHz."""
    return await Studio().speak("Rhubarb, rhubarb.", Mouth("en-GB"))


async def hung_up(phone: Phone, scene: Any) -> tuple[Record, list[str]]:
    """The record of a call that the caller now ends, and how its tools went."""
    await phone.hangs_up()
    record = await scene.record()
    assert record.end
    assert record.end.by == "caller"
    return record, [use.outcome for use in record.tools]


async def test_reads_that_run_at_once_are_one_and_later_ones_are_not(stage: Stage) -> None:
    back = Back(takes_s=1)
    both = Thought(calls=BOOK.calls + BOOK_AGAIN.calls)
    scene = await stage(line(back), brain=ScriptBrain([both], answers=[BOOK, Thought(say=BOOKED)]))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.hears(BOOKED)
    record, outcomes = await hung_up(phone, scene)
    assert (outcomes, back.began) == (["ok", "joined", "ok"], 2)
    assert [use.took_ms for use in record.tools] == [1000, 1000, 1000]


@pytest.mark.parametrize(
    ("fails", "retries", "outcome"),
    [(1, 1, "ok"), (2, 2, "ok"), (3, 2, "failed"), (1, 0, "failed"), (9, 5, "timed_out")],
)
async def test_a_read_that_raises_is_run_again_within_its_time(
    stage: Stage, fails: int, retries: int, outcome: str
) -> None:
    back = Back(takes_s=1, fails=fails)
    flow = line(back, retries=retries, timeout_ms=5_500)
    scene = await stage(flow, brain=ScriptBrain([BOOK]))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    with capture_logs() as logs:
        await phone.says(SAY)
        await phone.hears("")
    _, outcomes = await hung_up(phone, scene)
    assert outcomes == [outcome]
    assert back.began == min(fails, retries) + 1
    assert sum(line["event"] == "tool.retried" for line in logs) == min(fails, retries)


CANCELLED = '{"error":"book was cancelled: the caller spoke."}'


async def test_a_tool_nobody_waits_for_ends_when_the_caller_speaks(stage: Stage) -> None:
    back = Back(takes_s=10)
    brain = ScriptBrain([BOOK], answers=[Thought(say="As you like."), Thought(say="What now?")])
    scene = await stage(line(back, on_barge_in="cancel"), brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.waits(2)
    await phone.says("Stop, leave it.")
    await phone.hears("As you like.")
    await phone.pauses(5000)
    record, outcomes = await hung_up(phone, scene)
    assert outcomes == ["cancelled"]
    assert record.tools[0].took_ms < 4000
    (session,) = scene.voices.sessions
    assert outputs(session) == [CANCELLED]
    assert "response.create" not in [event["type"] for event in session.received]
    assert len(phone.heard()) == 1, "the service answers the caller by itself"


async def test_a_tool_cancelled_by_a_noise_is_still_answered(stage: Stage) -> None:
    back = Back(takes_s=10)
    brain = ScriptBrain([BOOK], answers=[Thought(say="Where were we?")])
    scene = await stage(line(back, on_barge_in="cancel"), brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.waits(2)
    await phone.plays(await babble(), 16_000)
    await phone.hears("Where were we?")
    _, outcomes = await hung_up(phone, scene)
    assert outcomes == ["cancelled"]
    assert scene.voices.sessions[0].heard == [SAY, ""]


async def test_a_result_that_nobody_can_listen_to_is_not_sent(stage: Stage) -> None:
    flow = Callflow(number=NUMBER)

    @flow.tool
    async def everything() -> dict[str, str]:
        """Look it up."""
        return {"catalogue": "x" * 1_000_000}

    brain = ScriptBrain([Thought(calls=(ToolCall("everything", {}),))])
    scene = await stage(flow, brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    with capture_logs() as logs:
        await phone.says(SAY)
        await phone.hears("too much")
    assert outputs(scene.voices.sessions[0]) == [
        '{"error":"everything returned too much to tell."}'
    ]
    (warning,) = [line for line in logs if line["event"] == "tool.result_too_large"]
    assert warning["size_bytes"] == 1_000_016
    _, outcomes = await hung_up(phone, scene)
    assert outcomes == ["failed"]


async def test_a_result_after_the_call_goes_nowhere(stage: Stage) -> None:
    flow, cleaned_up = Callflow(number=NUMBER), asyncio.Event()

    @flow.tool
    async def stubborn() -> str:
        """Look it up."""
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            cleaned_up.set()
        return "Too late."

    brain = ScriptBrain([Thought(calls=(ToolCall("stubborn", {}),))])
    scene = await stage(flow, brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.waits(2)
    with capture_logs() as logs:
        _, outcomes = await hung_up(phone, scene)
    assert outcomes == []
    assert cleaned_up.is_set()
    (session,) = scene.voices.sessions
    await session.ended()
    assert outputs(session) == []
    assert not [line for line in logs if line["log_level"] in ("warning", "error")]
