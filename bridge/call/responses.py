"""Responses asked for, and responses being made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf

from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    Tokens,
    ToolCalled,
)
from bridge.call.record import Generation

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
        self.sent_s = inf
        """Loop time; what the service's own response serves for is never sent."""
        self.answered_by: str | None = None
        """The response to it, as far as can be told."""
        self.is_certain = False
        self.settled = asyncio.Event()


@dataclass
class Response:
    """One that is being made."""

    alive_s: float
    """Loop time of the last sign of life."""
    asked_s: float
    """The same of its request, or of the caller's last word; else, of its beginning."""
    answers: bool = True
    was_interrupted: bool = False
    """The caller has spoken since it began."""
    is_superseded: bool = False
    """The service has begun another since: the caller is answered without it."""
    sounded_s: float | None = None
    """Loop time of its first sound."""
    is_complete: bool = False
    """All it has said so far came to its end, or it has called a tool, which sees to the answer."""

    def saw(self, event: AgentAudio | AgentAudioDone | ToolCalled) -> None:
        """Take note of how far it is."""
        self.is_complete = not isinstance(event, AgentAudio)
        if not self.is_complete and self.sounded_s is None:
            self.sounded_s = self.alive_s

    def generation(self, now_s: float, status: str, tokens: Tokens) -> Generation | None:
        """What has become of it; None of fixed words that were read without asking a model."""
        tokens_in, sounded_s = tokens.text_in + tokens.audio_in, self.sounded_s
        if not (self.answers or tokens_in):
            return None
        return Generation(
            took_ms=round((now_s - self.asked_s) * 1000),
            first_ms=None if sounded_s is None else round((sounded_s - self.asked_s) * 1000),
            status=status,
            tokens_in=tokens_in,
            tokens_out=tokens.text_out + tokens.audio_out,
        )

    def is_unsaid(self, request: Request) -> bool:
        """Whether a request is to be made again, should the session be lost now.

        Fixed words are said from the beginning; an answer that has sounded is gone on with.
        """
        if self.was_interrupted:
            return False
        return self.sounded_s is None or not (request.answers or self.is_complete)

    @property
    def is_owed(self) -> bool:
        """Whether the caller still waits for it, or for the rest of it."""
        return self.answers and not (self.is_complete or self.was_interrupted or self.is_superseded)
