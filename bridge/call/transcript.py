"""What was said in a call, by whom, and how much of it was heard."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.audio.pcm import duration_ms
from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    CallerSaid,
    SpeechStopped,
    ToolCalled,
    VoiceEvent,
    VoiceRenewed,
    WordSounds,
)
from bridge.call.legs import By, VoiceLeg
from bridge.flow.ended import Said


@dataclass(eq=False)
class _Line:
    by: By
    at_s: float
    text: str = field(repr=False)
    lasts_ms: float = 0.0
    """Length of the sound that has come of it."""
    heard_ms: int | None = None
    """Where it was cut short."""
    words: list[tuple[int, str]] = field(default_factory=list, repr=False)
    """Where in the sound each word begins, if the service says so."""

    @property
    def is_said(self) -> bool:
        """Whether caller or agent have said it, and something of it has come."""
        return self.by != "line" and bool(self.text or self.lasts_ms)

    @property
    def heard(self) -> str:
        """What the caller heard of it; to the word where words have times, else an estimate."""
        if self.heard_ms is None:
            return self.text
        if self.words:
            return " ".join(word for at_ms, word in self.words if at_ms < self.heard_ms)
        words = self.text.split()
        return " ".join(words[: int(len(words) * self.heard_ms / max(self.lasts_ms, 1.0))])


@dataclass(eq=False)
class _ToolTalk:
    called: ToolCalled
    output: str | None = field(default=None, repr=False)


class Transcript:
    """Lines in their order; it stays in memory, and no log ever sees it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._entries: list[_Line | _ToolTalk] = []
        self._items: dict[str, _Line] = {}
        self._calls: dict[str, _ToolTalk] = {}
        self._clips = 0
        self._untold: deque[_Line] = deque()
        """What the caller said and the service has not written down yet."""

    @property
    def length(self) -> int:
        """Grows with every line, call of a tool, and output."""
        outputs = sum(talk.output is not None for talk in self._calls.values())
        return len(self._entries) + outputs

    @property
    def caller_waits(self) -> bool:
        """Whether the last word is the caller's, or a tool's."""
        for entry in reversed(self._entries):
            if isinstance(entry, _ToolTalk):
                return True
            if entry.is_said:
                return entry.by == "caller"
        return False

    def saw(self, event: VoiceEvent, rate_hz: int, by: By = "agent") -> None:
        """Take in what the service says; its voice speaks for the agent or for the line.

        Sound is at `rate_hz`.
        """
        match event:
            case SpeechStopped():
                line = _Line("caller", self._now_s, "")
                self._entries.append(line)
                self._untold.append(line)
            case CallerSaid(text):
                self._caller_said(text)
            case AgentSaid(item_id=item_id, text=text):
                self._item(item_id, by).text += text
            case AgentAudio(item_id=item_id, pcm=pcm):
                self._item(item_id, by).lasts_ms += duration_ms(pcm, rate_hz)
            case WordSounds(item_id, at_ms, text) if item_id in self._items:
                self._items[item_id].words.append((at_ms, text))
            case VoiceRenewed():
                self._untold.clear()
            case ToolCalled(call_id=call_id):
                self._calls[call_id] = _ToolTalk(event)
                self._entries.append(self._calls[call_id])

    def _caller_said(self, text: str) -> None:
        """Words belong where they were spoken; a model that hears by itself may have answered."""
        line = self._untold.popleft() if self._untold else None
        if line is None:
            line = _Line("caller", self._now_s, text)
            self._entries.append(line)
        line.text = text

    def clip(self, text: str, lasts_ms: float, by: By = "line") -> str:
        """Take in what a clip says, and give it a name.

        Of what the line says, the model learns nothing.
        """
        self._clips += 1
        name = f"clip {self._clips}"
        line = self._item(name, by)
        line.text, line.lasts_ms = text, lasts_ms
        return name

    def output(self, call_id: str, output: str) -> None:
        """Take in what the model is told of a tool."""
        if talk := self._calls.get(call_id):
            talk.output = output

    def cut(self, item_id: str, heard_ms: int) -> None:
        """The caller heard only so much of an item."""
        if line := self._items.get(item_id):
            line.heard_ms = heard_ms

    def forget(self, item_id: str) -> None:
        """An item turned out to hold no speech: nobody has said it."""
        if line := self._items.pop(item_id, None):
            self._entries.remove(line)

    def uncut(self, item_id: str, from_ms: int) -> str:
        """The caller hears the rest of an item after all: its words from there on."""
        line = self._items[item_id]
        line.heard_ms = None
        return " ".join(word for at_ms, word in line.words if at_ms >= from_ms)

    def next_word_ms(self, item_id: str, at_ms: int) -> int | None:
        """Where in an item the next word begins; None for the last, and without times of words."""
        line = self._items.get(item_id)
        begins = [word_ms for word_ms, _ in line.words if word_ms >= at_ms] if line else []
        return min(begins, default=None)

    def said_by(self, item_id: str) -> By:
        """Who says an item; what nobody is known to say, the line itself does."""
        line = self._items.get(item_id)
        return line.by if line else "line"

    def heard_ms(self, item_id: str) -> float:
        """How much of an item the caller has heard, or will hear of what has come of it."""
        line = self._items.get(item_id)
        return 0.0 if line is None else line.lasts_ms if line.heard_ms is None else line.heard_ms

    def lasts_ms(self, item_id: str) -> float:
        """Length of the sound of an item, as far as it has come."""
        line = self._items.get(item_id)
        return line.lasts_ms if line else 0.0

    async def tell(self, leg: VoiceLeg, note: str = "") -> None:
        """Have a new session know all of it, as far as it was heard, and then a note.

        What is added meanwhile is told, too.

        Raises:
            VoiceLost: the session is gone already.
        """
        told: set[_Line | _ToolTalk | str] = set()
        await self._tell_rest(leg, told)
        if note:
            await leg.remember("line", note)
        await self._tell_rest(leg, told)

    async def _tell_rest(self, leg: VoiceLeg, told: set[_Line | _ToolTalk | str]) -> None:
        for entry in list(self._entries):
            is_news = entry not in told
            told.add(entry)
            match entry:
                case _Line(by="agent" | "caller" as by) if is_news and entry.heard.strip():
                    await leg.remember(by, entry.heard.strip())
                case _ToolTalk(called):
                    if is_news:
                        await leg.recall(called)
                    if entry.output is not None and called.call_id not in told:
                        told.add(called.call_id)
                        await leg.give_output(called.call_id, entry.output)

    def said(self) -> Iterator[Said]:
        """The lines, for whoever works on the call after its end."""
        for entry in self._entries:
            if isinstance(entry, _Line) and entry.text.strip():
                heard = None if entry.heard_ms is None else entry.heard.strip()
                yield Said(entry.by, round(entry.at_s, 1), entry.text.strip(), heard)

    @property
    def _now_s(self) -> float:
        return self._loop.time() - self._began_s

    def _item(self, item_id: str, by: By) -> _Line:
        if item_id not in self._items:
            self._items[item_id] = _Line(by, self._now_s, "")
            self._entries.append(self._items[item_id])
        return self._items[item_id]
