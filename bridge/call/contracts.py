"""What tools promise: an answer in time, and that a write happens once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
from pydantic import BaseModel
from structlog import get_logger

from bridge.call.events import ToolCalled
from bridge.flow.call import Call, Ear
from bridge.flow.digits import Entry, Secret
from bridge.flow.errors import ToolError
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.tool import Tool

LARGEST_RESULT_BYTES = 64 * 1024
"""Of a result as text; nobody listens to more."""

Came = tuple[ToolCalled, float]
"""A call, and the loop time at which it came."""

log = get_logger(__name__)


class Run:
    """One run of a tool, and the calls that its result serves: the `Ear` of that run."""

    def __init__(self, tool: Tool, arguments: BaseModel, first: Came, ear: Ear) -> None:
        self.tool = tool
        self.arguments = arguments
        self.calls = [first]
        self.outcome = ""
        """How it went, as in `ToolUse`."""
        self.output: str | None = None
        """What the model is told, once the run is over."""
        self.answered: asyncio.Event | None = None
        """Set when the model's answer to the first call is complete."""
        self._limit: asyncio.Timeout | None = None
        """While the tool runs."""
        self._caller_spoke = False
        self._ear = ear
        self._askers: set[asyncio.Task[Any] | None] = set()
        """Who of the tool asks the caller for something; its time stands still meanwhile."""
        self._left_s = 0.0
        self._secrets: list[Secret] = []

    @property
    def was_told(self) -> bool:
        """Whether the model has answered with the result."""
        return bool(self.answered and self.answered.is_set())

    def caller_starts(self) -> None:
        """The caller speaks: a tool whose contract says so is cancelled."""
        limit = self._limit
        cancels = self.tool.on_barge_in == "cancel" and not self._askers
        if limit and cancels and not limit.expired():
            self._caller_spoke = True
            limit.reschedule(asyncio.get_running_loop().time())

    async def carry_out(self, call: Call) -> HangUp | Transfer | str:
        """What the tool returned, an outcome or the output for the model; `outcome` is how."""
        try:
            return self._without_secrets(await self._in_time(call))
        finally:
            for secret in self._secrets:
                secret.wipe()
            for asker in self._askers:
                if asker:
                    asker.cancel()  # nobody is left to take the answer

    async def _in_time(self, call: Call) -> HangUp | Transfer | str:
        name = self.tool.name
        try:
            async with asyncio.timeout(self.tool.timeout_ms / 1000) as self._limit:
                result, self.outcome = await self._attempt(replace(call, ear=self), self._limit)
        except TimeoutError:
            if self._caller_spoke:
                self.outcome = "cancelled"
                return problem_text(f"{name} was cancelled: the caller spoke.")
            self.outcome = "timed_out"
            return problem_text(f"{name} took too long.")
        finally:
            self._limit = None
        return result

    def _without_secrets(self, result: HangUp | Transfer | str) -> HangUp | Transfer | str:
        """The result, should its author have put digits into it that were given in confidence."""
        if not self._secrets or isinstance(result, str):
            return self._hidden(result) if isinstance(result, str) else result
        say = result.say and self._hidden(result.say)
        if isinstance(result, HangUp):
            return replace(result, say=say)
        headers = {name: self._hidden(value) for name, value in result.headers.items()}
        brief = result.brief and self._hidden(result.brief)
        return replace(result, say=say, brief=brief, headers=headers)

    def _hidden(self, text: str) -> str:
        shown = text
        for secret in self._secrets:
            shown = secret.hidden_in(shown)
        if shown != text:
            log.warning("secret.returned", tool=self.tool.name)
        return shown

    def progress(self, text: str) -> None:
        """The tool tells how far it is."""
        self._ear.progress(self._hidden(text))

    async def digits(self, entry: Entry) -> str | Secret:
        """The tool asks the caller; its time stands still meanwhile.

        Raises:
            NoDigits: the caller entered nothing.
        """
        with self._time_stands_still():
            prompt = self._hidden(entry.prompt) if entry.prompt else None
            entered = await self._ear.digits(replace(entry, prompt=prompt))
        if isinstance(entered, Secret):
            self._secrets.append(entered)
        return entered

    @contextmanager
    def _time_stands_still(self) -> Iterator[None]:
        loop, limit, asker = asyncio.get_running_loop(), self._limit, asyncio.current_task()
        if limit is None:
            raise RuntimeError("A tool asks while it runs.")
        if not self._askers:
            self._left_s = (limit.when() or loop.time()) - loop.time()
            limit.reschedule(None)
        self._askers.add(asker)
        try:
            yield
        finally:
            self._askers.discard(asker)
            if not self._askers and self._limit is limit:
                limit.reschedule(loop.time() + self._left_s)

    async def _attempt(
        self, call: Call, limit: asyncio.Timeout
    ) -> tuple[HangUp | Transfer | str, str]:
        tool, retries = self.tool, self.tool.retries
        while True:
            try:
                return _output(tool.name, await tool.run(call, self.arguments))
            except ToolError as declined:
                return _told(tool.name, problem_text(str(declined)), "declined")
            except Exception as error:  # author's code: it costs the caller an answer only
                if limit.expired():
                    raise TimeoutError from error
                if not retries:
                    shown = not self._secrets  # an error may name what it could not read
                    log.exception("tool.failed", tool=tool.name, exc_info=shown)
                    return problem_text(f"{tool.name} failed."), "failed"
                retries -= 1
                log.warning("tool.retried", tool=tool.name, error=type(error).__name__)


class Ledger:
    """The runs whose result serves an identical call: same tool, equal arguments.

    A run that is not over serves, whatever it does and whatever the caller says meanwhile. A write
    goes on to serve until the model has answered with its result and the caller, beginning to speak
    after that, has been understood: "Okay" on top of a write that just ended is no second order.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._spent: list[Run] = []
        """Writes that were answered before the caller began to speak."""

    def find(self, tool: Tool, arguments: BaseModel) -> Run | None:
        """The run that serves this call, too."""
        for run in self._runs:
            if run.tool is tool and run.arguments == arguments:
                return run
        return None

    def open(self, tool: Tool, arguments: BaseModel, first: Came, ear: Ear) -> Run:
        """A run begins."""
        run = Run(tool, arguments, first, ear)
        self._runs.append(run)
        return run

    def close(self, run: Run, output: str) -> None:
        """A run is over."""
        run.output = output
        if run.tool.effect == "read":
            self._runs.remove(run)

    def caller_starts(self) -> None:
        """The caller begins to speak."""
        self._spent = [run for run in self._runs if run.was_told]
        for run in self._runs:
            run.caller_starts()

    def caller_understood(self) -> None:
        """What the caller said is a new turn, in which the same call is a new order."""
        self._runs = [run for run in self._runs if run not in self._spent]
        self._spent = []


def _output(tool: str, result: Any) -> tuple[HangUp | Transfer | str, str]:
    """The result as the model shall read it; outcomes as they are."""
    match result:
        case HangUp():
            return result, "hang_up"
        case Transfer():
            return result, "transfer"
        case str():
            return _told(tool, result, "ok")
        case dict() | list():
            return _told(tool, orjson.dumps(result).decode(), "ok")
    raise TypeError(
        f"a tool returns str, dict, list, HangUp or Transfer, and not {type(result).__name__}"
    )


def _told(tool: str, text: str, outcome: str) -> tuple[str, str]:
    size = len(text.encode())
    if size <= LARGEST_RESULT_BYTES:
        return text, outcome
    log.warning("tool.result_too_large", tool=tool, size_bytes=size)
    return problem_text(f"{tool} returned too much to tell."), "failed"


def problem_text(text: str) -> str:
    """What the model reads where there is no result."""
    return orjson.dumps({"error": text}).decode()
