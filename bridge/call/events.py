"""What the agent's side tells: the vocabulary in which a voice leg speaks to the call."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller has spoken."""


@dataclass(frozen=True, slots=True)
class CallerSaid:
    """What the service understood; empty for noise."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ItemKept:
    """An item is in the conversation: the model knows of it from now on."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The agent's turn, or an interim line, began to be made."""

    response_id: str
    request: str | None = None
    """Id of our request that it answers; None for the service's own, or where it is not said."""


@dataclass(frozen=True, slots=True)
class AgentAudio:
    """Speech of the agent, in whole samples, faster than real time."""

    response_id: str
    item_id: str
    pcm: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentAudioDone:
    """No more audio will come for this item."""

    response_id: str
    item_id: str


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """More of the words of an item; they come about when their sound does."""

    response_id: str
    item_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WordSounds:
    """Where in the sound of an item a word begins, where the session has word timestamps."""

    item_id: str
    at_ms: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VoiceRenewed:
    """Another session took the place of the one before, and knows what was said.

    Of what was under way in the one before, nothing more will come.
    """


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model wants a tool; `arguments` is a JSON object as text."""

    response_id: str
    call_id: str
    name: str
    arguments: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the model is said to have used, in tokens; what was cached is among what went in."""

    text_in: int = 0
    audio_in: int = 0
    cached_in: int = 0
    text_out: int = 0
    audio_out: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.text_in + other.text_in,
            self.audio_in + other.audio_in,
            self.cached_in + other.cached_in,
            self.text_out + other.text_out,
            self.audio_out + other.audio_out,
        )


@dataclass(frozen=True, slots=True)
class ResponseEnded:
    """The response is complete, cancelled or failed; its audio may still be playing."""

    response_id: str
    status: str
    detail: str = ""
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class VoiceProblem:
    """The service refused something we sent and goes on."""

    code: str
    message: str = field(repr=False)
    about: str | None
    """Id of the request it refused, where the service says so."""


VoiceEvent = (
    SpeechStarted
    | SpeechStopped
    | CallerSaid
    | ItemKept
    | ResponseStarted
    | AgentAudio
    | AgentAudioDone
    | AgentSaid
    | WordSounds
    | VoiceRenewed
    | ToolCalled
    | ResponseEnded
    | VoiceProblem
)
