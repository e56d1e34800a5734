"""The model, the tools and what was understood in a recorded call, each as they were."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any

import orjson

from bridge.audio.pcm import duration_ms
from bridge.flow.call import Call, Ear
from bridge.flow.callflow import Callflow
from bridge.flow.digits import Entry, NoDigits
from bridge.flow.errors import ToolError
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.tool import Tool
from bridge.lab.speech import Heard
from bridge.lab.voicelive import Brain, ScriptBrain, Thought, ToolCall
from bridge.rehearsal.backends import BackendFailed
from bridge.service.recorded import Note, Recorded


def model(recorded: Recorded) -> Brain:
    """One that says and calls what the model did, as late as it did."""
    turns = recorded.of_kind("model")
    return ScriptBrain(
        [_thought(turn) for turn in turns if not turn.answers],
        [_thought(turn) for turn in turns if turn.answers],
    )


def _thought(turn: Note) -> Thought:
    calls = tuple(ToolCall(call.name, _arguments(call.arguments)) for call in turn.calls)
    after_s = None if turn.first_ms is None else turn.first_ms / 1000
    return Thought(turn.says or None, calls, after_s)


def _arguments(text: str) -> dict[str, Any]:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


class PlayedEars:
    """Ears that understand what was understood, one turn after the other, whatever they hear."""

    def __init__(self, recorded: Recorded) -> None:
        self._said = iter(recorded.of_kind("caller_said"))

    async def recognise(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        """What the caller said next."""
        said = next(self._said, None)
        length_ms = duration_ms(pcm, rate_hz)
        return [Heard(said.text, 0, length_ms, complete=True)] if said and said.text else []


def with_tools(flow: Callflow, recorded: Recorded) -> Callflow:
    """A flow like this one, whose tools ask, tell and return what they did, as late as they did."""
    other = copy(flow)
    runs: dict[str, list[_Run]] = {}
    for run in _runs(recorded):
        runs.setdefault(run.note.name, []).append(run)
    called = Counter(call.name for turn in recorded.of_kind("model") for call in turn.calls)
    tools = {}
    for name, tool in flow.tools.items():
        done = runs.get(name, [])
        tools[name] = _played(tool, done, hangs=called[name] > len(done))
    object.__setattr__(other, "tools", tools)
    return other


@dataclass(frozen=True)
class _Run:
    note: Note
    """Of its result."""
    deeds: list[Note]
    """What it asked and told the caller meanwhile."""


def _runs(recorded: Recorded) -> Iterator[_Run]:
    """Runs in the order of their results; what is asked belongs to the run that ends next."""
    deeds: list[Note] = []
    for note in recorded.of_kind("asks", "asked", "progress", "tool"):
        if note.kind == "tool":
            yield _Run(note, deeds)
            deeds = []
        else:
            deeds.append(note)


def _played(tool: Tool, runs: list[_Run], *, hangs: bool) -> Tool:
    """A tool that does these runs; after the last it never comes back, or declines."""
    left = iter(runs)

    async def work(**values: Any) -> Any:
        run = next(left, None)
        if run is None:
            if hangs:
                await asyncio.Event().wait()
            raise ToolError("This was not asked for when the call was recorded.")
        call = next((value for value in values.values() if isinstance(value, Call)), None)
        note = run.note
        at_ms = note.at_ms - note.took_ms
        for deed in run.deeds:
            if deed.kind == "asked":
                at_ms = deed.at_ms  # while it asked, its time stood still
                continue
            await asyncio.sleep(max(0, deed.at_ms - at_ms) / 1000)
            at_ms = deed.at_ms
            if call and call.ear:
                await _does(call.ear, deed)
        await asyncio.sleep(max(0, note.at_ms - at_ms) / 1000)
        return await _result(note)

    return replace(tool, function=work, retries=0)  # what they took is part of the run


async def _does(ear: Ear, deed: Note) -> None:
    if deed.kind == "progress":
        ear.progress(deed.text)
        return
    how = {each.name: getattr(deed, each.name) for each in fields(Entry)}
    with suppress(NoDigits):  # what came of that was recorded, too
        await ear.digits(Entry(**how))


async def _result(note: Note) -> Any:
    match note.outcome, note.result:
        case "hang_up", dict(how):
            return HangUp(**how)
        case "transfer", dict(how):
            return Transfer(**how)
        case "declined", str(text):
            raise ToolError(str(_arguments(text).get("error", text)))
        case "failed", _:
            raise BackendFailed("as in the recording")
        case (("timed_out" | "cancelled"), _):
            await asyncio.Event().wait()
    return note.result
