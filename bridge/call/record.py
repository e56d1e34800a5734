"""What a call leaves behind: figures for one log line, without a word of what was said."""

from dataclasses import dataclass, field

from bridge.call.ends import CallEnd


@dataclass(frozen=True)
class ToolUse:
    """One run of a tool."""

    name: str
    took_ms: int
    outcome: str
    """`ok`, `declined` (a ToolError), `failed`, `timed_out`, `cancelled` (the caller spoke),
    `joined` (the result of an identical call served), `hang_up` or `transfer`."""


@dataclass(frozen=True)
class Wait:
    """One wait that the bridge was to cover."""

    lasted_ms: int
    dead_air_ms: int
    """Until the first line; all of it where there was none."""
    lines: int
    wasted: bool
    """The answer came within 300 ms of the beginning of a line."""


@dataclass
class Record:
    """Figures of one call, counted while it lasts; times are from the opening of the media."""

    voice_ready_ms: int | None = None
    """Until the Voice Live session was set up."""
    interim: str = "off"
    """What became of Voice Live's interim responses: `service`, `refused` by it, or `off`."""
    caller_turns: int = 0
    responses: int = 0
    barge_ins: int = 0
    stalls: int = 0
    """Times that the service left a response hanging."""
    frames_up: int = 0
    frames_down: int = 0
    frames_dropped: int = 0
    """Frames of the caller that Voice Live was too slow to take."""
    tools: list[ToolUse] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    lasted_ms: int = 0
    end: CallEnd | None = None
