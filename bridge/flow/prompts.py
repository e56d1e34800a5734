"""Prompts: what a flow says in words that are known before anybody calls."""

from collections.abc import Iterator

from bridge.flow.callflow import Callflow
from bridge.flow.interim import Interim, Play
from bridge.flow.outcomes import HangUp, Transfer, Voicemail
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
    steps = [step for interim in interims(flow) for step in interim.then]
    parting: list[object] = [*flow.keypad.values(), flow.fallback.then, flow.limits.overflow]
    if flow.hours:
        parting.append(flow.hours.closed)
    if flow.silence:
        parting.append(flow.silence.then)
    files = {step.file for step in steps if isinstance(step, Play)}
    transfers = [step for step in (*steps, *parting) if isinstance(step, Transfer)]
    return files | {transfer.music for transfer in transfers if transfer.music}


def _texts(flow: Callflow) -> Iterator[str | None]:
    if flow.recording:
        yield flow.recording.consent
    yield flow.greeting
    yield from (flow.fallback.meanwhile, flow.fallback.say)
    yield from said(flow.fallback.then)
    if flow.silence:
        yield from flow.silence.reprompts
        yield from said(flow.silence.then)
    yield from said(flow.machine)
    for outcome in flow.keypad.values():
        yield from said(outcome)
    yield from (flow.limits.notice, flow.limits.refusal)
    yield from said(flow.limits.overflow)
    if flow.hours and not isinstance(flow.hours.closed, str):
        yield from said(flow.hours.closed)
    for interim in interims(flow):
        yield from (text for text in interim.lines if not placeholders(text))
        for step in interim.then:
            if isinstance(step, Transfer | HangUp):
                yield from said(step)


def said(outcome: HangUp | Transfer | Voicemail) -> Iterator[str | None]:
    """What is said when this is done: to the caller, and to a colleague."""
    yield outcome.say
    if isinstance(outcome, Transfer):
        yield outcome.brief
