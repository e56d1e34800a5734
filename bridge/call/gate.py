"""One response at a time: the service refuses a second while the first is being made."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from math import inf

from structlog import get_logger

from bridge.call.ends import CallEnd
from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    ResponseEnded,
    SpeechStarted,
    SpeechStopped,
    Tokens,
    ToolCalled,
    VoiceEvent,
    VoiceProblem,
)
from bridge.call.record import Record
from bridge.call.responses import Request, Response, Wanted, always

ALREADY_ACTIVE = "conversation_already_has_active_response"

STALLED_S = 15.0
"""Without a sign of life for so long, a response is given up. Seen on live calls: a response that
began and never ended, where others took 2 to 4 s."""
AGENT_STALLED_S = 60.0
"""The same for an agent, whose own tools are not seen from outside."""

log = get_logger(__name__)


class Gate:
    """Lets requests for responses through, each when no response is active.

    The service also starts responses by itself, when the caller has stopped speaking. Where such a
    response and a request of ours cross, the service refuses the later one, whichever it is; what
    was refused is asked for again when the other has ended. While the caller speaks nothing is
    asked for, and what was to be asked for then, the service's own response to the caller serves.
    """

    def __init__(
        self,
        respond: Callable[[], Awaitable[str]],
        cancel: Callable[[str], Awaitable[None]],
        give_up: Callable[[str], Awaitable[None]],
        record: Record,
        *,
        stalled_s: float = STALLED_S,
    ) -> None:
        self._respond = respond
        self._cancel = cancel
        self._give_up_session = give_up
        self._record = record
        self._stalled_s = stalled_s
        self._active: dict[str, Response] = {}
        self._waiting: deque[Request] = deque()
        self._sent: Request | None = None
        self._moved_s = 0.0
        """Loop time at which a request was last sent, or refused, or the caller had spoken."""
        self._spoken_s = inf
        """Loop time at which the caller had spoken last; not while they speak."""
        self._busy = asyncio.Event()
        self._is_doubted = False
        """The last response that was asked for stalled."""
        self._caller_speaks = False
        self._yields = False
        """The caller speaks, or has spoken and the service has not answered yet."""

    @property
    def active(self) -> set[str]:
        """Responses being made, by id."""
        return set(self._active)

    @property
    def is_busy(self) -> bool:
        """Whether anything is being made, or waits for its turn."""
        return bool(self._active or self._sent or self._waiting)

    async def ask(
        self, send: Callable[[], Awaitable[str]], wanted: Wanted = always
    ) -> asyncio.Event:
        """Have `send` called when its turn comes; it returns the id it sent the request under.

        What is not `wanted` any more when its turn comes is not sent. The event is set when the
        response has ended, was refused, or stalled. A request to let the model answer that still
        waits serves for all that came meanwhile.
        """
        answers = send == self._respond
        for waiting in self._waiting:
            if answers and waiting.answers and waiting.wanted():
                waiting.is_known = False
                return waiting.settled
        request = Request(send, answers=answers, wanted=wanted)
        self._waiting.append(request)
        self._busy.set()
        await self._next()
        return request.settled

    def saw(self, event: VoiceEvent) -> None:
        """Take note of signs of life, and of the caller's speaking."""
        match event:
            case AgentAudio(response_id) | AgentAudioDone(response_id) | ToolCalled(response_id):
                if response := self._active.get(response_id):
                    response.alive_s = _now()
                    response.saw(event)
            case SpeechStarted():
                self._caller_speaks = self._yields = True
                self._spoken_s = inf
                for response in self._active.values():
                    response.was_interrupted = True
            case SpeechStopped():
                self._caller_speaks = False
                self._moved_s = self._spoken_s = _now()
                self._busy.set()
                for request in self._waiting:
                    request.is_known = True

    async def caller_said(self, text: str) -> None:
        """What the service understood; to noise it does not answer."""
        if not text:
            self._yields = False
            await self._next()

    def started(self, response_id: str, request_id: str | None) -> None:
        """A response began; without `request_id`, it may be ours or the service's own."""
        for earlier in self._active.values():
            earlier.is_superseded |= earlier.was_interrupted
        response = self._active[response_id] = Response(_now(), _now())
        self._busy.set()
        if request_id is None and self._yields:
            self._yields = False
            response.asked_s = min(response.asked_s, self._spoken_s)
            self._adopt()
        if self._sent and (request_id == self._sent.id or not self._sent.answered_by):
            self._sent.answered_by = response_id
            self._sent.is_certain = request_id == self._sent.id
            response.answers = self._sent.answers
            response.asked_s = min(response.asked_s, self._sent.sent_s)

    def _adopt(self) -> None:
        """Let the service's own response serve for what it knew of when it began."""
        for request in self._waiting:
            if not self._sent and request.answers and request.is_known:
                self._waiting.remove(request)
                self._sent = request
                return

    async def ended(self, event: ResponseEnded) -> None:
        """A response ended; the next request may go."""
        if response := self._active.pop(event.response_id, None):
            self._is_doubted = False
            self._note(response, event.status, event.tokens)
        self._settle(event.response_id)
        await self._next()

    def _note(self, response: Response, status: str, tokens: Tokens) -> None:
        if generation := response.generation(_now(), status, tokens):
            self._record.generations.append(generation)

    async def refused(self, problem: VoiceProblem) -> None:
        """The service refused something: a request of ours, its own response, or neither."""
        request = self._sent
        if not request or problem.about not in (None, request.id):
            return
        self._moved_s = _now()
        if problem.code == ALREADY_ACTIVE and request.is_certain:
            # the caller's turn went unanswered
            self._waiting.appendleft(Request(self._respond, answers=True))
        elif problem.code == ALREADY_ACTIVE:
            self._sent, request.answered_by = None, None
            self._waiting.appendleft(request)
        elif not request.answered_by:
            log.warning("response.refused", code=problem.code)
            self._sent = None
            request.settled.set()
            await self._next()

    def renewed(self) -> bool:
        """Another session took the place of the one before; whether an answer is owed.

        What was asked for and has not begun to sound is asked for again, once `resume` is called.
        """
        gone, self._active = self._active, {}
        request, self._sent = self._sent, None
        self._caller_speaks = self._yields = False
        response = gone.get((request.answered_by or "") if request else "")
        if request and (response is None or response.is_unsaid(request)):
            request.answered_by = None
            self._waiting.appendleft(request)
            return False
        if request:
            request.settled.set()
        return any(response.is_owed for response in gone.values())

    async def resume(self) -> None:
        """Go on, with another session."""
        await self._next()

    async def watch(self, at_work: Callable[[str], Awaitable[bool]]) -> CallEnd:
        """Give up responses that stall, so that none of them silences the call.

        Each is cancelled. `at_work` is told of it, and says whether tools are: then they will ask
        for the answer. Where what was asked for instead stalls, too, the session is given up.
        """
        while True:
            await self._busy.wait()
            alive_s = self._alive_s()
            if alive_s is None:
                self._busy.clear()
            elif (early_s := alive_s + self._stalled_s - _now()) > 0:
                await asyncio.sleep(early_s)
            else:
                await self._give_up(at_work)

    def _alive_s(self) -> float | None:
        """The oldest of the last signs of life of all that is under way; None when nothing is."""
        signs = [response.alive_s for response in self._active.values()]
        waits = self._waiting and not self._active and not self._caller_speaks
        if waits or (self._sent and not self._sent.answered_by):
            signs.append(self._moved_s)
        return min(signs, default=None)

    async def _give_up(self, at_work: Callable[[str], Awaitable[bool]]) -> None:
        """Treat all that shows no sign of life as ended, and ask again if the caller waits."""
        self._record.stalls += 1
        given_up = {
            response_id: response
            for response_id, response in self._active.items()
            if response.alive_s + self._stalled_s <= _now()
        }
        log.warning("response.stalled", responses=len(given_up), again=self._is_doubted)
        if not given_up or not all(response.is_superseded for response in given_up.values()):
            if self._is_doubted:
                self._moved_s = _now()
                for response in self._active.values():
                    response.alive_s = _now()
                await self._give_up_session("no response")
                return
            self._is_doubted = True
        self._moved_s = _now()
        unanswered = False
        if self._sent and not self._sent.answered_by:
            unanswered = self._sent.answers
            self._sent.settled.set()
            self._sent = None
        for response_id in given_up:
            self._note(self._active.pop(response_id), "timeout", Tokens())
            await self._cancel(response_id)
            self._settle(response_id)
        for response_id, response in given_up.items():
            tools_at_work = await at_work(response_id)
            unanswered |= response.answers and not response.is_superseded and not tools_at_work
        self._yields = self._caller_speaks
        if unanswered and not self._is_answering():
            self._waiting.appendleft(Request(self._respond, answers=True))
        await self._next()

    def _is_answering(self) -> bool:
        """Whether the model is about to answer anyhow."""
        return bool(self._active or self._sent or any(r.answers for r in self._waiting))

    def _settle(self, response_id: str) -> None:
        if self._sent and self._sent.answered_by == response_id:
            self._sent.settled.set()
            self._sent = None

    async def _next(self) -> None:
        while self._waiting and not self._waiting[0].wanted():
            self._waiting.popleft().settled.set()
        if self._active or self._sent or not self._waiting or self._yields:
            return
        request = self._sent = self._waiting.popleft()
        self._moved_s = request.sent_s = _now()
        self._busy.set()
        request.id = await request.send()


def _now() -> float:
    return asyncio.get_running_loop().time()
