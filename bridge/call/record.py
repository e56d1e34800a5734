"""What a call leaves behind: figures for one log line, without a word of what was said."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from bridge.call.ends import CallEnd
from bridge.call.events import Tokens
from bridge.flow.interim import Trigger

UNKNOWN = "_unknown"
"""Stands for a tool whose name the model made up, and for the flow of a number without one."""


@dataclass(frozen=True)
class ToolUse:
    """One run of a tool."""

    name: str
    took_ms: int
    outcome: str
    """`ok`, `declined` (a ToolError), `failed`, `timed_out`, `cancelled` (the caller spoke),
    `joined` (the result of an identical call served), `hang_up` or `transfer`."""


class WaitEnd(StrEnum):
    """How a wait ended."""

    ANSWERED = "answered"
    SPOKEN_OVER = "spoken_over"
    """The caller spoke again, or what had sounded like speech was noise."""
    GIVEN_UP = "given_up"
    """By its last step: the caller was transferred, or the line hung up."""
    ASKED = "asked"
    """A tool asked the caller for digits."""
    ABANDONED = "abandoned"
    """The call ended meanwhile."""


@dataclass(frozen=True)
class Wait:
    """One wait that was to be covered: from the caller's last word, or a tool's call, on."""

    trigger: Trigger
    """What began it."""
    by: Literal["service", "bridge"]
    """Who was to cover it. Which of the sounds of the service were lines is a reading of order."""
    end: WaitEnd
    lasted_ms: int
    dead_air_ms: int
    """Until the first sound; all of it where there was none."""
    covered_ms: int
    """Of sound that the caller heard meanwhile."""
    lines: int
    delayed_ms: int
    """How long the answer, once there, waited for a line to end."""
    wasted: bool
    """The answer came within 300 ms of the beginning of a line."""
    dead_air_saved_ms: int | None = None
    """With an adaptive threshold: dead air before the first sound, less than a fixed 800 ms had
    cost; below 0 where it cost more."""
    delay_saved_ms: int | None = None
    """The same for the delay of the answer."""
    tools: tuple[str, ...] = ()
    """Names of the tools that were waited for, in the order of the alphabet."""


@dataclass(frozen=True)
class Turn:
    """How long the caller waited for an answer, once the service had noticed their silence."""

    response_ms: int | None
    """Until the service began a response; None where it had begun before."""
    audio_ms: int
    """Until the first sound of the answer came; tools are within."""
    heard_ms: int
    """Until the caller heard it, behind whatever was playing."""


@dataclass(frozen=True)
class Generation:
    """One response, as far as a model was asked for it."""

    took_ms: int
    """From its request until it was made: the caller may hear it for longer. Of a response that the
    service began by itself, from the caller's last word, as it noticed it."""
    first_ms: int | None
    """Until its first sound came; None where there was none, but a tool's call."""
    status: str
    """Of Voice Live: `completed`, `cancelled`, `failed` or `incomplete`; or `timeout`: given up."""
    tokens_in: int
    tokens_out: int


@dataclass
class Record:
    """Figures of one call, counted while it lasts; times are from the opening of the media."""

    voice_ready_ms: int | None = None
    """Until the Voice Live session was set up."""
    interim: str = "off"
    """What became of Voice Live's interim responses: `service`, `refused` by it, or `off`."""
    caller_turns: int = 0
    responses: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    """What the model is said to have used for them."""
    generations: list[Generation] = field(default_factory=list)
    model: str = ""
    """The flow's; none where an agent leads."""
    barge_ins: int = 0
    resumed: int = 0
    """Times that the agent went on after noise had interrupted it."""
    reconnects: int = 0
    """Sessions with the speech service that took the place of a lost one."""
    refreshes: int = 0
    """Sessions that took the place of one about to expire."""
    reprompts: int = 0
    """Times that a silent caller was spoken to."""
    stalls: int = 0
    """Times that the service left a response hanging."""
    silent_answers: int = 0
    """Items of the agent that claimed to be speech and held none."""
    frames_up: int = 0
    frames_down: int = 0
    underruns: int = 0
    """Times that the caller heard a gap because this process was held up."""
    frames_dropped: int = 0
    """Frames of the caller that Voice Live was too slow to take."""
    frames_coalesced: int = 0
    """Frames of the caller that shared a message with the frame before: Voice Live was slow to take
    them, or not connected yet."""
    tools: list[ToolUse] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    lasted_ms: int = 0
    end: CallEnd | None = None
    flow: str = UNKNOWN
    """Name of the flow that served the call; of a call that was not answered, the number's."""
    version: int = 0
    """Of the operators' file, when the call was answered."""
    on_trial: bool = False
    """Whether that was a version on trial."""
