"""What one telephone line does, from greeting to goodbye."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args, overload

from bridge.flow.delivery import Delivered, deliveries, one_for_all
from bridge.flow.digits import KEYS
from bridge.flow.ended import OnEnd
from bridge.flow.errors import FlowError
from bridge.flow.hours import Hours
from bridge.flow.interim import Interim, Trigger
from bridge.flow.limits import Limits
from bridge.flow.manners import Fallback, Recording, Silence, check_no_time
from bridge.flow.numbers import is_e164
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.overrides import check_marks
from bridge.flow.speech import Pipeline, locale_of, pipeline_of
from bridge.flow.template import placeholders
from bridge.flow.tool import Effect, OnBargeIn, Tool, ToolFunction, make_tool
from bridge.flow.tool_interim import OwnInterim, interim_of_tool

F = TypeVar("F", bound=ToolFunction)

VoiceAudio = Literal["pcm16_8000hz", "pcm16_16000hz", "pcm16_24000hz", "g711_ulaw", "g711_alaw"]
"""Codings of sound that Voice Live offers in both directions; G.711 has 8 kHz."""

DEFAULT_MODEL = "gpt-4.1-mini"

_AUDIO_FIELDS = ("input_audio_format", "input_audio_sampling_rate", "output_audio_format")
"""What `voice_audio` stands for in `session.update`."""


@dataclass(frozen=True)
class Agent:
    """A Foundry agent that leads the conversation with its own instructions, model and tools."""

    name: str
    project: str
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Callflow:
    """One line: its number, its voice, what it says and what it can do.

    Raises:
        FlowError: the values contradict each other or what Voice Live can do.
    """

    number: str
    """The line's telephone number in E.164 form, `+18005550100`."""
    greeting: str | None = None
    """Spoken word for word when the call begins; without it the agent waits for the caller."""
    instructions: str = ""
    """What the model is told about its task. Not with `agent`, which has its own."""
    model: str | None = None
    """A model that Voice Live offers; `gpt-4.1-mini` unless an `agent` leads."""
    voice: str | None = None
    """An Azure voice (`en-US-Ava:DragonHDLatestNeural`) or one of OpenAI's (`marin`)."""
    agent: Agent | None = None
    """Instead of a model: a Foundry agent. Needs Entra credentials, not a key."""
    interim: Interim | None = None
    """How waits are covered."""
    silence: Silence | None = field(default_factory=Silence)
    """What happens when the caller says nothing; with None, nothing does. By default they are asked
    once, in the flow's language, after 8 s, and the line hangs up after 8 more."""
    keypad: Mapping[str, HangUp | Transfer] = field(default_factory=dict)
    """What a key does at any time, but while a tool asks for digits: `{"0": Transfer(…)}`."""
    fallback: Fallback = field(default_factory=Fallback)
    """What the caller hears when speech fails; by default an apology in the flow's language."""
    machine: HangUp = field(default_factory=HangUp)
    """What a call that the line places does when an answering machine takes it; with words,
    `HangUp(say=…)`, it leaves a message."""
    recording: Recording | None = None
    """Whether, and after which words, ACS records the call."""
    limits: Limits = field(default_factory=Limits)
    """What one call may take."""
    hours: Hours | None = None
    """When the line is open, and what happens when it is closed."""
    phone_rate_hz: Literal[16_000, 24_000] = 24_000
    """Sample rate on the telephone's side, as ACS streams it."""
    voice_audio: VoiceAudio | None = None
    """Coding and rate on Voice Live's side, both ways; without it, PCM16 at `phone_rate_hz`:
    nothing is resampled."""
    raw: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of Voice Live's `session.update`, passed through as they are."""
    operators: tuple[str, ...] = ()
    """Fields that operators may change without the author, in the file of numbers: `("greeting",
    "interim", "limits.blocked")`; a dotted name is one part of a field."""
    tools: dict[str, Tool] = field(default_factory=dict, init=False)
    ended_hooks: list[OnEnd] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if not is_e164(self.number):
            raise FlowError(
                f"Callflow(number={self.number!r}) needs international form, like '+18005550100'."
            )
        if self.silence:
            object.__setattr__(self, "silence", self.silence.in_words(self.language))
        object.__setattr__(self, "fallback", self.fallback.in_words(self.language))
        for key, outcome in self.keypad.items():
            if len(key) != 1 or key not in KEYS:
                raise self._error(f"keypad={{{key!r}: ...}} is no key; keys are {KEYS}")
            check_no_time(f"keypad[{key!r}]", outcome)
        self._check_audio()
        if self.agent and (self.model or self.instructions):
            raise self._error(
                "with agent=..., the agent holds model and instructions; leave them out"
            )
        if not self.agent and not self.model:
            object.__setattr__(self, "model", DEFAULT_MODEL)
        if problem := check_marks(self.operators):
            raise self._error(problem)
        for text in self.interim.lines if self.interim else ():
            if placeholders(text):
                raise self._error(
                    f"{text!r} names a tool's parameter; give it to @flow.tool(interim=...)"
                )
        self.check_deliveries()

    def _check_audio(self) -> None:
        if self.phone_rate_hz not in (16_000, 24_000):
            raise self._error("phone_rate_hz must be 16000 or 24000: ACS streams no other rate")
        choices = get_args(VoiceAudio)
        if self.voice_audio not in (None, *choices):
            raise self._error(f"voice_audio must be one of {', '.join(choices)}, or left out")
        for name in _AUDIO_FIELDS:
            if name in self.raw:
                raise self._error(f"raw sets {name}, which is voice_audio's to set")

    def check_deliveries(self) -> None:
        """See that somebody can deliver the interim responses, of tools as well.

        Raises:
            FlowError: nobody can.
        """
        for trigger, delivered in self.deliveries.items():
            if delivered.by == "nobody":
                raise self._error(
                    f"nobody can deliver interim responses on {trigger}: {delivered.why}"
                )

    def _error(self, problem: str) -> FlowError:
        return FlowError(f"The call flow of {self.number}: {problem}.")

    @property
    def pipeline(self) -> Pipeline:
        """How Voice Live runs this flow."""
        return pipeline_of(self.model) if self.model else Pipeline.AGENT

    @property
    def deliveries(self) -> dict[Trigger, Delivered]:
        """For each trigger of the interim response, who delivers it, and why."""
        own = [tool for tool in self.tools.values() if tool.interim is not self.interim]
        names = [tool.name for tool in own]
        delivered = {}
        if self.interim:
            delivered = deliveries(self.interim, self.pipeline, self.voice, own=names)
        if any(tool.interim for tool in own):
            delivered.setdefault(Trigger.TOOL, Delivered("bridge", one_for_all(names)))
        return delivered

    @property
    def has_word_times(self) -> bool:
        """Whether Voice Live is asked, by `raw`, to tell when each word sounds."""
        return "word" in (self.raw.get("output_audio_timestamp_types") or ())

    @property
    def language(self) -> str:
        """BCP-47 tag of the language spoken: the voice's, else `en-US`."""
        return locale_of(self.voice) or "en-US"

    def on_end(self, function: OnEnd) -> OnEnd:
        """Have a function called with every call that has ended, as `@flow.on_end`.

        It is `async def`, takes an `Ended`, and has 30 s; what it raises is logged, and costs no
        call.
        """
        if not inspect.iscoroutinefunction(function):
            raise self._error("what @flow.on_end calls is an `async def` function")
        self.ended_hooks.append(function)
        return function

    @overload
    def tool(self, function: F, /) -> F: ...
    @overload
    def tool(
        self,
        /,
        *,
        timeout_ms: int = ...,
        effect: Effect = ...,
        retries: int = ...,
        on_barge_in: OnBargeIn = ...,
        interim: OwnInterim = ...,
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: F | None = None,
        /,
        *,
        timeout_ms: int = 20_000,
        effect: Effect = "read",
        retries: int = 0,
        on_barge_in: OnBargeIn = "continue",
        interim: OwnInterim = ...,
    ) -> F | Callable[[F], F]:
        """Let the model call a function, as `@flow.tool` or `@flow.tool(timeout_ms=5_000)`.

        The docstring tells the model when; `Annotated[str, "Four digits"]` describes a parameter. A
        parameter of type `Call` receives the call. The function returns `str`, `dict`, `list`,
        `HangUp` or `Transfer`; after `timeout_ms` it is cancelled and the model is told so.

        A tool that changes something says `effect="write"`, and runs once, however often the model
        calls it with the same arguments in one turn of the caller. A read that raises (but for
        `ToolError`) is run again up to `retries` times, all within `timeout_ms`; one that nobody
        waits for once the caller speaks says `on_barge_in="cancel"`.

        `interim` covers the wait for this tool in place of the flow's: a line that may name
        parameters (`"Checking order {order_number}."`), said when and followed by what the flow's
        is; or a `StaticInterim` or `LlmInterim`, whose trigger is the tool; or None for a tool that
        is always fast.
        """

        def add(function: F) -> F:
            if self.agent:
                raise self._error("with agent=..., tools belong to the agent, not to the flow")
            tool = make_tool(
                function,
                timeout_ms=timeout_ms,
                effect=effect,
                retries=retries,
                on_barge_in=on_barge_in,
                interim=interim_of_tool(interim, self.interim),
                own_interim=interim,
            )
            if tool.name in self.tools:
                raise self._error(f"two tools are named {tool.name}")
            self.tools[tool.name] = tool
            self.check_deliveries()
            return function

        return add if function is None else add(function)
