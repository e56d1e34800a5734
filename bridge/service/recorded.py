"""Reading flights: what came into a call that was recorded."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bridge.service.flights import VERSION

MOST_BYTES = 128 << 20
"""A file that would be larger, once it is not compressed any more, is none of ours."""


_LONGEST_MS = 24 * 3_600_000
"""No call lasts longer."""


class BadFlight(ValueError):
    """A file holds no flight that can be played again; the message is a sentence."""


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Head(_Value):
    """What a flight is about."""

    flow: str
    language: str
    rate_hz: Literal[8_000, 16_000, 24_000]
    has_sound: bool
    is_whole: bool


class Wants(_Value):
    """A tool that the model called; `arguments` is a JSON object as text."""

    name: str
    arguments: str


class Note(_Value):
    """One moment; which fields it has depends on its kind, as `bridge.call.flight` writes them."""

    at_ms: int = Field(ge=0, le=_LONGEST_MS)
    kind: str
    quiet_ms: int = 0
    text: str = ""
    key: str = Field("", pattern=r"^[0-9*#x]?$")
    pcm: str = ""
    says: str = ""
    first_ms: int | None = None
    answers: bool = False
    calls: tuple[Wants, ...] = ()
    name: str = ""
    moment: str = ""
    to_ms: int | None = None
    dead_air_ms: int | None = None
    took_ms: int = 0
    outcome: str = ""
    result: str | dict[str, Any] = ""
    by: str | None = None
    heard: str | None = None
    reason: str | None = None
    prompt: str | None = None
    max_digits: int = 1
    terminator: str | None = None
    gap_ms: int = 1
    total_ms: int = 1
    secret: bool = False
    retries: int = 0
    speech: bool = False


_NOTES = TypeAdapter(tuple[Note, ...])


@dataclass(frozen=True)
class Recorded:
    """A call as it was recorded."""

    head: Head
    notes: Sequence[Note]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The flight in a file.

        Raises:
            BadFlight: there is none, or none that this version can play.
        """
        try:
            compressed = path.read_bytes()
        except OSError as error:
            raise BadFlight(f"{path} cannot be read: {error.strerror}.") from error
        return cls.of(compressed, str(path))

    @classmethod
    def of(cls, compressed: bytes, name: str) -> Self:
        """The flight in what a file holds; `name` is for what is wrong with it.

        Raises:
            BadFlight: it holds none, or none that this version can play.
        """
        unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            text = unpack.decompress(compressed, MOST_BYTES)
        except zlib.error:
            raise BadFlight(f"{name} is no flight: it is not compressed by gzip.") from None
        if unpack.unconsumed_tail:
            raise BadFlight(f"{name} is no flight: it is larger than any.")
        if not unpack.eof:
            raise BadFlight(f"{name} is cut short: copy it whole.")
        try:
            lines = [orjson.loads(line) for line in text.splitlines()]
        except orjson.JSONDecodeError:
            raise BadFlight(f"{name} is no flight: a line is no JSON.") from None
        first = lines[0] if lines else None
        version = first.get("interlude_flight") if isinstance(first, dict) else None
        if not isinstance(version, int):
            raise BadFlight(f"{name} is no flight: its first line does not say so.")
        if version > VERSION:
            raise BadFlight(
                f"{name} is a flight of format {version}, and this Interlude reads {VERSION}: "
                "update it."
            )
        try:
            read = cls(Head.model_validate(first), _NOTES.validate_python(lines[1:]))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise BadFlight(f"{name} is a flight that cannot be played: see {where}.") from None
        if not read.notes or read.notes[-1].kind != "end":
            raise BadFlight(f"{name} is a flight without an end: it was cut short.")
        return read

    def of_kind(self, *kinds: str) -> list[Note]:
        """The notes of these kinds, in their order."""
        return [note for note in self.notes if note.kind in kinds]

    @property
    def sound(self) -> bytes:
        """PCM16 of the caller, as far as it was kept."""
        try:
            return b"".join(base64.b64decode(note.pcm) for note in self.of_kind("sound"))
        except ValueError as error:
            raise BadFlight("The sound in this flight cannot be read.") from error

    @property
    def heard(self) -> list[Note]:
        """What was said to the caller, and heard, in whole or in part."""
        return [note for note in self.of_kind("said") if note.by != "caller" and note.heard != ""]

    @property
    def lines(self) -> list[str]:
        """The words of these; a line that was cut short has a mark: how far is an estimate."""
        return [note.text + (" …" if note.heard is not None else "") for note in self.heard]
