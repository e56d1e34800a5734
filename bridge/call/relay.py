"""What the call says to its agent, on its way to the session there is."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable

from bridge.call.events import ToolCalled
from bridge.call.legs import By, VoiceLeg, VoiceLost
from bridge.call.transcript import Transcript


class Relay(ABC):
    """The saying half of a `VoiceLeg`: what nobody hears is not said again by itself."""

    _leg: VoiceLeg
    """The session's."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    @abstractmethod
    def _goes_down(self) -> None:
        """The session is gone."""

    async def say(self, text: str, *, aside: bool = False) -> str:
        """Request a response that speaks `text`."""
        return await self._asked(self._leg.say(text, aside=aside))

    async def respond(self) -> str:
        """Request a response to the conversation so far."""
        return await self._asked(self._leg.respond())

    async def improvise(self, instructions: str, most_tokens: int) -> str:
        """Request a line that the model makes up."""
        return await self._asked(self._leg.improvise(instructions, most_tokens))

    async def cancel(self, response_id: str) -> None:
        """Request the end of a response."""
        await self._sent(self._leg.cancel(response_id))

    async def give_output(self, call_id: str, output: str) -> None:
        """Put a tool's result into the conversation, of this session and of those to come."""
        self._transcript.output(call_id, output)
        await self._sent(self._leg.give_output(call_id, output))

    async def remember(self, by: By, text: str) -> None:
        """Put what was said into the conversation of this session."""
        await self._sent(self._leg.remember(by, text))

    async def recall(self, called: ToolCalled) -> None:
        """Put a call of a tool into the conversation of this session."""
        await self._sent(self._leg.recall(called))

    async def forget(self, item_id: str) -> None:
        """Take an item out of the conversation."""
        await self._sent(self._leg.forget(item_id))

    async def truncate(self, item_id: str, heard_ms: int) -> None:
        """Tell the model that the caller heard only so much of an item."""
        await self._sent(self._leg.truncate(item_id, heard_ms))

    async def _asked(self, request: Awaitable[str]) -> str:
        """The id of a request; of one that nobody heard, none."""
        leg = self._leg
        try:
            return await request
        except VoiceLost:
            self._is_gone(leg)
            return ""

    async def _sent(self, message: Awaitable[None]) -> bool:
        """Whether there still was a session to hear it."""
        leg = self._leg
        try:
            await message
        except VoiceLost:
            self._is_gone(leg)
            return False
        return True

    def _is_gone(self, leg: VoiceLeg) -> None:
        if self._leg is leg:
            self._goes_down()
