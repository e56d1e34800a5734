"""Telephone manners: what a line does when nobody speaks, when speech fails, when it records."""

from dataclasses import dataclass, field, replace

from bridge.flow.errors import FlowError
from bridge.flow.outcomes import HangUp, Transfer


@dataclass(frozen=True, kw_only=True)
class Silence:
    """What happens when the caller says nothing.

    Counted from when the caller has heard the last word. Speech, a key, and a tool at work begin it
    anew; music and a transfer are no silence.
    """

    after_ms: int = 8_000
    """How long the caller may think, before each reprompt and before the end."""
    reprompts: tuple[str, ...] = ("",)
    """Said one after the other, until the caller says something. By default one, in the flow's
    language."""
    then: HangUp | Transfer = field(default_factory=lambda: HangUp(say=""))
    """What comes after the last reprompt was in vain; by default a goodbye."""
    longest_speech_ms: int = 60_000
    """Whoever speaks for so long without a pause is no caller but hold music or a machine: `then`
    is done at once."""

    def __post_init__(self) -> None:
        if isinstance(self.reprompts, str):
            raise FlowError('Silence(reprompts=...) is a tuple: reprompts=("Are you there?",).')
        if self.reprompts != ("",) and not all(text.strip() for text in self.reprompts):
            raise FlowError("Silence(reprompts=...) has an empty text.")
        if self.after_ms < 1_000:  # noqa: PLR2004 - said in the message
            raise FlowError("Silence(after_ms=...) gives a caller at least 1000 ms to think.")
        if self.longest_speech_ms < 10_000:  # noqa: PLR2004 - said in the message
            raise FlowError("Silence(longest_speech_ms=...) is at least 10000.")
        check_no_time("Silence(then=...)", self.then)

    def in_words(self, language: str) -> "Silence":
        """The same, with words of the language (a BCP-47 tag) where none were given."""
        words = _words(language)
        reprompts = tuple(text or words.reprompt for text in self.reprompts)
        then = replace(self.then, say=words.goodbye) if self.then.say == "" else self.then
        return replace(self, reprompts=reprompts, then=then)

    def without_words(self, language: str) -> "Silence":
        """The same, without the words that `in_words` gave it."""
        words = _words(language)
        reprompts = ("",) if self.reprompts == (words.reprompt,) else self.reprompts
        then = replace(self.then, say="") if self.then.say == words.goodbye else self.then
        return replace(self, reprompts=reprompts, then=then)


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """What the caller hears when speech fails: never a dead line.

    Both texts are rendered beforehand, for when nothing can be rendered.
    """

    meanwhile: str = ""
    """Said while a lost session with the speech service is replaced by another; by default words
    in the flow's language."""
    say: str = ""
    """Said when that has failed, before `then`; by default an apology."""
    then: HangUp | Transfer = field(default_factory=HangUp)

    def __post_init__(self) -> None:
        check_no_time("Fallback(then=...)", self.then)
        if self.then.say:
            raise FlowError("Fallback(say=...) is what is said; leave say out of then=....")

    def in_words(self, language: str) -> "Fallback":
        """The same, with words of the language (a BCP-47 tag) where none were given."""
        words = _words(language)
        advice = words.connecting if isinstance(self.then, Transfer) else words.call_again
        return replace(
            self,
            meanwhile=self.meanwhile.strip() or words.meanwhile,
            say=self.say.strip() or f"{words.sorry} {advice}",
        )

    def without_words(self, language: str) -> "Fallback":
        """The same, without the words that `in_words` gave it."""
        plain = Fallback(then=self.then).in_words(language)
        return replace(
            self,
            meanwhile="" if self.meanwhile == plain.meanwhile else self.meanwhile,
            say="" if self.say == plain.say else self.say,
        )


@dataclass(frozen=True)
class _Words:
    """What a line says that was not given words for it."""

    meanwhile: str
    sorry: str
    call_again: str
    connecting: str
    reprompt: str
    goodbye: str


_WORDS = {
    "en": _Words(
        "One moment, please.",
        "I am sorry, we have a technical problem.",
        "Please call again later.",
        "I will connect you.",
        "Are you still there?",
        "Goodbye.",
    ),
    "de": _Words(
        "Einen Augenblick, bitte.",
        "Es tut mir leid, wir haben eine technische Störung.",
        "Bitte rufen Sie später wieder an.",
        "Ich verbinde Sie.",
        "Sind Sie noch da?",
        "Auf Wiederhören.",
    ),
    "fr": _Words(
        "Un instant, s'il vous plaît.",
        "Je suis désolé, nous avons un problème technique.",
        "Veuillez rappeler plus tard.",
        "Je vous mets en relation.",
        "Êtes-vous toujours là ?",
        "Au revoir.",
    ),
    "es": _Words(
        "Un momento, por favor.",
        "Lo siento, tenemos un problema técnico.",
        "Por favor, vuelva a llamar más tarde.",
        "Le paso con un compañero.",
        "¿Sigue ahí?",
        "Adiós.",
    ),
    "it": _Words(
        "Un momento, per favore.",
        "Mi dispiace, abbiamo un problema tecnico.",
        "La preghiamo di richiamare più tardi.",
        "La metto in comunicazione.",
        "È ancora in linea?",
        "Arrivederci.",
    ),
}


def _words(language: str) -> _Words:
    """What is said in a language, or in English."""
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])


@dataclass(frozen=True, kw_only=True)
class Recording:
    """ACS records the call, both sides in one channel; where to is set at the ACS resource."""

    consent: str | None = None
    """Said first; recording begins when the caller has heard it."""

    def __post_init__(self) -> None:
        if self.consent is not None and not self.consent.strip():
            raise FlowError("Recording(consent=...) is empty; leave it out, or say what is done.")


def check_no_time(place: str, outcome: HangUp | Transfer) -> None:
    """Refuse `after_ms` where it has no meaning.

    Raises:
        FlowError: it is there.
    """
    if outcome.after_ms is not None:
        raise FlowError(f"{place} happens at once; leave after_ms out.")
