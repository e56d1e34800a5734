"""What a call is doing at this moment, told from its parts."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bridge.call.common import OneCall
from bridge.call.timeline import SOUNDS, Entry, Kind
from bridge.flow.outcomes import Voicemail
from bridge.service.register import Answered


class What(StrEnum):
    """What a call may be doing."""

    RINGING = "ringing"
    """The line has placed the call, and nobody has answered yet."""
    CONNECTING = "connecting"
    """The media, or the session with the speech service, is not there yet."""
    GREETING = "greeting"
    LISTENING = "listening"
    """It is the caller's turn; the detail is `caller speaks` while they do."""
    THINKING = "thinking"
    """The caller has spoken, and no answer sounds yet."""
    SPEAKING = "speaking"
    TOOL = "tool"
    """The detail names the tools at work."""
    INTERIM = "interim"
    """A line or music covers a wait; the detail names the tools at work."""
    DIGITS = "digits"
    """A tool waits for digits."""
    TRANSFERRING = "transferring"
    VOICEMAIL = "voicemail"
    ENDING = "ending"


@dataclass(frozen=True)
class Doing:
    """What a call does, and since when."""

    kind: What
    since: datetime
    detail: str = ""


class WallClock:
    """Tells what time it was at a time of the loop: twice the same, whatever is set meanwhile."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._zero = datetime.now(UTC) - timedelta(seconds=self._loop.time())

    @property
    def now_s(self) -> float:
        """Loop time."""
        return self._loop.time()

    def at(self, loop_s: float) -> datetime:
        """The time of day, to the millisecond."""
        return self._zero + timedelta(milliseconds=round(loop_s * 1000))


def doing(answered: Answered, clock: WallClock) -> Doing:
    """What a call that is in progress does just now."""
    one = answered.one
    if one is None:
        is_ringing = answered.is_placed and not answered.has_media
        return Doing(What.RINGING if is_ringing else What.CONNECTING, clock.at(answered.began_s))
    what, since_s, detail = _parting(answered, one) or _heard(one, clock.now_s) or _quiet(one)
    return Doing(what, clock.at(since_s), detail)


_Found = tuple[What, float, str]
"""What it is, since which loop time, and the detail."""


def _parting(answered: Answered, one: OneCall) -> _Found | None:
    """The end, or what takes the place of a talk."""
    timeline, instead = one.timeline, answered.answer.instead
    if timeline.over_s is not None:
        return What.ENDING, timeline.over_s, ""
    if instead and isinstance(instead.outcome, Voicemail):
        return What.VOICEMAIL, timeline.began_s, ""
    if entry := timeline.open(Kind.TRANSFER):
        return What.TRANSFERRING, entry.from_s, ""
    if entry := timeline.open(Kind.HANG_UP):
        return What.ENDING, entry.from_s, ""
    return None


def _heard(one: OneCall, now_s: float) -> _Found | None:
    """What the caller hears, or says."""
    timeline, playout = one.timeline, one.playout
    if playout.left_s and (entry := _sounding(one, now_s)):
        return _speaking(one, entry), entry.from_s, _tools(one)
    if entry := timeline.open(Kind.CALLER):
        return What.LISTENING, entry.from_s, "caller speaks"
    if playout.sounds and not playout.left_s and timeline.waits_since_s is not None:
        return What.INTERIM, max(timeline.waits_since_s, playout.quiet_at_s), _tools(one)
    return None


def _quiet(one: OneCall) -> _Found:
    """Whose turn it is."""
    timeline, quiet_at_s = one.timeline, one.playout.quiet_at_s
    if entry := timeline.open(Kind.DIGITS):
        return What.DIGITS, max(entry.from_s, quiet_at_s), _tools(one)
    if timeline.tools:
        return What.TOOL, timeline.tools[0].from_s, _tools(one)
    if timeline.waits_since_s is not None:
        return What.THINKING, timeline.waits_since_s, ""
    if one.record.voice_ready_ms is None:
        return What.CONNECTING, timeline.began_s, ""
    return What.LISTENING, max(timeline.spoken_s, quiet_at_s), ""


def _tools(one: OneCall) -> str:
    return ", ".join(entry.name for entry in one.timeline.tools)


def _sounding(one: OneCall, now_s: float) -> Entry | None:
    """What the caller hears now: the last sound that has begun, else the first that will."""
    first = None
    for entry in reversed(one.timeline.entries):
        if entry.kind in SOUNDS:
            first = entry
            if entry.from_s <= now_s:
                break
    return first


def _speaking(one: OneCall, entry: Entry) -> What:
    if entry.kind is Kind.INTERIM:
        return What.INTERIM
    is_first = not one.record.caller_turns and one.timeline.spoken_s == one.timeline.began_s
    return What.GREETING if is_first and entry.kind is Kind.AGENT else What.SPEAKING
