"""What one replica writes into Redis, and how it reads it.

Telephone numbers and what ACS says about a call are sealed under INTERLUDE_SECRET: Redis holds
random names, our own numbers and times.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from redis.asyncio.client import Pipeline
from structlog import get_logger

from bridge.acs.callbacks import Callback
from bridge.call.history import Key
from bridge.flow.call import Call
from bridge.service.replicas import scripts
from bridge.service.replicas.letters import Letters
from bridge.service.replicas.others import Held
from bridge.service.replicas.store import Store
from bridge.service.tokens import FIRST_MEDIA_S, BadToken, Tokens

log = get_logger(__name__)

LEASE_MS = 8_000
"""A replica that has not renewed its lease for so long is taken to be lost."""
MOST_MAIL = 2_000
"""Messages that wait for a replica; beyond, the oldest go."""
MOST_VERSIONS = 10
"""Only the last one counts."""
MOST_WAITS = 2_000
"""Waits that are remembered of all lines and tools together."""

AT_WORK, DONE = "at work", "done"
"""What is noted of a ringing call."""

Begun = tuple[str, int]
"""A session by its name among those of this replica, and how long ago it was begun, in ms."""


class Desk:
    """The tables of all replicas of one service, and one replica's way of using them."""

    def __init__(self, store: Store, service: str, me: str, tokens: Tokens) -> None:
        """Use Redis as the replica `me` of a `service`, a name that no other service has."""
        self.store = store
        self.me = me
        self.letters = Letters(tokens, me)
        self._tokens = tokens
        self._in = f"{{interlude:{service}}}:"  # one slot of a cluster
        self._calls, self._replicas, self._sessions, self._places = (
            self._in + name for name in ("calls", "replicas", "sessions", "places")
        )
        self.waits, self.versions, self.trials = (
            self._in + name for name in ("waits", "versions", "trials")
        )
        self._mail = f"{self._in}mail:"
        self._lines = f"{self._in}line:"
        script = store.redis.register_script
        self._admit, self._claim = script(scripts.ADMIT), script(scripts.CLAIM)
        self._keep, self._forget = script(scripts.KEEP), script(scripts.FORGET)
        self._again = script(scripts.AGAIN)
        self._post, self._inherit = script(scripts.POST), script(scripts.INHERIT)

    @property
    def mailbox(self) -> str:
        """Where messages for this replica are."""
        return self._mail + self.me

    # What a call waits for.

    async def rings_first(self, ring: str, lasts_s: int) -> str | None:
        """Note that this replica is at a ringing call; else what was noted before."""
        key, redis = f"{self._in}ring:{ring}", self.store.redis
        if await redis.set(key, AT_WORK, nx=True, ex=lasts_s):
            return None
        return str(await redis.get(key))

    async def admit(
        self, call_id: str, line: str, *, quota: int | None, most: int | None, wait_s: float
    ) -> str:
        """Count one more call; a word for what stands against it, else nothing."""
        said: str = await self._admit(
            [self._lines + line, self._sessions],
            [
                *(call_id, f"{self.me}/{call_id}"),
                *(-1 if each is None else each for each in (quota, most)),
                *(round(wait_s * 1000), LEASE_MS),
            ],
        )
        return said

    async def claim(self, call: Call, connection_id: str) -> Held | None:
        """Become the owner of a call."""
        unknown = self.letters.entry(Held(call))
        claimed: str | None = await self._claim(
            [self._calls, self._replicas, self._sessions, self._over(call.id)],
            [call.id, self.me, connection_id, unknown, self._mail, MOST_MAIL, self.letters.place],
        )
        if not claimed:
            return None
        try:
            return self.letters.opened_entry(claimed)[0]
        except BadToken:  # by a secret, or a release, that is none of ours
            return Held(call, connection_id=connection_id, has_media=True)

    async def address_of(self, call_id: str) -> str | None:
        """Where another replica is that has a call: by its own word, sealed as calls are."""
        entry = await self.store.redis.hget(self._calls, call_id)
        read: dict[str, Any] = orjson.loads(entry) if entry else {"owner": self.me}
        if read["owner"] == self.me:
            return None
        place = self.letters.opened_place(read.get("at", ""))
        return place.partition("@")[2] if place else None

    # What is done in the background.

    def settles(self, pipe: Pipeline, ring: str, lasts_s: int) -> None:
        """A ringing call is settled; with 0, it is for anybody again."""
        key = f"{self._in}ring:{ring}"
        if lasts_s:
            pipe.set(key, DONE, ex=lasts_s)
        else:
            pipe.delete(key)

    async def keeps(
        self, pipe: Pipeline, held: Iterable[tuple[Held, str]], begun: Sequence[Begun]
    ) -> None:
        """Renew the lease, and what there is of this replica's: calls with their entries."""
        arguments: list[Any] = [
            *(self.me, LEASE_MS, self._lines, self._mail, MOST_MAIL, len(begun)),
            self.letters.place,
        ]
        for name, ago_ms in begun:
            arguments += [f"{self.me}/{name}", ago_ms]
        for each, entry in held:
            arguments += [each.call.id, entry, each.line]
        keys = [self._calls, self._replicas, self._sessions, self._places]
        await self._keep(keys, arguments, pipe)

    def releases(self, pipe: Pipeline, call_id: str, line: str) -> None:
        """A call that was counted is not served."""
        pipe.zrem(self._lines + line, call_id)
        pipe.zrem(self._sessions, f"{self.me}/{call_id}")

    async def forgets(self, pipe: Pipeline, call_id: str, line: str) -> None:
        """A call of this replica is over."""
        keys = [self._calls, self._over(call_id), self._lines + line]
        await self._forget(keys, [call_id, self.me, FIRST_MEDIA_S], pipe)

    async def posts(self, pipe: Pipeline, call: Call, callbacks: Sequence[Callback]) -> None:
        """Have the owner of a call find callbacks in its mailbox."""
        sealed = self.letters.post(call, callbacks)
        await self._post([self._calls], [call.id, self._mail, sealed, MOST_MAIL], pipe)

    def lasted(self, pipe: Pipeline, key: Key, lasted_ms: float) -> None:
        """A wait of this replica's is over."""
        line, tool = key
        wait: dict[Any, Any] = {"by": self.me, "line": line, "tool": tool, "ms": round(lasted_ms)}
        pipe.xadd(self.waits, wait, maxlen=MOST_WAITS, approximate=True)

    def publishes(self, pipe: Pipeline, stream: str, content: str) -> None:
        """An operator has published a version, or begun or ended a trial."""
        version: dict[Any, Any] = {"version": self._tokens.seal_note(content)}
        pipe.xadd(stream, version, maxlen=MOST_VERSIONS, approximate=True)

    async def publishes_again(self, pipe: Pipeline, stream: str, content: str) -> None:
        """The same for what was published before, if none of it is there."""
        await self._again([stream], [self._tokens.seal_note(content)], pipe)

    def looks_for_versions(self, pipe: Pipeline) -> None:
        """Ask how much is there of what was published, and of trials."""
        pipe.exists(self.versions)
        pipe.exists(self.trials)

    async def read(
        self, seen: Mapping[str, str], wait_ms: int
    ) -> list[tuple[str, list[tuple[str, dict[str, str]]]]]:
        """Messages after those seen, by stream, each with its number; waits for the first."""
        after: dict[Any, Any] = {**seen}
        streams: Any = await self.store.redis.xread(after, count=200, block=wait_ms)
        return list(streams)

    async def inherit(self, lost: str) -> list[tuple[Held, int]] | None:
        """The calls of a lost replica, and since when it had them, in seconds since 1970.

        They are this one's now. None where another was quicker, or the lost one has come back.
        """
        found: list[str] | None = await self._inherit(
            [self._calls, self._replicas, self._mail + lost, self._places], [lost, self.me]
        )
        if found is None:
            return None
        calls = []
        for call_id, entry in zip(found[::2], found[1::2], strict=True):
            try:
                calls.append(self.letters.opened_entry(entry))
            except BadToken:
                log.warning("replicas.unreadable", call_id=call_id)
                await self.store.redis.hdel(self._calls, call_id)
        return calls

    async def resign(self) -> None:
        """Give up the lease: no call is left."""
        await self.store.redis.zrem(self._replicas, self.me)
        await self.store.redis.hdel(self._places, self.me)
        await self.store.redis.delete(self.mailbox)

    # What is written and read.

    def opened_note(self, sealed: str) -> str:
        """What a sealed text says.

        Raises:
            BadToken: no replica of this service has written it.
        """
        return self._tokens.open_note(sealed)

    def _over(self, call_id: str) -> str:
        return f"{self._in}over:{call_id}"
