"""A tool may cover the wait for it in its own way."""

from typing import Any

import pytest

from bridge import Callflow, FlowError, HangUp, LlmInterim, Say, StaticInterim, Trigger

NUMBER = "+18005550100"
LINE = StaticInterim(texts=("One moment.",))
STEPS = (Say("Still looking.", after_ms=6_000), HangUp("Goodbye.", after_ms=9_000))
BY_SERVICE = StaticInterim(texts=("One moment.",), delivery="service")


def with_tool(flow: Callflow, interim: Any) -> Callflow:
    @flow.tool(interim=interim)
    async def order_status(order_number: str) -> str:
        """Look up an order."""
        return order_number

    return flow


class TestATool:
    """A tool may cover the wait for it in its own way."""

    def test_has_the_flows_interim_unless_it_says_otherwise(self) -> None:
        flow = with_tool(Callflow(number=NUMBER, interim=LINE), ...)
        assert flow.tools["order_status"].interim is LINE
        assert flow.deliveries[Trigger.LATENCY].by == "service"

    def test_may_put_its_line_in_place_of_the_flows(self) -> None:
        steps = StaticInterim(texts=("One moment.",), latency_threshold_ms=700, then=STEPS)
        flow = with_tool(Callflow(number=NUMBER, interim=steps), "Checking {order_number}.")
        assert flow.tools["order_status"].interim == StaticInterim(
            texts=("Checking {order_number}.",),
            triggers=(Trigger.TOOL,),
            latency_threshold_ms=700,
            then=STEPS,
        )

    @pytest.mark.parametrize("interim", [None, LINE])
    @pytest.mark.parametrize("own", [None, "Checking.", LlmInterim(), StaticInterim(texts=("x",))])
    def test_moves_all_delivery_to_the_bridge(self, interim: Any, own: Any) -> None:
        if interim is None and isinstance(own, str):
            return
        flow = with_tool(Callflow(number=NUMBER, interim=interim), own)
        deliveries = {trigger: delivered.by for trigger, delivered in flow.deliveries.items()}
        expected = {Trigger.LATENCY: "bridge"} if interim else {}
        assert deliveries == expected | ({Trigger.TOOL: "bridge"} if own else {})

    @pytest.mark.parametrize(
        ("interim", "own", "remedy"),
        [
            (None, "Checking.", "follows the flow's interim=..., and there is none"),
            (LINE, "Checking {order}.", "names order, and its parameters are order_number"),
            (LINE, "Checking {}.", "need the name of a parameter"),
            (LINE, "Checking {order_number!r}.", "need the name of a parameter"),
            (LINE, "Checking {order_number:>9}.", "need the name of a parameter"),
            (LINE, "Checking {order_number.real}.", "need the name of a parameter"),
            (LINE, "Checking {order_number.", "do not match"),
            (LINE, BY_SERVICE, "knows no interim responses for single tools"),
            (BY_SERVICE, "Checking.", "knows none for single tools \\(order_status\\)"),
        ],
    )
    def test_is_refused_what_nobody_can_say(self, interim: Any, own: Any, remedy: str) -> None:
        with pytest.raises(FlowError, match=remedy):
            with_tool(Callflow(number=NUMBER, interim=interim), own)
