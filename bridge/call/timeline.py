"""What happens in a call as it happens: kinds, times and names, and no word of what is said."""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from bridge.call.playout import Playout
from bridge.call.record import Wait
from bridge.call.transcript import Transcript

MOST_ENTRIES = 2_000
"""Of a call in which more happens, the first are forgotten."""


class Kind(StrEnum):
    """What happens."""

    CALLER = "caller"
    """The caller speaks."""
    AGENT = "agent"
    """The caller hears the agent."""
    LINE = "line"
    """The caller hears the line itself: a reprompt, an apology, a goodbye."""
    INTERIM = "interim"
    """The caller hears a line that covers a wait, whoever speaks it."""
    TOOL = "tool"
    WAIT = "wait"
    """A wait that is to be covered."""
    DIGITS = "digits"
    """A tool asks the caller for digits."""
    KEY = "key"
    """The caller presses a key; which, is not kept."""
    HANG_UP = "hang_up"
    """The line says goodbye, and hangs up."""
    TRANSFER = "transfer"
    """The caller is told of it, then connected."""
    HOLD = "hold"
    """The caller hears music while a colleague is asked."""
    VOICE = "voice"
    """A session with the speech service is ready."""
    OPERATOR = "operator"
    """An operator has the line do something."""


SOUNDS = (Kind.AGENT, Kind.LINE, Kind.INTERIM)
"""What the caller hears."""


@dataclass(slots=True, eq=False)
class Entry:
    """One thing that happens; times are of the loop."""

    kind: Kind
    from_s: float
    to_s: float | None = None
    """None while it goes on; of what is heard it is not noted, but known by the playout."""
    name: str = ""
    """Of the tool, the item that is heard, or what an operator did."""
    outcome: str = ""
    """How it went, as in `ToolUse`, or why a transfer failed."""
    wait: Wait | None = None
    """What a wait left on the record."""


class Timeline:
    """Takes notes a few times a turn; nothing here runs for each frame."""

    def __init__(self, transcript: Transcript, playout: Playout) -> None:
        self._transcript = transcript
        self._playout = playout
        self._loop = asyncio.get_running_loop()
        self.began_s = self._loop.time()
        """Loop time at which the media opened."""
        self.entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self.begun = 0
        """So many entries there have been; more than there are, where the first are forgotten."""
        self.over_s: float | None = None
        """Loop time at which the call was decided to end."""
        self.spoken_s = self.began_s
        """Loop time at which the caller had last spoken, or was taken to have."""
        self.waits_since_s: float | None = None
        """Loop time since which the caller waits for an answer; None where it is their turn."""
        self.dead_air_ms = 0
        """The longest silence that the caller, waiting, has heard to its end."""
        self._open: dict[Kind, Entry] = {}
        self.tools: list[Entry] = []
        """Those at work."""
        playout.begins = self._begins

    @property
    def dead_air_since_s(self) -> float | None:
        """Loop time since which a caller who waits hears nothing; None where it is not so.

        What they hear while they are being connected with somebody, nobody knows.
        """
        silent_s = self._playout.silent_since_s
        if self.waits_since_s is None or silent_s is None or Kind.TRANSFER in self._open:
            return None
        return max(self.waits_since_s, silent_s)

    def open(self, kind: Kind) -> Entry | None:
        """What goes on of a kind, but tools and sounds."""
        return self._open.get(kind)

    def note(self, kind: Kind, name: str = "", outcome: str = "") -> None:
        """Take note of what is over as soon as it happens."""
        now = self._loop.time()
        self._add(Entry(kind, now, now, name, outcome))

    def begin(self, kind: Kind) -> None:
        """From now on something goes on."""
        self.end(kind)
        self._open[kind] = self._add(Entry(kind, self._loop.time()))

    def end(self, kind: Kind, *, outcome: str = "", wait: Wait | None = None) -> None:
        """It does not go on any more, if it did."""
        if entry := self._open.pop(kind, None):
            entry.to_s, entry.outcome, entry.wait = self._loop.time(), outcome, wait

    def tool_begins(self, name: str) -> Entry:
        """A tool is at work; the caller waits for it."""
        entry = self._add(Entry(Kind.TOOL, self._loop.time(), name=name))
        self.tools.append(entry)
        self.waits_since_s = self.waits_since_s or entry.from_s
        return entry

    def tool_ends(self, entry: Entry, outcome: str) -> None:
        """The tool has returned."""
        self.tools.remove(entry)
        entry.to_s, entry.outcome = self._loop.time(), outcome

    def caller_starts(self) -> None:
        """The caller speaks."""
        self.begin(Kind.CALLER)

    def caller_stops(self) -> None:
        """The caller has spoken, and waits for an answer."""
        self.end(Kind.CALLER)
        self.spoken_s = self.waits_since_s = self._loop.time()

    def nothing_was_said(self) -> None:
        """What sounded like the caller was noise: they wait for tools at most."""
        if not self.tools:
            self.waits_since_s = None

    def asks(self) -> None:
        """A tool asks for digits: the caller is the one who is waited for."""
        self.begin(Kind.DIGITS)
        self.waits_since_s = None

    def asked(self) -> None:
        """They were entered, or not: the caller waits again for the tools at work."""
        self.end(Kind.DIGITS)
        if self.tools:
            self.waits_since_s = self._loop.time()

    def over(self) -> None:
        """The call is about to end."""
        self.over_s = self._loop.time()

    def _begins(self, item_id: str, at_s: float) -> None:
        """The playout is given the first sound of an item, which the caller will hear then."""
        if (since_s := self.dead_air_since_s) is not None:
            self.dead_air_ms = max(self.dead_air_ms, round((at_s - since_s) * 1000))
        is_parting = Kind.HANG_UP in self._open or Kind.TRANSFER in self._open
        if Kind.WAIT in self._open and not is_parting:
            kind = Kind.INTERIM
        elif self._transcript.said_by(item_id) == "agent":
            kind, self.waits_since_s = Kind.AGENT, None
        else:
            kind = Kind.LINE
        self._add(Entry(kind, at_s, name=item_id))

    def _add(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        self.begun += 1
        return entry
