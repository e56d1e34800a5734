"""What the stand-in does where the service is not known, and where it should fail."""

from dataclasses import dataclass
from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from bridge.lab.checked import checked

Spoiling = Literal["failed", "hanging", "empty", "incomplete", "filtered"]
"""How an answer may end badly; the last two are `incomplete` by too many tokens, or by content."""


@checked
@dataclass(frozen=True)
class Switches:
    """One behaviour each; the defaults are the service on a good day."""

    # The interim response, whose appearance on the wire nobody has recorded.
    interim_shape: Literal["auto", "separate", "same_response", "held_done"] = "auto"
    """`separate`: a response of its own. `same_response`: one more item of the response it covers,
    even after that is done. `held_done`: the same, and `response.done` waits for it. `auto`:
    `separate` for function tools, `same_response` while the response is still open."""
    interim_in_history: bool = True
    """Whether the model sees it among its own turns."""
    interim_active_blocks_create: bool = True
    """Whether `response.create` is refused while it is sent; else the answer follows it."""
    interim_cut_by_output: bool = False
    """Whether the output of the tool cuts it off."""
    interim_gates_tool: bool = True
    """Whether `latency_threshold_ms` delays the trigger `tool` too, as observed in the field."""
    interim_echo: bool = True
    """Whether `session.updated` shows it; where it does not, it is not spoken either."""
    refuse_interim: bool = False
    """Refuse it with every model and voice."""
    llm_interim_texts: tuple[str, ...] = ("Let me have a look.",)
    """What an LLM makes of it; empty for the silence observed in the field. Also what it makes of
    the instructions of an out-of-band response that quote nothing."""
    seed: int = 0
    """Of the choice among several texts."""

    # The out-of-band response.
    out_of_band: bool = True
    """Whether `commit: false` keeps a response out of the conversation, as the SDK's reference
    says; else the service ignores it and commits the response nevertheless. Nobody has recorded
    which it does."""

    # Pace.
    delta_factor: PositiveFloat = 8.0
    """Audio is sent this many times faster than it plays; 5 to 17 observed in the field. Below 1,
    synthesis cannot keep up."""
    delta_ms: PositiveInt = 400
    """Audio in one delta."""
    first_token_s: float = 0.3
    """From the start of a response to the model's first output."""
    stall_before_first_delta_s: float = 0.0
    """Between an announced part and its first delta."""
    stall_in_item_s: float = 0.0
    """Between two deltas in the middle of each line that has more than one."""

    # The session.
    handshake: int | None = None
    """HTTP status that refuses the upgrade, such as 400, 401, 429 or 500."""
    handshake_s: float = 0.0
    """Time the upgrade takes."""
    no_session_created: bool = False
    """Keep silent after the upgrade."""
    updated_s: float = 0.07
    """From `session.update` to `session.updated`; 0.065 to 0.081 in recorded traffic."""
    no_session_updated: bool = False
    """Apply every `session.update`, and say nothing of it."""
    error_instead_of_updated: bool = False
    """Refuse every `session.update`."""
    refuse_unknown: bool = False
    """Refuse a `session.update` with a field that is in no reference; else such a field is ignored.
    Nobody has recorded which the service does."""
    session_s: float = 1800.0
    """Until `session_expired` and close code 1001."""
    agents: tuple[str, ...] = ()
    """Names of the Foundry agents there are; empty for any name."""
    agent_tool_s: float = 0.0
    """Time an agent spends in a managed tool each turn: unseen, but for the wait."""

    # Faults.
    near_silent: int = 0
    """The first so many answers of a session are sent with an amplitude near zero, 60 dB less."""
    failed_answers: int = 0
    """The first so many answers of a session end with `response.done` and status `failed`."""
    failure_code: str = "server_error"
    """What `failed_answers` give as the code of their error; `rate_limit_exceeded` is another."""
    hanging_answers: int = 0
    """So many after those are begun, and nothing follows until they are cancelled."""
    empty_answers: int = 0
    """So many after those are completed with no output at all."""
    odd_bytes: bool = False
    """Cut the first audio delta of a line in the middle of a sample."""
    late_delta_after_cancel: bool = False
    """Send one more audio delta of a response that was cancelled."""
    truncated_after_done: bool = False
    """Report an automatic truncation after `response.done`, not before it."""
    extra_events: bool = False
    """Insert undocumented events, and an unknown key everywhere."""
    error_without_done: bool = False
    """End every response with an `error` and no `response.done`."""

    @property
    def spoilt(self) -> list[Spoiling]:
        """How the first answers of a session end badly, one by one."""
        failed: list[Spoiling] = ["failed"] * self.failed_answers
        hanging: list[Spoiling] = ["hanging"] * self.hanging_answers
        empty: list[Spoiling] = ["empty"] * self.empty_answers
        return failed + hanging + empty
