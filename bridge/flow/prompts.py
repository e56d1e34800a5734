"""Prompts: what a flow says in words that are known before anybody calls."""

from collections.abc import Iterator

from bridge.flow.callflow import Callflow
from bridge.flow.interim import Interim, Play
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.template import placeholders


def interims(flow: Callflow) -> list[Interim]:
    """Every interim response of `flow`, once: the flow's, then those of tools."""
    own = [flow.interim, *(tool.interim for tool in flow.tools.values())]
    return list(dict.fromkeys(interim for interim in own if interim))


def fixed_texts(flow: Callflow) -> tuple[str, ...]:
    """Every text that `flow` says word for word, once: the greeting, then the interim lines."""
    return tuple(dict.fromkeys(text for text in _texts(flow) if text and text.strip()))


def sounds(flow: Callflow) -> set[str]:
    """Files that `flow` plays."""
    return {
        step.file for interim in interims(flow) for step in interim.then if isinstance(step, Play)
    }


def _texts(flow: Callflow) -> Iterator[str | None]:
    yield flow.greeting
    for interim in interims(flow):
        yield from (text for text in interim.lines if not placeholders(text))
        yield from (step.say for step in interim.then if isinstance(step, Transfer | HangUp))
