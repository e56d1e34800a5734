"""Everything the stand-in can do otherwise than a call on a good day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.lab.checked import checked
from bridge.lab.quality import PERFECT, LineQuality

Transferred = Literal["accepted"] | tuple[int, int]
"""How a transfer ends, or the code and sub-code of its failure."""


@checked
@dataclass(frozen=True)
class Fault:
    """An error that the first `times` requests get instead of their answer."""

    status: int
    code: str
    retry_after_s: int | None = None
    """With it the SDK repeats any request; without it, a 429 on a POST is final."""
    times: int = 1


@checked
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


@checked
@dataclass(frozen=True)
class Switches:
    """What a call will meet; a call keeps the switches it was dialled under."""

    kind: Literal["phoneNumber", "PhoneNumber"] = "phoneNumber"
    """`kind` of both ends of an IncomingCall: as recorded, or as in Microsoft's reference, whoever
    they are."""
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
    errors: Mapping[str, Fault] = field(default_factory=dict)
    """What any other operation meets first, by its name: `transferToParticipant`,
    `participants:add`, `get`. 412 with 8583 is a media operation that another one excludes."""
    answered_state: Literal["connecting", "unknown"] = "connecting"
    """State of a call that was answered a moment ago; recorded in either way."""
    callbacks_by_http: bool = False
    """Callbacks may go by http to other machines than this one, for a bridge in a container
    of its own; the service takes https."""
    media_delay_s: float = 1.0
    """From the answer to the media socket; from about 1.2 on, CallConnected comes first."""
    media_never: bool = False
    """The media socket cannot be opened: MediaStreamingFailed 400/8581, and silence."""
    media_jitter_ms: float = 0
    """Frames leave up to this late, in their order; on average there are 50 a second still."""
    mixed_names: Literal["nobody", "null", "caller"] = "null"
    """`participantRawID` of mixed sound: missing, null, or the caller's; not documented."""
    callbacks: CallbackSwitches = field(default_factory=CallbackSwitches)
    """How callbacks travel."""
    dtmf_star: str = "*"
    """Spelling of the star key, which Microsoft's reference does not give."""
    dtmf_pound: str = "#"
    """Spelling of the pound key, as little known."""
    lose_tones: bool = False
    """Key presses do not arrive on the media socket; observed on one real call of three."""
    lose_tone_callbacks: bool = False
    """Key presses do not arrive by continuous recognition, which counts them all the same."""
    tone_callback_delay_s: float = 0.3
    """From a key to its callback; not documented, reported as slow."""
    audible_tones: bool = True
    """Keys can be heard in the caller's sound, 100 ms each; not documented."""
    tones_of_colleagues: bool = True
    """Keys of people who were added arrive on the media socket as the caller's do; inferred."""
    tones_name_participant: bool = False
    """Key presses on the media socket say whose they are, as the SDK for .NET has it."""
    noise_dbfs: float | None = None
    """Level of the noise on the caller's side; None is digital silence."""
    line: LineQuality = PERFECT
    """How well the line to the caller carries, both ways; the lines to colleagues are perfect."""
    transfer_result: Transferred | Mapping[str, Transferred] = "accepted"
    """How transfers end: all of them, or by number or raw id, accepted where it is not listed."""
    transfer_rings_s: float = 3.0
    """From the request for a transfer to its result; the media goes on meanwhile."""
    transfer_failure_is_final: bool = False
    """After a failed transfer nothing can be done with the call any more, but to end it: 400/8501;
    reported of real calls."""
    unreported_refusals: bool = False
    """An added participant who is busy or declines leads to no callback; reported of real calls."""
    outlives_caller: bool = False
    """A call with a colleague in it goes on when the caller hangs up; not documented."""
    dialled_drop: bool = True
    """When the bridge leaves two numbers that it had dialled, both are cut off; Microsoft's list of
    known issues."""
    outbound_limit: int = 2
    """Calls at a time from one of our numbers; the next one is declined. Microsoft's reference."""
    create_failed_last: bool = False
    """CreateCallFailed comes after CallDisconnected; recorded in either order."""
    media_restart_fails: bool = False
    """Media that has been open cannot be started again."""
    media_reconnects_s: float | None = None
    """The service opens media that was lost again by itself, after so long; not documented."""
    recording_s: float = 0.2
    """From a request about a recording to its effect and its callback; not documented."""
    recording_failure: tuple[int, int] | None = None
    """Code and sub-code with which recordings fail to start."""
    silent_flag: bool = False
    """Frames without speech say `"silent": true`."""
    extra_frames: bool = False
    """Frames of an unknown kind between the others, and unknown keys in all."""
    seed: int = 0
    """Of the delays, the noise, the losses and the shuffling."""

    def transfer_of(self, address: str) -> Transferred:
        """Return how a transfer to a number or raw id ends."""
        result = self.transfer_result
        return result.get(address, "accepted") if isinstance(result, Mapping) else result
