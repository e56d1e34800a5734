"""Responses asked for, and responses being made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    ToolCalled,
)

Wanted = Callable[[], bool]
"""Whether something is still of use when its turn comes."""


def always() -> bool:
    """Whatever happens meanwhile."""
    return True


class Request:
    """Something the agent shall say, once its turn comes."""

    def __init__(
        self,
        send: Callable[[], Awaitable[str]],
        *,
        answers: bool,
        wanted: Wanted = always,
    ) -> None:
        self.send = send
        self.wanted = wanted
        self.is_known = False
        """What it is about was in the conversation before the caller had spoken."""
        self.answers = answers
        """Whether it lets the model answer; else it speaks fixed words."""
        self.id = ""
        self.answered_by: str | None = None
        """The response to it, as far as can be told."""
        self.is_certain = False
        self.settled = asyncio.Event()


@dataclass
class Response:
    """One that is being made."""

    alive_s: float
    """Loop time of the last sign of life."""
    answers: bool = True
    was_interrupted: bool = False
    """The caller has spoken since it began."""
    is_superseded: bool = False
    """The service has begun another since: the caller is answered without it."""
    has_sounded: bool = False
    is_complete: bool = False
    """All it has said so far came to its end, or it has called a tool, which sees to the answer."""

    def saw(self, event: AgentAudio | AgentAudioDone | ToolCalled) -> None:
        """Take note of how far it is."""
        self.has_sounded |= isinstance(event, AgentAudio)
        self.is_complete = not isinstance(event, AgentAudio)

    def is_unsaid(self, request: Request) -> bool:
        """Whether a request is to be made again, should the session be lost now.

        Fixed words are said from the beginning; an answer that has sounded is gone on with.
        """
        if self.was_interrupted:
            return False
        return not self.has_sounded or not (request.answers or self.is_complete)

    @property
    def is_owed(self) -> bool:
        """Whether the caller still waits for it, or for the rest of it."""
        return self.answers and not (self.is_complete or self.was_interrupted or self.is_superseded)
