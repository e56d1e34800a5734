"""What happens in a call, as it happens."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson
from structlog import get_config
from structlog.typing import EventDict, Processor

from bridge.lab.report import Event
from bridge.lab.script import ToolUsed
from bridge.lab.voicelive import Happening

Told = Callable[[float, str, str], None]
"""Told of each thing as it happens: seconds since the beginning, its kind, and a text."""

KINDS = frozenset({"line", "caller", "agent", "interim", "tool_called", "tool_answered"})


def nobody(_: float, __: str, ___: str) -> None:
    """Nobody looks on."""


class Timeline:
    """What was said, called and answered, from the agent's side and the bridge's log."""

    def __init__(self, greeting: str, told: Told = nobody) -> None:
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        """What the agent has said, but for the greeting."""
        self._greeting = greeting
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._noted: list[tuple[float, str, str]] = []

    def add(self, kind: str, text: str) -> None:
        """Note that something begins now."""
        now_s = self._loop.time()
        self._noted.append((now_s, kind, text))
        self._told(now_s - self._began_s, kind, text)

    def happens(self, happening: Happening) -> None:
        """Take in what the agent's side does."""
        kind = {"agent_said": "agent"}.get(happening.kind, happening.kind)
        is_noted = self._noted and self._noted[-1][1:] == (kind, happening.text)
        if kind in KINDS and not is_noted:
            self.add(kind, happening.text)
        if kind == "agent" and happening.text != self._greeting:
            self.answers.put_nowait(happening.text)

    @contextmanager
    def listening_to_the_log(self) -> Iterator[None]:
        """Meanwhile, take in what the bridge says by itself."""
        processors: list[Processor] = get_config()["processors"]
        processors.insert(0, self._logged)
        try:
            yield
        finally:
            processors.remove(self._logged)

    def _logged(self, _: object, __: str, event: EventDict) -> EventDict:
        if event["event"] == "greeting.played":
            self.add("agent", self._greeting)
        elif event["event"] == "interim.spoken":
            self.add("interim", event["text"])
        return event

    @property
    def interim(self) -> list[str]:
        """The lines that covered waits, in order."""
        return [text for _, kind, text in self._noted if kind == "interim"]

    @property
    def tools(self) -> list[ToolUsed]:
        """The tools that the model has called, in order."""
        called = [text.partition(" ") for _, kind, text in self._noted if kind == "tool_called"]
        return [ToolUsed(name=name, arguments=orjson.loads(given)) for name, _, given in called]

    def events(self, answered_s: float) -> list[Event]:
        """What was noted, timed from the answer."""
        return [Event((at - answered_s) * 1000, kind, text) for at, kind, text in self._noted]
