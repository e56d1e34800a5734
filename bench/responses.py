"""What Voice Live sends while the agent speaks.

Events, their order and their keys are those of recorded sessions (gpt-4.1, 2026-04-10).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson

from bench.sound import FRAME_S, ITEMS, Format, speech

RESPONSE_FRAMES = 125
"""2.5 s of speech a response."""
SPEED = 8
"""Times faster than real time; between 5 and 17 were recorded."""
DELTA_MS = (100, 400)
"""Shortest and longest piece of audio."""

VOICE = {
    "name": "en-US-AvaNeural",
    "type": "azure-standard",
    "temperature": None,
    "custom_lexicon_url": None,
    "custom_text_normalization_url": None,
    "prefer_locales": None,
    "locale": None,
    "style": None,
    "pitch": None,
    "rate": None,
    "volume": None,
}
_RESPONSE = {
    "object": "realtime.response",
    "status_details": None,
    "usage": None,
    "conversation_id": "",
    "modalities": ["audio", "text"],
    "voice": VOICE,
    "output_audio_format": "pcm16",
    "temperature": 0.8,
    "max_output_tokens": "inf",
}
_WORD = " marmalade"
_PIECE_CHARS = 6_400
"""100 ms at 24 kHz."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """One item of speech, and a tool called behind it or none."""

    number: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Of the request for it; empty where the service responds by itself."""
    tool: str | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return f"resp_3m5OBUcRuH6aoqyA{self.number:06}"

    @property
    def item_id(self) -> str:
        """The id of what is spoken."""
        return f"msg_3m5OBUcRuH6aoqyA{self.number:06}"

    @property
    def call_id(self) -> str:
        """The id under which the tool is called."""
        return f"call_3m5OBUcRuH6aoqyA{self.number:06}"

    def events(
        self, random: Random, of: Format, think_s: float = 0.0
    ) -> Iterator[tuple[float, Event]]:
        """All of it, each event with its second; `first` in one of them is no field of it."""
        response = self._response("in_progress", [])
        yield 0, _event("response.created", response=response)
        item = self._item("incomplete", [])
        added = {"response_id": self.id, "output_index": 0}
        part = {"type": "audio", "transcript": ""}
        yield think_s, _event("response.output_item.added", **added, item=item)
        yield think_s, _event("conversation.item.created", previous_item_id=None, item=item)
        yield think_s, _event("response.content_part.added", **self._where, part=part)
        audio = speech(self.number % ITEMS, RESPONSE_FRAMES, of)
        char_s = RESPONSE_FRAMES * FRAME_S / len(audio)
        sent, at_s, text = 0, think_s, ""
        while sent < len(audio):
            # Whole groups of four characters: pieces end between samples, seldom between frames.
            size = int(random.uniform(*DELTA_MS) / 1000 / char_s) // 8 * 8
            size = min(size, len(audio) - sent)
            at_s += size * char_s / SPEED
            yield at_s, _event("response.audio_transcript.delta", **self._where, delta=_WORD)
            delta = audio[sent : sent + size]
            yield at_s, _event("response.audio.delta", **self._where, delta=delta, first=sent == 0)
            text += _WORD
            sent += size
        said = self._item("completed", [{"type": "audio", "transcript": text}])
        output = [said]
        for event in self._spoken(said, text):
            yield at_s, event
        if self.tool:
            call = self._call(self.tool)
            output.append(call)
            for event in self._called(call):
                yield at_s, event
        yield at_s, _event("response.done", response=self._response("completed", output))

    def cancelled(self, of: Format, *, sounds: bool) -> Iterator[Event]:
        """Its end where the caller interrupts before it is made; it may have no sound yet.

        One more piece of it was on its way.
        """
        said = self._item("incomplete", [{"type": "audio", "transcript": _WORD}])
        if sounds:
            delta = speech(self.number % ITEMS, RESPONSE_FRAMES, of)[:_PIECE_CHARS]
            yield _event("response.audio.delta", **self._where, delta=delta)
            yield from self._spoken(said, _WORD)
        details = {"type": "cancelled", "reason": "turn_detected"}
        response = self._response("cancelled", [said] if sounds else [])
        yield _event("response.done", response=response | {"status_details": details})

    def _spoken(self, said: Event, text: str) -> Iterator[Event]:
        yield _event("response.audio.done", **self._where)
        yield _event("response.audio_transcript.done", **self._where, transcript=text)
        part = {"type": "audio", "transcript": text}
        yield _event("response.content_part.done", **self._where, part=part)
        yield _event("response.output_item.done", response_id=self.id, output_index=0, item=said)

    def _called(self, call: Event) -> Iterator[Event]:
        added = {"response_id": self.id, "output_index": 1}
        where = added | {"item_id": call["id"], "call_id": self.call_id}
        begun = call | {"status": "in_progress", "arguments": ""}
        arguments = call["arguments"]
        yield _event("response.output_item.added", **added, item=begun)
        yield _event("conversation.item.created", previous_item_id=self.item_id, item=begun)
        yield _event("response.function_call_arguments.delta", **where, delta=arguments)
        yield _event(
            "response.function_call_arguments.done",
            **where,
            name=call["name"],
            arguments=arguments,
        )
        yield _event("response.output_item.done", **added, item=call)

    @property
    def _where(self) -> Event:
        where = {"response_id": self.id, "item_id": self.item_id}
        return where | {"output_index": 0, "content_index": 0}

    def _response(self, status: str, output: list[Event]) -> Event:
        which = {"id": self.id, "status": status, "output": output}
        return _RESPONSE | which | {"metadata": self.metadata}

    def _item(self, status: str, content: list[Event]) -> Event:
        item = {"id": self.item_id, "object": "realtime.item", "type": "message"}
        return item | {"role": "assistant", "status": status, "content": content}

    def _call(self, name: str) -> Event:
        item = {"id": f"item_3m5OBUcRuH6aoqyA{self.number:06}", "object": "realtime.item"}
        called = {"type": "function_call", "status": "completed", "call_id": self.call_id}
        arguments = orjson.dumps({"order": self.number}).decode()
        return item | called | {"name": name, "arguments": arguments}


def _event(kind: str, **fields: Any) -> Event:
    return {"type": kind, **fields}
