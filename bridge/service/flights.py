"""Flights: files of what came into calls, for `interlude replay`. They hold personal data.

A file is JSON, one object a line, compressed by gzip: a head, the notes of `bridge.call.flight` in
their order with the caller's sound between, what was said by whom, the timeline, and the end.
"""

import asyncio
import base64
import gzip
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from structlog import get_logger

from bridge.audio.pcm import SAMPLE_BYTES, samples_in
from bridge.call.common import OneCall
from bridge.call.flight import Keeps
from bridge.flow.prompts import fixed_texts
from bridge.service.daemon import Backlog, in_daemon
from bridge.service.floor.moments import moments

log = get_logger(__name__)

VERSION = 1
"""Of the format; a reader refuses what is newer."""
MOST_FILES = 1_000
"""Kept in a folder; the oldest go."""
_PIECE_MS = 200


class Flights:
    """Writes a file for each call that has ended, in a thread; no call waits for it.

    A disk that refuses, or hangs, costs the file, and a line in the log.
    """

    def __init__(self, folder: Path | None, keeps: Keeps, most_files: int = MOST_FILES) -> None:
        """Without a folder, nothing is written."""
        self._folder = folder
        self.keeps = keeps if folder else Keeps.NOTHING
        self._most_files = most_files
        self._one_at_a_time = asyncio.Lock()
        self._backlog = Backlog()

    def ended(self, flow: str, one: OneCall) -> None:
        """A call of this flow has ended; returns at once."""
        if self._folder:
            self._backlog.begin(self._write(self._folder, flow, one))

    def file_of(self, call_id: str) -> Path | None:
        """The file of a call that this process knows by its id; None where there is none."""
        path = self._folder and self._folder / f"{call_id}.call"
        return path if path and path.is_file() else None

    async def settle(self) -> None:
        """Wait until all is written, for 10 s at most; a thread that hangs holds nobody up."""
        if count := await self._backlog.settle():
            log.warning("flights.cut_short", count=count)

    async def _write(self, folder: Path, flow: str, one: OneCall) -> None:
        try:
            async with self._one_at_a_time:
                await in_daemon(_keep, folder, one.call.id, flow, one)
                await in_daemon(_thin_out, folder, self._most_files)
        except OSError as error:
            status = error.strerror
            log.error("flight.disk_refused", call_id=one.call.id, status=status)  # noqa: TRY400


def _keep(folder: Path, call_id: str, flow: str, one: OneCall) -> None:
    """Write it whole or not at all, for nobody but the user of this process."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    partial = folder / f".{secrets.token_hex(8)}.part"
    try:
        partial.touch(0o600, exist_ok=False)
        with gzip.open(partial, "wb", compresslevel=6) as file:
            for line in _lines(flow, one):
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        partial.replace(folder / f"{call_id}.call")
    finally:
        partial.unlink(missing_ok=True)


def _thin_out(folder: Path, most: int) -> None:
    files = sorted(folder.glob("*.call"), key=os.path.getmtime, reverse=True)
    for old in files[most:]:
        old.unlink(missing_ok=True)


def _lines(flow: str, one: OneCall) -> Iterator[dict[str, Any]]:
    flight = one.flight
    yield {
        "interlude_flight": VERSION,
        "flow": flow,
        "language": one.flow.language,
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rate_hz": one.phone.rate_hz,
        "has_sound": flight.keeps is Keeps.SOUND,
        "is_whole": flight.is_whole,
    }
    notes = [*_sound(bytes(flight.sound), one.phone.rate_hz), *_without_lines(one)]
    yield from sorted(notes, key=lambda note: note["at_ms"])
    for said in one.transcript.said():
        yield {"at_ms": round(said.at_s * 1000), "kind": "said", **_words(asdict(said))}
    for moment in moments(one, one.timeline.began_s + one.record.lasted_ms / 1000):
        yield _moment(asdict(moment))
    end = one.record.end
    yield {
        "at_ms": one.record.lasted_ms,
        "kind": "end",
        "by": end and end.by,
        "reason": end and end.reason,
    }


def _words(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("by", "text", "heard")}


def _moment(moment: dict[str, Any]) -> dict[str, Any]:
    """For operators; a replay makes its own."""
    names = ("to_ms", "name", "outcome", "dead_air_ms")
    known = {name: moment[name] for name in names}
    return {"at_ms": moment["from_ms"], "kind": "moment", "moment": moment["kind"], **known}


def _sound(pcm: bytes, rate_hz: int) -> Iterator[dict[str, Any]]:
    size = samples_in(_PIECE_MS, rate_hz) * SAMPLE_BYTES
    for at in range(0, len(pcm), size):
        text = base64.b64encode(pcm[at : at + size]).decode()
        yield {"at_ms": at // SAMPLE_BYTES * 1000 // rate_hz, "kind": "sound", "pcm": text}


def _without_lines(one: OneCall) -> Iterator[dict[str, Any]]:
    """The notes; of what the model said, without what it was told to say word for word."""
    results = [note["result"] for note in one.flight.notes if note["kind"] == "tool"]
    told = {*fixed_texts(one.flow), *(r["say"] for r in results if isinstance(r, dict))}
    for note in one.flight.notes:
        if note["kind"] != "model":
            yield note
            continue
        texts = [text for text in note["says"].values() if text.strip() not in told]
        if texts or note["calls"] or not note["says"]:
            yield {**note, "says": " ".join(texts)}
