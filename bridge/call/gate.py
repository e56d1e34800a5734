"""One response at a time: the service refuses a second while the first is being made."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from structlog import get_logger

from bridge.call.legs import VoiceProblem

ALREADY_ACTIVE = "conversation_already_has_active_response"

log = get_logger(__name__)


class _Request:
    """Something the agent shall say, once its turn comes."""

    def __init__(self, send: Callable[[], Awaitable[str]]) -> None:
        self.send = send
        self.id = ""
        self.answered_by: str | None = None
        """The response to it, as far as can be told."""
        self.is_certain = False
        self.settled = asyncio.Event()


class Gate:
    """Lets requests for responses through, each when no response is active.

    The service also starts responses by itself, when the caller has stopped speaking. Where such a
    response and a request of ours cross, the service refuses the later one, whichever it is; what
    was refused is asked for again when the other has ended.
    """

    def __init__(self, respond: Callable[[], Awaitable[str]]) -> None:
        self.active: set[str] = set()
        """Responses being made, by id."""
        self._respond = respond
        self._waiting: deque[_Request] = deque()
        self._sent: _Request | None = None

    async def ask(self, send: Callable[[], Awaitable[str]]) -> asyncio.Event:
        """Have `send` called when its turn comes; it returns the id it sent the request under.

        The event is set when the response has ended, or was refused.
        """
        request = _Request(send)
        self._waiting.append(request)
        await self._next()
        return request.settled

    def started(self, response_id: str, request_id: str | None) -> None:
        """A response began; without `request_id`, it may be ours or the service's own."""
        self.active.add(response_id)
        if self._sent and (request_id == self._sent.id or not self._sent.answered_by):
            self._sent.answered_by = response_id
            self._sent.is_certain = request_id == self._sent.id

    async def ended(self, response_id: str) -> None:
        """A response ended; the next request may go."""
        self.active.discard(response_id)
        if self._sent and self._sent.answered_by == response_id:
            self._sent.settled.set()
            self._sent = None
        await self._next()

    async def refused(self, problem: VoiceProblem) -> None:
        """The service refused something: a request of ours, its own response, or neither."""
        request = self._sent
        if not request or problem.about not in (None, request.id):
            return
        if problem.code == ALREADY_ACTIVE and request.is_certain:
            self._waiting.appendleft(_Request(self._respond))  # the caller's turn went unanswered
        elif problem.code == ALREADY_ACTIVE:
            self._sent, request.answered_by = None, None
            self._waiting.appendleft(request)
        elif not request.answered_by:
            log.warning("response.refused", code=problem.code)
            self._sent = None
            request.settled.set()
            await self._next()

    async def _next(self) -> None:
        if self.active or self._sent or not self._waiting:
            return
        self._sent = self._waiting.popleft()
        self._sent.id = await self._sent.send()
