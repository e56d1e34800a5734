"""Handing the caller to somebody else, and what becomes of the call if that fails."""

import asyncio

from structlog import get_logger

from bridge.acs.codes import NO_ANSWER, in_words
from bridge.acs.connection import Connection
from bridge.acs.line import Line
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError
from bridge.flow.outcomes import Transfer

log = get_logger(__name__)

TRANSFER_S = 90
"""How long a transfer may ring; Microsoft's service limits give it 60 s."""
_FAREWELL_S = 2.0
"""How long ACS's word on who hung up may lag behind the call's being gone."""


async def transferred(transfer: Transfer, connection: Connection, line: Line) -> str | None:
    """Connect the caller with `to`; None when accepted, else why not, in words.

    A failed transfer may cost the call (azure-sdk-for-js #33159); then the line has an end.

    Raises:
        PhoneError: ACS refused to try.
    """
    await line.established()
    context, outcome = line.operation()
    await connection.transfer(transfer.to, transfer.headers, context)
    why = NO_ANSWER
    try:
        async with asyncio.timeout(TRANSFER_S):
            said = await outcome
    except TimeoutError:
        log.warning("transfer.unknown", seconds=TRANSFER_S)
    else:
        if said.kind == "CallTransferAccepted":
            return None
        why = in_words(said.code, said.sub_code)
    if not await _lives(connection):
        await _end(line)
    return why


async def _lives(connection: Connection) -> bool:
    try:
        return await connection.lives()
    except PhoneError as error:
        log.warning("call.state_unknown", detail=str(error))
        return True


async def _end(line: Line) -> None:
    """Let ACS say how the call ended; if it does not, the transfer did it."""
    try:
        async with asyncio.timeout(_FAREWELL_S):
            await asyncio.shield(line.ended)
    except TimeoutError:
        gone = "gone after a transfer that failed"
        line.end(CallEnd(By.CARRIER, Reason.DISCONNECTED, Then.NOTHING, gone))
