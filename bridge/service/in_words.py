"""A call flow in words, as `interlude check` shows it."""

from collections.abc import Iterator

from bridge.flow.callflow import Callflow
from bridge.flow.interim import Interim, Play, Say, Step
from bridge.flow.limits import Limits
from bridge.flow.manners import Silence
from bridge.flow.outcomes import HangUp, Transfer, Voicemail
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
    yield from _manners(flow)
    for doubt in doubts(flow):
        yield "warning", doubt


def _manners(flow: Callflow) -> Iterator[tuple[str, str]]:
    if flow.hours:
        yield "hours", flow.hours.in_words()
    yield "silence", _silence(flow.silence)
    yield "fallback", f'if speech fails: "{flow.fallback.say}", then {_does(flow.fallback.then)}'
    for key, outcome in flow.keypad.items():
        yield "keypad", f"{key} {_does(outcome)}"
    yield "limits", ", ".join(_limits(flow.limits))
    yield "when full", _overflow(flow.limits.overflow)
    if flow.recording:
        consent = flow.recording.consent
        yield "recording", f'after "{consent}"' if consent else "from the first word, unannounced"


def _silence(silence: Silence | None) -> str:
    if silence is None:
        return "the line waits, however long the caller says nothing"
    times = len(silence.reprompts)
    if not times:
        return f"{_does(silence.then)} {_s(silence.after_ms)}"
    asks = "once" if times == 1 else f"{times} times"
    pause = f"{silence.after_ms / 1000:g} s of silence before each"
    return f"asks {asks}, then {_does(silence.then)}; {pause}"


def _limits(limits: Limits) -> Iterator[str]:
    yield f"hangs up after {limits.longest_s / 60:g} min"
    yield f"{limits.most_tool_calls} tool calls and {limits.most_reconnects} reconnects a call"
    if limits.calls_per_hour:
        yield f"{limits.calls_per_hour} calls an hour from one caller"
    if limits.blocked:
        yield f"{len(limits.blocked)} blocked"
    if limits.most_calls:
        yield f"{limits.most_calls} calls at a time"


def _overflow(outcome: HangUp | Transfer | Voicemail) -> str:
    match outcome:
        case Voicemail(say=say):
            return f'answers, says "{say}", and records a message'
        case HangUp(say=None | ""):
            return "the caller hears the busy tone"
        case _ if outcome.say:
            return f'answers, says "{outcome.say}", then {_does(outcome)}'
    return _does(outcome)


def _does(outcome: HangUp | Transfer) -> str:
    match outcome:
        case Transfer(to=to, brief=brief):
            return f"transfers to {to}{', if a colleague there takes the call' if brief else ''}"
    return "hangs up"


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
