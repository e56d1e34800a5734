"""Everything the stand-in can do otherwise than a call on a good day."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """An error that the first `times` requests get instead of their answer."""

    status: int
    code: str
    retry_after_s: int | None = None
    """With it the SDK repeats any request; without it, a 429 on a POST is final."""
    times: int = 1


@dataclass(frozen=True)
class CallbackSwitches:
    """How callbacks travel; by default each alone, in order and at once."""

    batch: bool = False
    """Whatever happens within half a second shares a POST."""
    shuffle: bool = False
    """Whatever happens within half a second arrives in any order."""
    duplicate: bool = False
    """Every event arrives twice, with one id."""
    delay_s: float = 0
    """Every event is this late."""
    drop: frozenset[str] = frozenset()
    """Types that never arrive, such as `CallConnected`."""


@dataclass(frozen=True)
class Switches:
    """What a call will meet; a call keeps the switches it was dialled under."""

    kind: Literal["phoneNumber", "PhoneNumber"] = "phoneNumber"
    """`kind` of an IncomingCall's numbers: as recorded, or as in Microsoft's reference."""
    duplicate_incoming: Literal["no", "after", "together"] = "no"
    """IncomingCall arrives twice: once the first is accepted, or both at once."""
    delayed_incoming_s: float = 0
    """IncomingCall arrives this late, its eventTime as old."""
    answer_s: float = 0.1
    """Answering takes this long; observed on real calls: 0.04 to 0.2."""
    answer_error: Fault | None = None
    """What answering meets first."""
    hang_up_error: Fault | None = None
    """What hanging up meets first, by either operation."""
    media_delay_s: float = 1.0
    """From the answer to the media socket; from about 1.2 on, CallConnected comes first."""
    media_never: bool = False
    """The media socket cannot be opened: MediaStreamingFailed 400/8581, and silence."""
    callbacks: CallbackSwitches = field(default_factory=CallbackSwitches)
    """How callbacks travel."""
    dtmf_star: str = "*"
    """Spelling of the star key, which Microsoft's reference does not give."""
    dtmf_pound: str = "#"
    """Spelling of the pound key, as little known."""
    lose_tones: bool = False
    """Key presses do not arrive; observed on one real call of three."""
    noise_dbfs: float | None = None
    """Level of the noise on the caller's side; None is digital silence."""
    transfer_result: Literal["accepted"] | tuple[int, int] = "accepted"
    """How a transfer ends, or the code and sub-code of its failure."""
    transfer_rings_s: float = 3.0
    """From the request for a transfer to its result; the media goes on meanwhile."""
    silent_flag: bool = False
    """Frames without speech say `"silent": true`."""
    extra_frames: bool = False
    """Frames of an unknown kind between the others, and unknown keys in all."""
    seed: int = 0
    """Of the delays, the noise and the shuffling."""
