"""The two legs of a call, as far as the call knows them.

`bridge.acs` and `bridge.voicelive` implement these; another carrier or speech service is one new
folder. Audio is PCM16, little-endian, one channel, at the leg's rate.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

from bridge.call.ends import CallEnd
from bridge.call.events import ToolCalled, VoiceEvent
from bridge.flow.callflow import Callflow
from bridge.flow.outcomes import Transfer

By = Literal["caller", "agent", "line"]
"""Who said something; `line`: the line itself, as interim lines and reprompts are said."""


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


class VoiceFrozen(VoiceLost):
    """The speech service has not answered for a while: who knows since when it has not listened."""


class PhoneLeg(Protocol):
    """The caller's side."""

    rate_hz: int

    async def listen(self, hear: Callable[[bytes], None], press: Callable[[str], None]) -> None:
        """Call `hear` with what the caller says, silence included, 20 ms at a time.

        `press` is called with each key: a digit, `*` or `#`. Returns when the stream is gone for
        good: a stream that breaks is opened again, once.
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

    async def transfer(self, transfer: Transfer) -> str | None:
        """Connect the caller with its `to`, and wait; None when accepted, else why not, in words.

        Raises:
            PhoneError: the carrier refused to try.
        """
        ...

    async def watch_keys(self) -> None:
        """Have keys reported by the carrier's second way, too; asked for again, nothing happens.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def hold(self, music: str) -> None:
        """Let the caller hear nothing but a sound of the flow, over and over, and be unheard.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def take_back(self) -> None:
        """End the hold.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def invite(self, transfer: Transfer) -> str | None:
        """Have its `to` join the call, and wait; None once there, else why not, in words.

        Raises:
            PhoneError: the carrier refused to try.
        """
        ...

    async def dismiss(self) -> None:
        """Have the colleague who was invited leave the call, or not come.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def leave(self) -> None:
        """Leave the caller and the colleague to each other.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def start_recording(self) -> None:
        """Have the carrier record the call.

        Raises:
            PhoneError: the carrier refused.
        """
        ...

    async def pause_recording(self) -> None:
        """Leave out what comes now; without a recording, nothing happens.

        Raises:
            PhoneError: the carrier refused, and records on.
        """
        ...

    async def resume_recording(self) -> None:
        """Record on after a pause.

        Raises:
            PhoneError: the carrier refused.
        """
        ...


class VoiceLeg(Protocol):
    """The agent's side, connected and set up."""

    input_rate_hz: int
    output_rate_hz: int
    interim: str
    """What became of the service's interim responses: `service`, `refused` by it, or `off`."""
    interrupts: bool
    """Whether the service ends its responses itself when the caller speaks."""
    expires_s: float
    """Loop time at which the service will end the session; infinite where it does not say."""

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

    async def remember(self, by: By, text: str) -> None:
        """Put what was said into the conversation; what the `line` says is a note to the model."""
        ...

    async def recall(self, called: ToolCalled) -> None:
        """Put a call of a tool into the conversation, as it was in the session before."""
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
