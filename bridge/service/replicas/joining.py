"""A process joins the replicas of its service, and leaves them."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bridge.call.history import History
from bridge.service.capacity import Capacity
from bridge.service.numbers.lines import Lines
from bridge.service.replicas.burying import Burying, open_session
from bridge.service.replicas.desk import Desk
from bridge.service.replicas.failing import tell_of_failure
from bridge.service.replicas.fleet import Fleet
from bridge.service.replicas.keeper import Keeper
from bridge.service.replicas.meeting import Meeting
from bridge.service.replicas.others import Switch
from bridge.service.replicas.publishing import Publishing
from bridge.service.replicas.store import LOST, open_store
from bridge.service.tokens import Tokens

_AGAIN_S = 0.2
_LAST_S = 1.0
"""Bound on what is still told when the process ends."""


def new_name(host: str, port: int) -> str:
    """Of a replica: one that no other has, and where others ask whether it lives."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - all addresses: which one others see, is to be known
        try:
            host = str(socket.getaddrinfo(socket.gethostname(), None)[0][4][0])
        except OSError:
            host = "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return f"{secrets.token_hex(8)}@{host}:{port}"


@asynccontextmanager
async def open_fleet(
    meeting: Meeting | None, tokens: Tokens, capacity: Capacity, history: History
) -> AsyncIterator[Fleet | None]:
    """What a process knows of the other replicas; None where there can be none."""
    if meeting is None:
        yield None
        return
    async with open_store(meeting.url) as store:
        desk = Desk(store, meeting.service, new_name(meeting.host, meeting.port), tokens)
        fleet = Fleet(desk, capacity)
        capacity.pace.begun = fleet.begins
        history.noted = fleet.lasted
        yield fleet


@asynccontextmanager
async def joined(
    fleet: Fleet | None, switch: Switch, history: History, lines: Lines
) -> AsyncIterator[None]:
    """Take part; leaving tells the others what is left to tell."""
    if fleet is None:
        yield
        return
    async with open_session() as session:
        burying = Burying(fleet.desk, fleet, switch, session)
        publishing = Publishing(fleet, lines)
        keeper = Keeper(fleet.desk, fleet, burying, switch, history.learn, publishing)
        work = (keeper.beat(), keeper.read(), publishing.announce())
        tasks = {asyncio.create_task(each) for each in work}
        for task in tasks:
            task.add_done_callback(tell_of_failure)
        try:
            yield
        finally:
            while tasks:
                for task in tasks:
                    task.cancel()
                # At times the client takes this for a time limit of its own, and it goes on.
                _, tasks = await asyncio.wait(tasks, timeout=_AGAIN_S)
            await burying.stop()
            with suppress(*LOST):
                async with asyncio.timeout(_LAST_S):
                    await keeper.turn()
                    await fleet.desk.resign()
