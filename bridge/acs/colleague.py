"""A colleague who is invited to join the call."""

import asyncio
from dataclasses import dataclass, field

from structlog import get_logger

from bridge.acs.callbacks import Callback
from bridge.acs.codes import NO_ANSWER, in_words
from bridge.acs.connection import Connection
from bridge.acs.line import Line
from bridge.acs.refusals import NotThere
from bridge.call.legs import PhoneError
from bridge.flow.outcomes import Transfer

log = get_logger(__name__)

COLLEAGUE = "colleague"
"""Whose keys a recognition reports."""
RINGS_S = 30
"""How long a colleague's telephone rings."""
_LATE_S = 5
"""How long ACS may take after that to say that nobody answered: of an invitation that was declined
it may say nothing at all (azure-sdk-for-net #41032)."""
_LEAVES_S = 5
"""How long ACS may take to say that the colleague has left."""


@dataclass
class _Invitation:
    to: str = field(repr=False)
    answer: asyncio.Future[Callback]
    id: str = ""

    @property
    def is_taken(self) -> bool:
        return self.answer.done() and self.answer.result().kind == "AddParticipantSucceeded"


class Colleague:
    """Whoever is asked to join; one at a time."""

    def __init__(self, connection: Connection, line: Line, number: str) -> None:
        self._connection = connection
        self._line = line
        self._number = number
        self._invitation: _Invitation | None = None

    @property
    def is_asked(self) -> bool:
        """Whether somebody was invited and not sent away."""
        return self._invitation is not None

    async def invite(self, transfer: Transfer) -> str | None:
        """Have `to` join the call, and wait; None once there, else why not, in words."""
        context, answer = self._line.operation()
        invitation = _Invitation(transfer.to, answer)
        invitation.id = await self._connection.invite(
            transfer.to, transfer.headers, context, from_number=self._number, rings_s=RINGS_S
        )
        self._invitation = invitation
        try:
            async with asyncio.timeout(RINGS_S + _LATE_S):
                said = await asyncio.shield(answer)
        except TimeoutError:
            await self._call_off(invitation)
            return NO_ANSWER
        if not invitation.is_taken:
            self._invitation = None
            return in_words(said.code, said.sub_code)
        await self._watch_keys(invitation.to)
        return None

    def takes_over(self) -> None:
        """The call is the colleague's: who leaves it is no concern of ours any more."""
        self._invitation = None

    async def dismiss(self) -> None:
        """Take the colleague out of the call again, or call the invitation off."""
        invitation = self._invitation
        if not invitation:
            return
        try:
            if invitation.is_taken:
                await self._remove(invitation.to)
            else:
                await self._connection.cancel_invitation(invitation.id)
        except NotThere:
            log.info("colleague.gone")
        self._invitation = None

    async def _call_off(self, invitation: _Invitation) -> None:
        """Let the telephone ring no longer, if it still does."""
        try:
            await self._connection.cancel_invitation(invitation.id)
        except PhoneError as error:
            log.info("invitation.over", detail=str(error))
        self._invitation = None

    async def _remove(self, participant: str) -> None:
        context, outcome = self._line.operation()
        await self._connection.remove(participant, context)
        try:
            async with asyncio.timeout(_LEAVES_S):
                said = await outcome
        except TimeoutError:
            log.warning("colleague.not_gone", seconds=_LEAVES_S)
            return
        if said.kind == "RemoveParticipantFailed":
            raise PhoneError(f"ACS said {said.detail}")

    async def _watch_keys(self, participant: str) -> None:
        """Have the colleague's keys reported by the second way, too; the first may do alone."""
        try:
            await self._connection.watch_keys(participant, COLLEAGUE)
        except PhoneError as error:
            log.warning("keys.not_watched", detail=str(error))
