"""The two legs of a call, as far as the call knows them.

`bridge.acs` and `bridge.voicelive` implement these; another carrier or speech service is one new
folder. Audio is PCM16, little-endian, one channel, at the leg's rate.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bridge.call.ends import CallEnd
from bridge.flow.callflow import Callflow


class LegError(Exception):
    """A leg failed; the message may be logged."""


class PhoneError(LegError):
    """The carrier refused or did not answer."""


class VoiceUnreachable(LegError):
    """The speech service could not be connected, or not in time."""


class VoiceRefused(LegError):
    """The speech service refused the session."""


class VoiceLost(LegError):
    """The connection to the speech service ended without our asking."""


class PhoneLeg(Protocol):
    """The caller's side."""

    rate_hz: int

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        """Call `hear` with what the caller says, silence included, 20 ms at a time.

        Returns when the stream is gone.
        """
        ...

    async def play(self, frame: bytes) -> None:
        """Queue 20 ms for the caller behind what is queued already."""
        ...

    async def stop_playing(self) -> None:
        """Drop what is queued at the carrier and not yet heard."""
        ...

    async def ended(self) -> CallEnd:
        """Wait for the carrier's word that the call, or its media, is over."""
        ...

    async def hang_up(self) -> None:
        """End the call; a call that is over already is no error.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def transfer(self, to: str) -> str | None:
        """Connect the caller to `to` and wait; None when accepted, else the reason in words.

        Raises:
            PhoneError: the carrier refused to try.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller has spoken."""


@dataclass(frozen=True, slots=True)
class CallerSaid:
    """What the service understood; empty for noise."""

    text: str


@dataclass(frozen=True, slots=True)
class ItemKept:
    """An item is in the conversation: the model knows of it from now on."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The agent's turn, or an interim line, began to be made."""

    response_id: str
    request: str | None = None
    """Id of our request that it answers; None for the service's own, or where it is not said."""


@dataclass(frozen=True, slots=True)
class AgentAudio:
    """Speech of the agent, in whole samples, faster than real time."""

    response_id: str
    item_id: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class AgentAudioDone:
    """No more audio will come for this item."""

    response_id: str
    item_id: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model wants a tool; `arguments` is a JSON object as text."""

    response_id: str
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ResponseEnded:
    """The response is complete, cancelled or failed; its audio may still be playing."""

    response_id: str
    status: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VoiceProblem:
    """The service refused something we sent and goes on."""

    code: str
    message: str
    about: str | None
    """Id of the request it refused, where the service says so."""


VoiceEvent = (
    SpeechStarted
    | SpeechStopped
    | CallerSaid
    | ItemKept
    | ResponseStarted
    | AgentAudio
    | AgentAudioDone
    | ToolCalled
    | ResponseEnded
    | VoiceProblem
)


class VoiceLeg(Protocol):
    """The agent's side, connected and set up."""

    input_rate_hz: int
    output_rate_hz: int
    interim: str
    """What became of the service's interim responses: `service`, `refused` by it, or `off`."""
    interrupts: bool
    """Whether the service ends its responses itself when the caller speaks."""

    def events(self) -> AsyncIterator[VoiceEvent]:
        """What the service says; ends only by raising.

        Raises:
            VoiceLost: the connection is gone.
        """
        ...

    async def hear(self, pcm: bytes) -> None:
        """Pass on what the caller says."""
        ...

    async def say(self, text: str, *, aside: bool = False) -> str:
        """Request a response that speaks `text` word for word; returns the request's id.

        What is said `aside` is no part of the conversation, as far as the service can do that.
        """
        ...

    async def respond(self) -> str:
        """Request a response to the conversation so far; returns the request's id."""
        ...

    async def improvise(self, instructions: str, most_tokens: int) -> str:
        """Request a line that the model makes up, apart from the conversation; returns its id."""
        ...

    async def cancel(self, response_id: str) -> None:
        """Request the end of a response; one that is over already is no error."""
        ...

    async def give_output(self, call_id: str, output: str) -> None:
        """Put a tool's result into the conversation."""
        ...

    async def remember(self, text: str) -> None:
        """Put what the caller heard from us into the conversation, as the agent's words."""
        ...

    async def forget(self, item_id: str) -> None:
        """Take an item out of the conversation."""
        ...

    async def truncate(self, item_id: str, heard_ms: int) -> None:
        """Tell the model that the caller heard only so much of what it said."""
        ...


class VoiceService(Protocol):
    """Where voice legs come from."""

    def connect(self, flow: Callflow) -> AbstractAsyncContextManager[VoiceLeg]:
        """Connect and set up a session; leaving the context closes it.

        Raises:
            VoiceUnreachable: no connection, or not in time.
            VoiceRefused: the service refused the session.
        """
        ...
