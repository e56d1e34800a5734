"""One ACS call as its callbacks tell of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

from bridge.acs.callbacks import Callback, verdict
from bridge.acs.keys import Keys
from bridge.call.ends import By, CallEnd, Reason

_CONNECTED_S = 2.0
"""From the opening of the media to `CallConnected`, at most, unless that got lost."""


class Line:
    """What the callbacks have said about a call so far."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[CallEnd] = loop.create_future()
        self.closing: asyncio.Future[None] = loop.create_future()
        """Done once ACS has stopped the media, as it does before the end, or the call has ended."""
        self.keys = Keys()
        self.media_failed: Callable[[], None] | None = None
        """Called when ACS says that it lost the media, or could not open it."""
        self.moved: asyncio.Future[None] = loop.create_future()
        """Done when somebody has joined or left; then there is another for the next time."""
        self._connected = asyncio.Event()
        self._media_failure: Callback | None = None
        self._outcomes: dict[str, asyncio.Future[Callback]] = {}
        self._told: set[str] = set()

    def tell(self, callback: Callback) -> None:
        """Take a callback in; what is not understood, or said twice, changes nothing."""
        if callback.id in self._told:
            return
        self._told.add(callback.id)
        if end := verdict(callback):
            self.end(end)
        match callback.kind:
            case "ContinuousDtmfRecognitionToneReceived":
                self.keys.report(callback.tone, callback.sequence_id, callback.context)
            case "CallConnected":
                self._connected.set()
            case "ParticipantsUpdated":
                self.moved.set_result(None)
                self.moved = asyncio.get_running_loop().create_future()
            case "MediaStreamingStopped":
                self._close()
            case "MediaStreamingFailed":
                self._media_failure = callback
                if self.media_failed:
                    self.media_failed()
        outcome = self._outcomes.get(callback.context)
        if outcome and not outcome.done():
            outcome.set_result(callback)

    def end(self, end: CallEnd) -> None:
        """The call is over; the first word on that counts."""
        if not self.ended.done():
            self.ended.set_result(end)
        self._close()

    async def established(self) -> None:
        """Wait until ACS may be asked to do something with the call, or for two seconds.

        Microsoft's table of errors: a call that is not established is not transferred (400, code
        8501). On real calls the media came up to 0.4 s before `CallConnected`.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONNECTED_S):
                await self._connected.wait()

    def operation(self) -> tuple[str, asyncio.Future[Callback]]:
        """A name for an operation, to be its context, and what a callback will say of it."""
        context = uuid4().hex
        self._outcomes[context] = asyncio.get_running_loop().create_future()
        return context, self._outcomes[context]

    def lost_media(self, otherwise: str) -> CallEnd:
        """The end of a call that has no media; `otherwise` tells why, if ACS has not.

        ACS keeps such a call, with the caller in silence.
        """
        detail = self._media_failure.detail if self._media_failure else otherwise
        return CallEnd(By.CARRIER, Reason.MEDIA_FAILED, detail=detail)

    @property
    def end_before_media(self) -> CallEnd | None:
        """How the call has ended, if its media has not come."""
        if self.ended.done():
            return self.ended.result()
        return self.lost_media("") if self._media_failure else None

    def _close(self) -> None:
        if not self.closing.done():
            self.closing.set_result(None)
