"""A wrong flow fails when it is made, in a sentence that names the remedy."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge import (
    Agent,
    Callflow,
    FlowError,
    HangUp,
    Limits,
    LlmInterim,
    Play,
    Say,
    StaticInterim,
    Transfer,
    Trigger,
)

NUMBER = "+18005550100"
AZURE, OPENAI = "en-US-Ava:DragonHDLatestNeural", "marin"
LINE = StaticInterim(texts=("One moment.",))
STEPS = (Say("Still looking.", after_ms=6_000), HangUp("Goodbye.", after_ms=9_000))
BY_SERVICE = StaticInterim(texts=("One moment.",), delivery="service")


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (lambda: Callflow(number="800 555 0100"), "international form"),
        (
            lambda: Callflow(number=NUMBER, interim=BY_SERVICE, voice=OPENAI),
            "nobody can deliver.*needs an Azure voice",
        ),
        (
            lambda: Callflow(number=NUMBER, interim=BY_SERVICE, model="gpt-realtime"),
            "needs an Azure voice",
        ),
        (lambda: Callflow(number=NUMBER, limits=Limits(longest_s=0)), "above 0"),
        (lambda: Callflow(number=NUMBER, phone_rate_hz=8_000), "16000 or 24000"),  # type: ignore[arg-type]
        (
            lambda: Callflow(number=NUMBER, voice_audio="pcm16"),  # type: ignore[arg-type]
            "one of pcm16_8000hz, pcm16_16000hz, pcm16_24000hz, g711_ulaw, g711_alaw, or left out",
        ),
        (
            lambda: Callflow(number=NUMBER, raw={"output_audio_format": "pcm16"}),
            "output_audio_format, which is voice_audio's",
        ),
        (lambda: Callflow(number=NUMBER, agent=Agent("a", "p"), model="gpt-4.1"), "leave them out"),
        (
            lambda: Callflow(number=NUMBER, agent=Agent("a", "p"), instructions="x"),
            "leave them out",
        ),
        (lambda: StaticInterim(texts=()), "at least one text"),
        (lambda: StaticInterim(texts=("One moment.", " ")), "none of them empty"),
        (lambda: StaticInterim(texts="One moment."), "is a tuple"),  # type: ignore[arg-type]
        (lambda: StaticInterim(texts=("x",), latency_threshold_ms=-1), "0 or more"),
        (lambda: StaticInterim(texts=("x",), triggers=()), "needs triggers"),
        (lambda: StaticInterim(texts=("x",), triggers="tool"), "needs triggers"),  # type: ignore[arg-type]
        (lambda: LlmInterim(triggers=("tools",)), "does not know the trigger 'tools'"),  # type: ignore[arg-type]
        (lambda: LlmInterim(max_completion_tokens=0), "below 1"),
        (lambda: LlmInterim(texts="One moment."), "is a tuple"),  # type: ignore[arg-type]
        (
            lambda: Callflow(
                number=NUMBER, agent=Agent("a", "p"), interim=LlmInterim(delivery="bridge")
            ),
            r"needs LlmInterim\(texts=",
        ),
        (
            lambda: Callflow(
                number=NUMBER,
                agent=Agent("a", "p"),
                interim=StaticInterim(texts=("x",), triggers=(Trigger.TOOL,), delivery="bridge"),
            ),
            "an agent's tools are not seen",
        ),
        (lambda: StaticInterim(texts=("x",), delivery="us"), "'auto', 'service' or 'bridge'"),  # type: ignore[arg-type]
        (
            lambda: Callflow(
                number=NUMBER, interim=StaticInterim(texts=("x",), delivery="service", then=STEPS)
            ),
            "knows no further steps",
        ),
        (
            lambda: Callflow(
                number=NUMBER,
                interim=StaticInterim(
                    texts=("x",), delivery="service", latency_threshold_ms="adaptive"
                ),
            ),
            "knows no adaptive threshold",
        ),
        (lambda: StaticInterim(texts=("x",), latency_threshold_ms="now"), "'adaptive' or a whole"),  # type: ignore[arg-type]
        (
            lambda: Callflow(number=NUMBER, interim=StaticInterim(texts=("Order {order}.",))),
            r"names a tool's parameter; give it to @flow.tool\(interim=",
        ),
        (lambda: Say(" "), "needs a text"),
        (lambda: Say("x", times=0), "times=1 or more"),
        (lambda: Say("x", times=2), "needs every_ms"),
        (lambda: Play("hold.mp3"), "needs a WAV file"),
        (lambda: Play("hold.wav", times=0), "times=1 or more, or none"),
        (lambda: StaticInterim(texts=("x",), then=(Say("y"),)), "needs after_ms"),
        (lambda: StaticInterim(texts=("x",), then=(Say("y", 1000),)), "later and later"),
        (lambda: StaticInterim(texts=("x",), then=STEPS[::-1]), "later and later"),
        (
            lambda: StaticInterim(texts=("x",), then=(HangUp(after_ms=4000), *STEPS[1:])),
            "only the last step",
        ),
        (lambda: Transfer("555"), "international form"),
    ],
)
def test_a_flow_that_cannot_work_is_refused(wrong: Callable[[], Any], remedy: str) -> None:
    with pytest.raises(FlowError, match=remedy):
        wrong()


def test_the_services_own_defaults_hold() -> None:
    static, llm = StaticInterim(texts=("x",)), LlmInterim()
    assert (static.triggers, static.latency_threshold_ms) == ((Trigger.LATENCY,), 2000)
    assert (llm.triggers, llm.latency_threshold_ms) == ((Trigger.LATENCY,), 2000)
    assert (llm.model, llm.max_completion_tokens) == ("gpt-4.1-mini", 50)


@pytest.mark.parametrize(
    ("flow", "pipeline", "model", "language"),
    [
        (Callflow(number=NUMBER), "cascade", "gpt-4.1-mini", "en-US"),
        (
            Callflow(number=NUMBER, model="gpt-realtime-2.1"),
            "realtime",
            "gpt-realtime-2.1",
            "en-US",
        ),
        (Callflow(number=NUMBER, agent=Agent("a", "p")), "agent", None, "en-US"),
        (
            Callflow(number=NUMBER, voice="de-DE-SeraphinaNeural"),
            "cascade",
            "gpt-4.1-mini",
            "de-DE",
        ),
        (
            Callflow(number=NUMBER, model="gpt-realtime", voice=OPENAI),
            "realtime",
            "gpt-realtime",
            "en-US",
        ),
    ],
)
def test_a_flow_knows_its_pipeline_and_language(
    flow: Callflow, pipeline: str, model: str | None, language: str
) -> None:
    assert (flow.pipeline, flow.model, flow.language) == (pipeline, model, language)


def test_interim_on_a_realtime_model_with_an_azure_voice_is_accepted() -> None:
    assert Callflow(number=NUMBER, model="gpt-realtime", voice=AZURE, interim=LINE).interim is LINE


def test_a_flow_led_by_an_agent_takes_no_tools() -> None:
    flow = Callflow(number=NUMBER, agent=Agent("a", "p"))

    async def weather() -> str:
        """Tell the weather."""
        return "fine"

    with pytest.raises(FlowError, match="belong to the agent"):
        flow.tool(weather)


TOOL = (Trigger.TOOL,)


@pytest.mark.parametrize(
    ("flow", "by"),
    [
        (Callflow(number=NUMBER, interim=StaticInterim(texts=("x",), triggers=TOOL)), "service"),
        (Callflow(number=NUMBER, interim=LlmInterim(triggers=TOOL)), "service"),
        (
            Callflow(number=NUMBER, interim=StaticInterim(texts=("x",), triggers=TOOL, then=STEPS)),
            "bridge",
        ),
        (
            Callflow(
                number=NUMBER, voice=OPENAI, interim=StaticInterim(texts=("x",), triggers=TOOL)
            ),
            "bridge",
        ),
        (
            Callflow(
                number=NUMBER,
                interim=StaticInterim(texts=("x",), triggers=TOOL, delivery="bridge"),
            ),
            "bridge",
        ),
    ],
)
def test_each_trigger_has_one_deliverer(flow: Callflow, by: str) -> None:
    assert {trigger: delivered.by for trigger, delivered in flow.deliveries.items()} == {
        Trigger.TOOL: by
    }


def test_a_ladder_has_its_repeats_in_order_of_time() -> None:
    again, last = Say("y", 2_000, every_ms=3_000, times=3), HangUp(after_ms=7_000)
    music = Play("hold.wav", 4_000)
    interim = StaticInterim(texts=("x",), latency_threshold_ms=500, then=(again, music, last))
    assert interim.ladder == [
        (2_000, again),
        (4_000, music),
        (5_000, again),
        (7_000, last),
        (8_000, again),
    ]
