"""What replicas write for each other, sealed under INTERLUDE_SECRET, and how they read it."""

import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from bridge.acs.callbacks import Callback
from bridge.flow.call import Call
from bridge.service.replicas.others import Held
from bridge.service.tokens import BadToken, Purpose, Tokens

_PLACE = re.compile(r"\w+@[\w.:\[\]-]+")
"""A name, and an address with its port; no other kind of note looks like it."""


class Letters:
    """One replica's hand."""

    def __init__(self, tokens: Tokens, me: str) -> None:
        """Write as the replica `me`."""
        self._tokens = tokens
        self._me = me
        self.place = tokens.seal_note(me)
        """Its name, and where it is: others go nowhere else by what is in Redis."""

    def opened_place(self, sealed: str) -> str | None:
        """Name and address of a replica; None where no replica of this service has written it."""
        try:
            place = self._tokens.open_note(sealed)
        except BadToken:
            return None
        return place if _PLACE.fullmatch(place) else None

    def entry(self, held: Held) -> str:
        """What others may know of a call of this replica, from now on."""
        return orjson.dumps(
            {
                "owner": self._me,
                "at": self.place,
                "media": held.has_media,
                "connection": held.connection_id,
                "flow": held.flow,
                "line": held.line,
                "placed": held.is_placed,
                "why": held.why,
                "since": int(time.time()),
                "call": self._tokens.seal(Purpose.REPLICAS, held.call),
            }
        ).decode()

    def opened_entry(self, entry: str) -> tuple[Held, int]:
        """The call of an entry, and since when its owner has it, in seconds since 1970.

        Raises:
            BadToken: no replica of this service has written it, or not within a day.
        """
        read: dict[str, Any] = orjson.loads(entry)
        try:
            held = Held(
                self._tokens.open(Purpose.REPLICAS, read["call"]),
                flow=read["flow"],
                line=read["line"],
                connection_id=read["connection"],
                has_media=read["media"],
                is_placed=read["placed"],
                why=read["why"],
            )
            return held, int(read["since"])
        except KeyError as error:  # by another release
            raise BadToken from error

    def post(self, call: Call, callbacks: Sequence[Callback]) -> bytes:
        """A message of the kind `callbacks`."""
        content = orjson.dumps([asdict(each) for each in callbacks]).decode()
        return orjson.dumps(
            [self._tokens.seal(Purpose.REPLICAS, call), self._tokens.seal_note(content)]
        )

    def opened_post(self, sealed: str) -> tuple[Call, list[Callback]]:
        """What a message of the kind `callbacks` holds.

        Raises:
            BadToken: no replica of this service has written it, or not within a day.
        """
        try:
            call, content = orjson.loads(sealed)
        except ValueError as error:
            raise BadToken from error
        callbacks = orjson.loads(self._tokens.open_note(content))
        opened = self._tokens.open(Purpose.REPLICAS, call)
        try:
            return opened, [Callback(**each) for each in callbacks]
        except TypeError as error:  # by another release
            raise BadToken from error
