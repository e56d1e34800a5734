"""Tools at work: never on the read loop, all of a turn in parallel, then one response."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from structlog import get_logger

from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.gate import Gate
from bridge.call.legs import PhoneError, PhoneLeg, ToolCalled, VoiceLeg
from bridge.call.playout import Playout
from bridge.call.race import race
from bridge.call.record import Record, ToolUse
from bridge.flow.call import Call
from bridge.flow.errors import ToolError
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.tool import Tool

log = get_logger(__name__)


@dataclass
class _Turn:
    """The tools that one response called."""

    running: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the response has ended: no more tools will be called in it."""


class ToolDesk:
    """Runs what the model calls and hands in the results.

    A tool that raises, hangs or returns nonsense costs the caller an answer, not the call: the
    model gets a short error text, the log the traceback.
    """

    def __init__(
        self,
        call: Call,
        tools: dict[str, Tool],
        *,
        phone: PhoneLeg,
        voice: VoiceLeg,
        playout: Playout,
        gate: Gate,
        record: Record,
    ) -> None:
        self._call = call
        self._tools = tools
        self._phone = phone
        self._voice = voice
        self._playout = playout
        self._gate = gate
        self._record = record
        self._turns: dict[str, _Turn] = {}
        self._called: asyncio.Queue[ToolCalled] = asyncio.Queue()
        self._end: asyncio.Future[CallEnd] = asyncio.get_running_loop().create_future()

    async def run(self) -> CallEnd:
        """Run tools as they are called; returns when one of them ends the call."""
        return await race(self._work_off(), self._ended())

    async def _work_off(self) -> CallEnd:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._work(await self._called.get()))

    async def _ended(self) -> CallEnd:
        return await self._end

    def start(self, called: ToolCalled) -> None:
        """Start a tool; returns at once."""
        self._turns.setdefault(called.response_id, _Turn()).running += 1
        self._called.put_nowait(called)

    async def response_ended(self, response_id: str) -> None:
        """The response that called tools is complete: once they are, ask for the answer."""
        if turn := self._turns.get(response_id):
            turn.ended.set()
            await self._answer_if_complete(response_id)

    async def _work(self, called: ToolCalled) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        result, outcome = await self._result(called)
        took_ms = round((loop.time() - started) * 1000)
        self._record.tools.append(ToolUse(called.name, took_ms, outcome))
        log.info("tool.ended", tool=called.name, took_ms=took_ms, outcome=outcome)
        match result:
            case HangUp(say=say):
                await self._announce(say, called.response_id)
                self._finish(CallEnd(By.AGENT, Reason.HUNG_UP))
                return
            case Transfer(to=to, say=say):
                await self._announce(say, called.response_id)
                problem = await self._transfer(to)
                if problem is None:
                    self._finish(CallEnd(By.AGENT, Reason.TRANSFERRED, Then.NOTHING))
                    return
                result = _problem(f"The transfer failed: {problem}. The caller is still here.")
        await self._voice.give_output(called.call_id, result)
        self._turns[called.response_id].running -= 1
        await self._answer_if_complete(called.response_id)

    async def _result(self, called: ToolCalled) -> tuple[Any, str]:
        """What the tool returned, an outcome or the output for the model; and how it went."""
        tool = self._tools.get(called.name)
        if tool is None:
            return _problem(f"There is no tool named {called.name}."), "failed"
        try:
            async with asyncio.timeout(tool.timeout_ms / 1000):
                result = await tool.run(self._call, called.arguments)
            return _output(result)
        except ToolError as declined:
            return _problem(str(declined)), "declined"
        except TimeoutError:
            return _problem(f"{tool.name} took too long."), "timed_out"
        except Exception:  # author's code: whatever it raises costs the caller an answer only
            log.exception("tool.failed", tool=tool.name)
            return _problem(f"{tool.name} failed."), "failed"

    async def _announce(self, say: str | None, response_id: str) -> None:
        """Speak, if there is something to say, and wait until the caller has heard it."""
        if say is None:
            await self._turns[response_id].ended.wait()
        else:
            spoken = await self._gate.ask(lambda: self._voice.say(say))
            await spoken.wait()
        await self._playout.drained()

    async def _transfer(self, to: str) -> str | None:
        try:
            return await self._phone.transfer(to)
        except PhoneError as error:
            return str(error)

    async def _answer_if_complete(self, response_id: str) -> None:
        turn = self._turns[response_id]
        if turn.ended.is_set() and not turn.running:
            del self._turns[response_id]
            await self._gate.ask(self._voice.respond)

    def _finish(self, end: CallEnd) -> None:
        if not self._end.done():
            self._end.set_result(end)


def _output(result: Any) -> tuple[Any, str]:
    """The result as the model shall read it; outcomes as they are."""
    match result:
        case HangUp():
            return result, "hang_up"
        case Transfer():
            return result, "transfer"
        case str():
            return result, "ok"
        case dict() | list():
            return orjson.dumps(result).decode(), "ok"
    raise TypeError(
        f"a tool returns str, dict, list, HangUp or Transfer, and not {type(result).__name__}"
    )


def _problem(text: str) -> str:
    return orjson.dumps({"error": text}).decode()
