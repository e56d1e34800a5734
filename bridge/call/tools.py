"""Tools at work: never on the read loop, all of a turn in parallel, then one response."""

import asyncio
from dataclasses import dataclass, field

from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.contracts import Came, Ledger, Run, problem_text
from bridge.call.ends import By, CallEnd
from bridge.call.events import ToolCalled
from bridge.call.gate import Gate
from bridge.call.legs import VoiceLeg
from bridge.call.parting import end_of
from bridge.call.race import race
from bridge.call.record import UNKNOWN, ToolUse
from bridge.call.waits import Waits
from bridge.flow.call import Ear
from bridge.flow.errors import ToolError

log = get_logger(__name__)


@dataclass
class _Turn:
    """The tools that one response called."""

    running: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the response has ended: no more tools will be called in it."""
    runs: list[Run] = field(default_factory=list)
    wants_answer: bool = False
    """Whether the caller waits for any of the results."""

    @property
    def is_complete(self) -> bool:
        """Whether every call has its result, and no more will come."""
        return self.ended.is_set() and not self.running


class ToolDesk:
    """Runs what the model calls and hands in the results.

    A tool that raises, hangs or returns nonsense costs the caller an answer, not the call: the
    model gets a short error text, the log the traceback.
    """

    def __init__(
        self,
        one: OneCall,
        voice: VoiceLeg,
        gate: Gate,
        waits: Waits,
        *,
        ear: Ear,
    ) -> None:
        self._call = one.call
        self._tools = one.flow.tools
        self._most = one.flow.limits.most_tool_calls
        self._ear = ear
        self._voice = voice
        self._gate = gate
        self._waits = waits
        self._parting = one.parting
        self._record = one.record
        self._flight = one.flight
        self._timeline = one.timeline
        self._ledger = Ledger()
        self._turns: dict[str, _Turn] = {}
        self._called: asyncio.Queue[ToolCalled] = asyncio.Queue()
        self._owes_answer = False
        """All tools of a turn were cancelled by the caller, whose own turn should be answered."""
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[CallEnd] = self._loop.create_future()

    async def run(self) -> CallEnd:
        """Run tools as they are called; returns when one of them ends the call.

        Raises:
            VoiceLost: the speech service is gone.
        """
        return await race(self._work_off(), self._ended())

    async def _work_off(self) -> CallEnd:
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(self._serve(await self._called.get()))
        except BaseExceptionGroup as failed:  # the verdict needs the error itself
            raise failed.exceptions[0] from None

    async def _ended(self) -> CallEnd:
        return await self._end

    def start(self, called: ToolCalled) -> None:
        """Start a tool, or have the result of an identical call serve; returns at once."""
        self._turns.setdefault(called.response_id, _Turn()).running += 1
        self._called.put_nowait(called)

    async def response_ended(self, response_id: str) -> None:
        """The response that called tools is complete: once they are, ask for the answer."""
        if turn := self._turns.get(response_id):
            turn.ended.set()
            await self._answer(response_id)

    async def response_stalled(self, response_id: str) -> bool:
        """The same for one that will not end; whether tools are at work, and answers to come."""
        at_work = bool(self._turns)
        await self.response_ended(response_id)
        return at_work

    def caller_starts(self) -> None:
        """The caller speaks: tools that are not to go on then are cancelled."""
        self._ledger.caller_starts()

    def response_started(self, request: str | None) -> None:
        """The service's own response is to the caller, whose words may come only after it."""
        if request is None:
            self._ledger.caller_understood()
            self._owes_answer = False

    async def caller_said(self, text: str) -> None:
        """What the service understood; it answers by itself unless it was noise."""
        if text:
            self._ledger.caller_understood()
        elif self._owes_answer:
            await self._gate.ask(self._voice.respond)
        self._owes_answer = False

    async def _serve(self, called: ToolCalled) -> None:
        """See one call through, from its arguments to its result."""
        came = (called, self._loop.time())
        tool = self._tools.get(called.name)
        if len(self._record.tools) >= self._most:
            self._note(came, "declined")
            await self._hand_in([came], problem_text("Nothing more can be done in this call."))
            return
        if tool is None:
            self._note(came, "failed")
            await self._hand_in([came], problem_text(f"There is no tool named {called.name}."))
            return
        try:
            arguments = tool.parse(called.arguments)
        except ToolError as declined:
            self._note(came, "declined")
            await self._hand_in([came], problem_text(str(declined)))
            return
        run = self._ledger.find(tool, arguments)
        if run is None:
            await self._work(self._ledger.open(tool, arguments, came, self._ear))
        elif run.output is None:
            run.calls.append(came)
        else:
            self._note(came, "joined")
            await self._hand_in([came], run.output, run)

    async def _work(self, run: Run) -> None:
        """Run a tool for all who call for it meanwhile, and do what it returned."""
        first = run.calls[0]
        self._waits.tool_starts(run.tool, run.arguments)
        entry = self._timeline.tool_begins(run.tool.name)
        result = await run.carry_out(self._call)
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError  # the tool did not mind that its call has ended
        self._timeline.tool_ends(entry, run.outcome)
        self._note(first, run.outcome)
        took_ms = self._record.tools[-1].took_ms
        self._flight.tool(run.tool.name, took_ms, run.outcome, result)
        if not isinstance(result, str):
            if not result.say:
                await self._turns[first[0].response_id].ended.wait()  # it may announce it itself
            problem = await self._parting.take(result, self._say, answers=True)
            if problem is None:
                self._finish(end_of(result, By.AGENT))
                return
            result = problem_text(f"The transfer failed: {problem}. The caller is still here.")
        self._ledger.close(run, result)
        self._waits.tool_ends(run.tool, run.arguments, cancelled=run.outcome == "cancelled")
        for later in run.calls[1:]:
            self._note(later, "joined")
        await self._hand_in(run.calls, result, run)

    def _note(self, came: Came, outcome: str) -> None:
        called, at_s = came
        took_ms = round((self._loop.time() - at_s) * 1000)
        name = called.name if called.name in self._tools else UNKNOWN  # the model's own word
        self._record.tools.append(ToolUse(name, took_ms, outcome))
        log.info(
            "tool.ended",
            tool=name,
            took_ms=took_ms,
            outcome=outcome,
            arguments=called.arguments,
        )

    async def _hand_in(self, calls: list[Came], output: str, run: Run | None = None) -> None:
        """Give the service its output for each call, and ask for an answer where it is due."""
        for called, _ in calls:
            await self._voice.give_output(called.call_id, output)
            self._flight.output()
            turn = self._turns[called.response_id]
            turn.running -= 1
            turn.wants_answer |= run is None or run.outcome != "cancelled"
            turn.runs += [run] if run else []
        await self._answer(*dict.fromkeys(called.response_id for called, _ in calls))

    async def _answer(self, *response_ids: str) -> None:
        """Ask for one answer to all of these that are complete."""
        complete = [
            self._turns.pop(response_id)
            for response_id in response_ids
            if self._turns[response_id].is_complete
        ]
        if any(turn.wants_answer for turn in complete):
            answered = await self._gate.ask(self._voice.respond)
            for run in (run for turn in complete for run in turn.runs):
                run.answered = run.answered or answered
        elif complete:
            self._owes_answer = True

    async def _say(self, text: str) -> None:
        """Have the agent speak, as part of the conversation."""
        spoken = await self._gate.ask(lambda: self._voice.say(text))
        await spoken.wait()

    def _finish(self, end: CallEnd) -> None:
        if not self._end.done():
            self._end.set_result(end)
