"""What a tool says of the wait for it: its own line, its progress, or nothing."""

import asyncio
from typing import Annotated, Any

import pytest
from structlog.testing import capture_logs

from bridge import Call, Callflow, LlmInterim, StaticInterim, Trigger
from bridge.call.history import EARLIEST_MS, STARTING_MS, History
from bridge.call.record import Wait
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from bridge.lab.voicelive import Switches as VoiceSwitches
from bridge.service.parts import SWITCHBOARD
from tests.calls.conftest import NUMBER, Stage
from tests.calls.waiting import ANSWER, LINE, Clock, ask, lines, look_up, static

MADE_UP = "Let me have a look."
"""What the lab's model says where it is asked for a line."""


def calls(name: str, **arguments: Any) -> ScriptBrain:
    return ScriptBrain([Thought(calls=(ToolCall(name, arguments),))])


async def test_a_line_repeats_what_the_caller_said_and_no_log_does(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, interim=static(Trigger.TOOL, "auto"))

    @flow.tool(interim="Checking order {order_number}.")
    async def order_status(order_number: Annotated[str, "Four digits"]) -> str:
        """Look up where an order is."""
        assert order_number == "4271"
        await asyncio.sleep(4)
        return ANSWER

    scene = await stage(flow, brain=calls("order_status", order_number="4271"), prompts=True)
    clock = Clock(scene)
    with capture_logs() as logs:
        phone = await ask(scene)
        await phone.hears(ANSWER)
    first, _ = lines(phone)
    assert first.text == "Checking order 4 2 7 1."
    late_ms = first.start_ms - clock.ms(phone, "tool_called") - 800
    assert late_ms <= 150 + 137, "the service has to render it"
    (spoken,) = [line for line in logs if line["event"] == "interim.spoken"]
    assert spoken["line"] == "Checking order {order_number}."


async def test_a_tool_that_is_always_fast_has_no_line(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, interim=static(Trigger.TOOL, "auto"))

    @flow.tool(interim=None)
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(3)
        return ANSWER

    scene = await stage(flow, prompts=True)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    assert [line.text for line in lines(phone)] == [ANSWER]


async def test_a_tool_has_lines_where_its_flow_has_none(stage: Stage) -> None:
    flow = Callflow(number=NUMBER)

    @flow.tool(interim=StaticInterim(texts=(LINE,), latency_threshold_ms=300))
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(4)
        return ANSWER

    scene = await stage(flow, prompts=True)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    assert [line.text for line in lines(phone)] == [LINE, ANSWER]


async def test_progress_takes_the_place_of_the_first_line_and_follows_it(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, interim=static(Trigger.TOOL, "bridge"))

    @flow.tool
    async def order_status(call: Call) -> str:
        """Look up where an order is."""
        await call.progress("I have reached the warehouse.")
        await asyncio.sleep(5)
        await call.progress("This is overtaken at once.")
        await call.progress("They are looking for the parcel.")
        await asyncio.sleep(5)
        await call.progress("This comes too late.")
        return ANSWER

    scene = await stage(flow, prompts=True)
    phone = await ask(scene)
    await phone.hears(ANSWER, within_s=30)
    assert [line.text for line in lines(phone)] == [
        "I have reached the warehouse.",
        "They are looking for the parcel.",
        ANSWER,
    ]
    (session,) = scene.voices.sessions
    assert "warehouse" not in str(session.items)
    await phone.hangs_up()
    (wait,) = (await scene.record()).waits
    assert wait.lines == 2


class TestMadeUpLines:
    """The bridge has the model make up a line, apart from the conversation."""

    @pytest.mark.parametrize("more", [{}, {"model": "gpt-realtime", "voice": "marin"}])
    @pytest.mark.parametrize("out_of_band", [True, False])
    async def test_the_model_makes_up_a_line_it_does_not_remember(
        self, stage: Stage, more: dict[str, Any], *, out_of_band: bool
    ) -> None:
        interim = LlmInterim(
            triggers=(Trigger.TOOL,), latency_threshold_ms=800, delivery="bridge", texts=(LINE,)
        )
        switches = VoiceSwitches(out_of_band=out_of_band)
        scene = await stage(look_up(interim, takes_s=5, **more), voice_switches=switches)
        phone = await ask(scene)
        await phone.hears(ANSWER)
        assert [line.text for line in lines(phone)] == [MADE_UP, ANSWER]
        (session,) = scene.voices.sessions
        assert MADE_UP not in str(session.items)

    async def test_a_text_serves_while_the_model_is_at_work_on_the_answer(
        self, stage: Stage
    ) -> None:
        interim = LlmInterim(latency_threshold_ms=800, delivery="bridge", texts=(LINE,))
        flow = Callflow(number=NUMBER, interim=interim)
        brain = ScriptBrain([Thought(say=ANSWER)])
        switches = VoiceSwitches(first_token_s=5)
        scene = await stage(flow, brain=brain, voice_switches=switches, prompts=True)
        phone = await ask(scene)
        await phone.hears(ANSWER)
        assert [line.text for line in lines(phone)] == [LINE, ANSWER]

    async def test_a_line_that_must_wait_for_the_answer_is_not_said_after_it(
        self, stage: Stage
    ) -> None:
        interim = StaticInterim(texts=(LINE,), latency_threshold_ms=800, delivery="bridge")
        flow = Callflow(number=NUMBER, interim=interim)
        brain = ScriptBrain([Thought(say=ANSWER)])
        scene = await stage(flow, brain=brain, voice_switches=VoiceSwitches(first_token_s=5))
        phone = await ask(scene)
        await phone.hears(ANSWER)
        await phone.waits(5)
        assert [line.text for line in lines(phone)] == [ANSWER]


class TestAdaptiveThreshold:
    """A tool's history decides when its line is due."""

    @pytest.mark.parametrize(
        ("lasted_ms", "takes_s", "due_ms"),
        [
            ([], 5, STARTING_MS),
            ([4_000] * 5, 5, EARLIEST_MS),
            ([2_000] * 5, 1.2, None),
        ],
    )
    async def test_a_line_comes_when_it_is_worth_it(
        self, stage: Stage, lasted_ms: list[float], takes_s: float, due_ms: int | None
    ) -> None:
        interim = StaticInterim(
            texts=(LINE,), triggers=(Trigger.TOOL,), latency_threshold_ms="adaptive"
        )
        if due_ms is None:  # a line so long that it would delay the answer more than it covers
            interim = StaticInterim(
                texts=(f"{LINE} {LINE} {LINE} {LINE}",),
                triggers=(Trigger.TOOL,),
                latency_threshold_ms="adaptive",
            )
        scene = await stage(look_up(interim, takes_s=takes_s), prompts=True)
        history: History = scene.app[SWITCHBOARD].common.history
        for each_ms in lasted_ms:
            history.note((NUMBER, "order_status"), each_ms)
        clock = Clock(scene)
        phone = await ask(scene)
        await phone.hears(ANSWER)
        heard = lines(phone)
        if due_ms is None:
            assert [line.text for line in heard] == [ANSWER]
        else:
            began_ms = heard[0].start_ms - clock.ms(phone, "tool_called")
            assert began_ms == pytest.approx(due_ms, abs=30)
        await phone.hangs_up()
        (wait,) = (await scene.record()).waits
        fixed_ms = min(wait.lasted_ms, STARTING_MS)
        assert wait.dead_air_saved_ms == pytest.approx(fixed_ms - wait.dead_air_ms, abs=2)

    async def test_waits_are_remembered_by_tool(self, stage: Stage) -> None:
        scene = await stage(look_up(static(Trigger.TOOL, "bridge"), takes_s=4), prompts=True)
        phone = await ask(scene)
        await phone.hears(ANSWER)
        await phone.hangs_up()
        (wait,) = (await scene.record()).waits
        (remembered,) = scene.app[SWITCHBOARD].common.history.of((NUMBER, "order_status"))
        assert remembered == pytest.approx(wait.lasted_ms, abs=1)


class TestFigures:
    """What a wait leaves on the record, whoever was to cover it."""

    @pytest.mark.parametrize("shape", ["separate", "same_response", "held_done"])
    async def test_the_services_own_line_is_told_from_the_answer(
        self, stage: Stage, shape: Any
    ) -> None:
        flow = look_up(static(Trigger.TOOL, "service"), takes_s=6)
        scene = await stage(flow, voice_switches=VoiceSwitches(interim_shape=shape))
        phone = await ask(scene)
        await phone.hears(ANSWER)
        await phone.hangs_up()
        (wait,) = (await scene.record()).waits
        assert (wait.by, wait.trigger, wait.end, wait.lines) == ("service", "tool", "answered", 1)
        assert wait.dead_air_ms == pytest.approx(920, abs=50)
        assert wait.lasted_ms == pytest.approx(6_450, abs=150)
        line, _ = lines(phone)
        assert wait.covered_ms == pytest.approx(line.end_ms - line.start_ms, abs=120)

    async def test_a_caller_who_hangs_up_while_waiting_is_counted(self, stage: Stage) -> None:
        scene = await stage(look_up(static(Trigger.TOOL, "bridge"), takes_s=30), prompts=True)
        phone = await ask(scene)
        await phone.waits(5)
        await phone.hangs_up()
        (wait,) = (await scene.record()).waits
        assert (wait.end, wait.lines, wait.wasted) == ("abandoned", 1, False)

    async def test_an_answer_just_after_a_line_began_is_a_waste_and_has_to_wait(
        self, stage: Stage
    ) -> None:
        scene = await stage(look_up(static(Trigger.TOOL, "bridge"), takes_s=0.5), prompts=True)
        phone = await ask(scene)
        await phone.hears(ANSWER)
        await phone.hangs_up()
        line, _ = lines(phone)
        wait: Wait = (await scene.record()).waits[0]
        assert (wait.wasted, wait.lines) == (True, 1)
        left_ms = line.end_ms - line.start_ms - (wait.lasted_ms - wait.dead_air_ms)
        assert wait.delayed_ms == pytest.approx(left_ms, abs=60)
