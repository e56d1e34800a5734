"""Prompts: what a flow says in words that are known before anybody calls."""

from collections.abc import Iterator

from bridge.flow.callflow import Callflow
from bridge.flow.interim import Say


def fixed_texts(flow: Callflow) -> tuple[str, ...]:
    """Every text that `flow` says word for word, once: the greeting, then the interim lines."""
    return tuple(dict.fromkeys(text for text in _texts(flow) if text and text.strip()))


def _texts(flow: Callflow) -> Iterator[str | None]:
    yield flow.greeting
    if flow.interim:
        yield from flow.interim.texts
        for step in flow.interim.then:
            yield step.text if isinstance(step, Say) else step.say
