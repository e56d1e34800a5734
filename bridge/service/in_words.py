"""A call flow in words, as `interlude check` shows it."""

from collections.abc import Iterator

from bridge.flow.callflow import Callflow
from bridge.flow.interim import Interim, Play, Say, Step
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.tool import Tool
from bridge.flow.wording import doubts


def in_words(flow: Callflow) -> Iterator[tuple[str, str]]:
    """What a flow does, line by line, each with its label."""
    yield "led by", f"agent {flow.agent.name}" if flow.agent else f"{flow.model} ({flow.pipeline})"
    yield "voice", flow.voice or "the model's own"
    if flow.interim:
        yield "interim", f"{' or '.join(flow.interim.triggers)}, {_interim(flow.interim)}"
    for trigger, delivered in flow.deliveries.items():
        yield "", f"{trigger} by {delivered.by}: {delivered.why}"
    for tool in flow.tools.values():
        yield "tool", f"{tool.name}: {_contract(tool)}"
        if tool.interim is not flow.interim:
            yield "", f"its own interim: {_interim(tool.interim) if tool.interim else 'none'}"
    for doubt in doubts(flow):
        yield "warning", doubt


def _interim(interim: Interim) -> str:
    threshold = interim.latency_threshold_ms
    when = "adaptive" if threshold == "adaptive" else _s(threshold)
    return ", ".join((f"{type(interim).__name__} {when}", *map(_step, interim.then)))


def _step(step: Step) -> str:
    return f"{_what(step)} {_s(step.after_ms or 0)}"


def _what(step: Step) -> str:
    match step:
        case Say(times=times, every_ms=every_ms) if every_ms and times > 1:
            return f"Say {times} times, {every_ms / 1000:g} s apart,"
        case Play(file=file):
            return f"Play {file}"
        case Transfer() | HangUp():
            return f"give up by {type(step).__name__}"
    return type(step).__name__


def _contract(tool: Tool) -> str:
    retries = f", {tool.retries} retries" if tool.retries else ""
    barge_in = ", cancelled when the caller speaks" if tool.on_barge_in == "cancel" else ""
    return f"{tool.effect} within {tool.timeout_ms / 1000:g} s{retries}{barge_in}"


def _s(after_ms: int) -> str:
    return f"after {after_ms / 1000:g} s"
