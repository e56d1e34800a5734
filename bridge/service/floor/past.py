"""What was said and done in a call that is over, where a flight of it was kept."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bridge.flow.ended import Said, masked_lines
from bridge.service.floor.history import Finished
from bridge.service.floor.moments import Moment
from bridge.service.recorded import BadFlight, Note, Recorded


@dataclass(frozen=True)
class PastCall:
    """A finished call; without a flight, its figures alone."""

    call: Finished
    said: tuple[Said, ...] = ()
    timeline: tuple[Moment, ...] = ()
    problem: str = ""
    """Why a flight that is there cannot be read."""

    def masked(self) -> "PastCall":
        """The same for those who may not see which numbers were said."""
        return replace(self, said=tuple(masked_lines(self.said)))


async def past_call(call: Finished, flight: Path | None) -> PastCall:
    """A finished call, and what is in the file of it; that is read in a thread."""
    if flight is None:
        return PastCall(call)
    try:
        recorded = await asyncio.to_thread(Recorded.read, flight)
    except BadFlight:
        return PastCall(call, problem="The flight of this call cannot be read.")
    return PastCall(
        call,
        said=tuple(_said(note) for note in recorded.of_kind("said")),
        timeline=tuple(_moment(note, at) for at, note in enumerate(recorded.of_kind("moment"))),
    )


def _said(note: Note) -> Said:
    by: Literal["caller", "agent", "line"] = (
        "caller" if note.by == "caller" else "agent" if note.by == "agent" else "line"
    )
    return Said(by, note.at_ms / 1000, note.text, note.heard)


def _moment(note: Note, number: int) -> Moment:
    return Moment(
        number,
        note.moment,
        from_ms=note.at_ms,
        to_ms=note.to_ms,
        name=note.name,
        outcome=note.outcome,
        dead_air_ms=note.dead_air_ms,
    )
