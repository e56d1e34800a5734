"""One call, as the caller heard it: the sound of both sides, and what is known about it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from bridge.audio.pcm import duration_ms
from bridge.lab.acs import Line
from bridge.lab.speech import Heard
from bridge.lab.stretch import PAUSE_MS, Stretch, between, joined, shared, sounding
from bridge.lab.wave_file import both_sides, stereo

_SHORTEST_MUSIC_MS = 500
"""What is shorter is the end of a line, which the ears know to 200 ms."""
_REACTION_MS = 300
"""A line that ends so shortly before the caller speaks, or hangs up, may have been interrupted."""
_LASTS_TO_THE_END = ("hang_up", "transfer")
"""Outcomes of tools that the speech service never learns: the call is over, or elsewhere."""


@dataclass(frozen=True)
class Event:
    """Something that began at a moment of the call; before the answer, `at_ms` is negative."""

    at_ms: float
    kind: str
    """`line`, `caller`, `agent`, `interim`, `tool_called` or `tool_answered`."""
    text: str


@dataclass(frozen=True)
class Spell(Stretch):
    """Somebody's words."""

    who: str
    """`caller`, `agent`, or `interim`: the agent's side, to cover a wait."""
    text: str
    complete: bool = True
    """Whether they were heard to their end."""


@dataclass(frozen=True)
class ToolRun(Stretch):
    """From the agent's call to the result it got; to the end of the call without one."""

    name: str
    arguments: str
    result: str


@dataclass(frozen=True, kw_only=True)
class CallReport:
    """One call, as the caller heard it. Both channels share one clock, from the answer on."""

    flow: str
    rate_hz: int
    caller: bytes
    """PCM16 of what the caller said."""
    agent: bytes
    """PCM16 of what the caller heard, as long as `caller`."""
    events: Sequence[Event]
    said: Sequence[Line]
    heard: Sequence[Heard]
    bridge: Mapping[str, Any]
    """The service's own record of the call."""

    @property
    def lasted_ms(self) -> float:
        """Length of the recording."""
        return duration_ms(self.agent, self.rate_hz)

    @cached_property
    def spells(self) -> list[Spell]:
        """Who spoke when, on the line; a line is interim if the agent's side said so."""
        interim = {event.text for event in self.events if event.kind == "interim"}
        agent = [
            Spell(
                h.start_ms,
                h.end_ms,
                "interim" if h.text in interim else "agent",
                h.text,
                h.complete,
            )
            for h in self.heard
        ]
        caller = [Spell(line.start_ms, line.end_ms, "caller", line.text) for line in self.said]
        return sorted(agent + caller, key=lambda spell: spell.start_ms)

    @cached_property
    def caller_sounds(self) -> list[Stretch]:
        """Where the caller is heard: words, keys, coughs; a pause within a line is part of it."""
        return self._sounds(self.caller, self.said)

    @cached_property
    def agent_sounds(self) -> list[Stretch]:
        """Where the agent's side is heard: words and music; pauses as with the caller."""
        return self._sounds(self.agent, self.heard)

    def _sounds(self, pcm: bytes, lines: Sequence[Line] | Sequence[Heard]) -> list[Stretch]:
        sounds = sounding(pcm, self.rate_hz)
        pauses = [
            pause
            for pause in between(sounds, self.lasted_ms)
            if any(each.start_ms <= pause.start_ms <= pause.end_ms <= each.end_ms for each in lines)
        ]
        return joined([*sounds, *pauses])

    @cached_property
    def music(self) -> list[Stretch]:
        """Sound of the agent's side that is no line which the ears know: music, most often."""
        outside = between([Stretch(h.start_ms, h.end_ms) for h in self.heard], self.lasted_ms)
        unknown = shared(self.agent_sounds, outside)
        return [stretch for stretch in unknown if stretch.lasts_ms >= _SHORTEST_MUSIC_MS]

    @cached_property
    def silences(self) -> list[Stretch]:
        """Dead air: where the caller waited for the agent and heard nothing, music neither.

        The caller waits once they have spoken, from the answer of the call if the agent is to speak
        first, after a line or music that covers a wait, after a line that broke off, and, unless
        they speak next, while a tool is at work. After any other line it is the caller's turn, and
        after the last before a transfer the colleague's. Before a key they were not waiting.
        """
        quiet = between([*self.caller_sounds, *self.agent_sounds], self.lasted_ms)
        return [gap for gap in quiet if gap.lasts_ms > PAUSE_MS and self._waits_through(gap)]

    def _waits_through(self, gap: Stretch) -> bool:
        caller_next = [sound for sound in self.caller_sounds if sound.start_ms == gap.end_ms]
        words = [spell for spell in self.spells if spell.who == "caller"]
        if caller_next and not shared(caller_next, words):
            return False
        if gap.start_ms == 0:
            return not caller_next
        if any(sound.end_ms == gap.start_ms for sound in self.caller_sounds):
            return True
        if gap.end_ms == self.lasted_ms and self._end.get("reason") == "transferred":
            return False
        lines = [s for s in self.spells if s.who != "caller" and s.start_ms < gap.start_ms]
        music_ms = max((m.end_ms for m in self.music if m.end_ms <= gap.start_ms), default=0.0)
        if not lines or lines[-1].end_ms < music_ms:
            return True
        covers = lines[-1].who == "interim" or not lines[-1].complete
        return covers or (not caller_next and bool(shared(self.tools, [gap])))

    @cached_property
    def barge_ins(self) -> list[Stretch]:
        """From the caller's first sound over the agent's side to silence of that side."""
        return [
            Stretch(turn.start_ms, sound.end_ms)
            for turn in self.caller_sounds
            for sound in self.agent_sounds
            if sound.start_ms < turn.start_ms < sound.end_ms
        ]

    @cached_property
    def cut_off(self) -> list[Spell]:
        """Lines that broke off though the caller neither made a sound nor hung up."""
        hangs_up = self._end.get("by") == "caller"
        excuses = [*self.caller_sounds, *([Stretch(self.lasted_ms, math.inf)] if hangs_up else [])]
        return [
            line
            for line in self.spells
            if not line.complete
            and not shared([Stretch(line.start_ms, line.end_ms + _REACTION_MS)], excuses)
        ]

    @cached_property
    def tools(self) -> list[ToolRun]:
        """Runs of tools, in the order of their calls."""
        answers = [event for event in self.events if event.kind == "tool_answered"]
        runs = []
        for event in self.events:
            if event.kind != "tool_called":
                continue
            name, _, arguments = event.text.partition(" ")
            answer = next((a for a in answers if a.text.partition(" ")[0] == name), None)
            if answer:
                answers.remove(answer)
                end_ms, result = answer.at_ms, answer.text.partition(" ")[2]
            else:
                end_ms, result = self._until_over(name, event.at_ms), ""
            runs.append(ToolRun(event.at_ms, end_ms, name, arguments, result))
        return runs

    def _until_over(self, name: str, from_ms: float) -> float:
        """When a run without an answer was over: the record knows, if the tool ended the call."""
        took_ms = [
            use["took_ms"]
            for use in self.bridge.get("tools", ())
            if use["name"] == name and use["outcome"] in _LASTS_TO_THE_END
        ]
        return min(from_ms + took_ms[-1], self.lasted_ms) if took_ms else self.lasted_ms

    @property
    def _end(self) -> Mapping[str, Any]:
        return self.bridge.get("end") or {}

    @property
    def longest_silence_ms(self) -> float:
        """The longest of the silences; 0 without any."""
        return max((gap.lasts_ms for gap in self.silences), default=0.0)

    def summary(self) -> str:
        """The figures in a sentence."""
        interim = sum(spell.who == "interim" for spell in self.spells)
        return (
            f"{self.lasted_ms / 1000:.1f} s on the line, {interim} interim response(s), "
            f"longest silence {self.longest_silence_ms / 1000:.1f} s."
        )

    def write_sound(self, path: Path) -> None:
        """Write a stereo WAV, caller left."""
        path.write_bytes(stereo(self.caller, self.agent, self.rate_hz))

    def as_json(self) -> dict[str, Any]:
        """Everything but the sound."""
        return {
            "flow": self.flow,
            "lasted_ms": round(self.lasted_ms),
            "longest_silence_ms": round(self.longest_silence_ms),
            "heard": [asdict(spell) for spell in self.spells],
            "silences": [asdict(gap) for gap in self.silences],
            "events": [asdict(event) for event in self.events],
            "bridge": dict(self.bridge),
        }

    @classmethod
    def read(cls, figures: Mapping[str, Any], sound: Path) -> Self:
        """A report from what `as_json` gave and `write_sound` wrote."""
        rate_hz, caller, agent = both_sides(sound)
        spells = [Spell(**spell) for spell in figures["heard"]]
        return cls(
            flow=figures["flow"],
            rate_hz=rate_hz,
            caller=caller,
            agent=agent,
            events=[Event(**event) for event in figures["events"]],
            said=[Line(s.text, s.start_ms, s.end_ms) for s in spells if s.who == "caller"],
            heard=[
                Heard(s.text, s.start_ms, s.end_ms, complete=s.complete)
                for s in spells
                if s.who != "caller"
            ],
            bridge=figures["bridge"],
        )
