"""One response on the wire: its items, their parts, their deltas, its end."""

import asyncio
import audioop
import base64
import json
import re
from dataclasses import dataclass, field

from bridge.audio.pcm import SAMPLE_BYTES
from bridge.lab.voicelive.brain import ToolCall
from bridge.lab.voicelive.config import speaks_azure
from bridge.lab.voicelive.conversation import Conversation
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.happening import Kind, Spoken, Tell
from bridge.lab.voicelive.pace import steps
from bridge.lab.voicelive.sound import OUTPUT_FORMATS
from bridge.lab.voicelive.switches import Switches
from bridge.lab.voicelive.timing import WordTime, word_times
from bridge.lab.voicelive.usage import Usage
from bridge.lab.voicelive.wire import Json, Wire, new_id


@dataclass(frozen=True)
class Stage:
    """What all responses of a session share."""

    wire: Wire
    pipeline: Pipeline
    switches: Switches
    conversation: Conversation
    conversation_id: str
    spoken: list[Spoken]
    tell: Tell


@dataclass
class _Line:
    """A message item that is being sent."""

    item: Json
    where: Json
    kind: Kind
    has_audio: bool
    text: str = ""
    sent: bytearray = field(default_factory=bytearray)
    began_s: float = 0.0


class Response:
    """A response, from `response.created` to `response.done`."""

    def __init__(
        self, stage: Stage, settings: Json, *, metadata: Json | None = None, commit: bool = True
    ) -> None:
        self.id = stage.pipeline.new_id("resp")
        self.settings = settings
        self.commit = commit
        """Whether its items become part of the conversation."""
        self.blocks = True
        """Whether `response.create` is refused meanwhile."""
        self.over = False
        self.usage = Usage()
        self.call_ids: list[str] = []
        self._stage = stage
        self._metadata = metadata
        self._output: list[Json] = []
        self._line: _Line | None = None
        self._where: Json = {}
        self._format = OUTPUT_FORMATS[settings["output_audio_format"] or "pcm16"]

    @property
    def rate_hz(self) -> int:
        """Rate of its audio."""
        return self._format.rate_hz

    @property
    def is_audible(self) -> bool:
        """Whether it is to be heard, and not only to be read."""
        return "audio" in self.settings["modalities"]

    @property
    def _is_timed(self) -> bool:
        """Whether the times of its words are told: by Azure's voices, if the client wants them."""
        types = self.settings["output_audio_timestamp_types"]
        return bool(types) and speaks_azure(self.settings["voice"])

    async def created(self) -> None:
        """Announce it."""
        await self._stage.wire.emit("response.created", response=self._body("in_progress"))

    async def say(self, text: str, pcm: bytes, kind: Kind, *, in_history: bool = True) -> None:
        """Send a message item: words, and their sound (PCM16 at `rate_hz`; empty for none)."""
        item: Json = {"id": self._stage.pipeline.new_id(self._stage.pipeline.assistant)}
        item |= {"object": "realtime.item", "type": "message", "status": self._stage.pipeline.begun}
        item |= {"role": "assistant", "content": []}
        where = await self._add(item, in_history=in_history)
        self._where = {**where, "content_index": 0}
        self._line = line = _Line(item, self._where, kind, has_audio=bool(pcm))
        emit = self._stage.wire.emit
        await emit("response.content_part.added", **line.where, part=self._part(""))
        await asyncio.sleep(self._stage.switches.stall_before_first_delta_s)
        delta = "response.audio_transcript.delta" if self.is_audible else "response.text.delta"
        times = word_times(text, pcm, self.rate_hz) if self._is_timed else []
        audio = self._encoded(pcm, kind)
        for step in steps(text, audio, self._format, times, self._stage.switches):
            for word in step.words:
                line.text += word
                await emit(delta, **line.where, delta=word)
            await asyncio.sleep(step.pause_s)
            if step.audio:
                if not line.sent:
                    line.began_s = asyncio.get_running_loop().time()
                    self._tell(kind, text)
                line.sent += step.audio
                await self._send_audio(line.where, step.audio)
            for time in step.times:
                await self._send_time(line.where, time)
        await self.end_line("completed")

    async def call(self, call: ToolCall) -> None:
        """Send a function call item."""
        call_id = new_id("call", 16)
        item: Json = {"id": self._stage.pipeline.new_id(self._stage.pipeline.assistant)}
        item |= {"object": "realtime.item", "type": "function_call"}
        item |= {"status": self._stage.pipeline.begun, "name": call.name}
        item |= {"call_id": call_id, "arguments": ""}
        where = {**await self._add(item), "call_id": call_id}
        self.call_ids.append(call_id)
        arguments = json.dumps(call.arguments, ensure_ascii=False)
        name = "response.function_call_arguments"
        for token in re.findall(r"\w+|\W", arguments):
            self.usage.words_out += 1
            await self._stage.wire.emit(f"{name}.delta", **where, delta=token)
        done = {"name": call.name, "arguments": arguments}
        item |= {"status": "completed", "arguments": arguments}
        self._stage.tell("tool_called", f"{call.name} {arguments}")
        await self._stage.wire.emit(f"{name}.done", **where, **done)
        await self._item_done(where, item)

    async def end_line(self, status: str) -> None:
        """End the message item that is being sent, if any."""
        if (line := self._line) is None:
            return
        self._line = None
        emit = self._stage.wire.emit
        if not self.is_audible:
            await emit("response.text.done", **line.where, text=line.text)
        else:
            if line.has_audio:
                await emit("response.audio.done", **line.where)
                if self._is_timed:
                    await emit("response.audio_timestamp.done", **line.where)
            await emit("response.audio_transcript.done", **line.where, transcript=line.text)
        # Recorded: the text of a finished text part is empty here, and only here.
        part = self._part(line.text if self.is_audible else "")
        line.item |= {"status": status, "content": [self._part(line.text)]}
        self._note(line)
        await emit("response.content_part.done", **line.where, part=part)
        await self._item_done(line.where, line.item)

    async def late_delta(self) -> None:
        """Send audio of a line that has ended already, if there was one."""
        if self._where:
            await self._send_audio(self._where, self._format.encode(bytes(960)))

    async def done(self, status: str = "completed", details: Json | None = None) -> None:
        """End it; a response ends once."""
        if not self.over:
            self.over = True
            await self._stage.wire.emit("response.done", response=self._body(status, details))

    def _tell(self, kind: Kind, text: str) -> None:
        self._stage.tell("interim" if kind == "interim" else "agent_said", text)

    def _encoded(self, pcm: bytes, kind: Kind) -> bytes:
        """The sound of a line, as it goes on the wire."""
        answers = sum(spoken.kind == "answer" for spoken in self._stage.spoken)
        if kind == "answer" and answers < self._stage.switches.near_silent:
            pcm = audioop.mul(pcm, SAMPLE_BYTES, 0.001)
        return self._format.encode(pcm)

    async def _send_audio(self, where: Json, audio: bytes) -> None:
        delta = base64.b64encode(audio).decode()
        await self._stage.wire.emit("response.audio.delta", **where, delta=delta)

    async def _send_time(self, where: Json, time: WordTime) -> None:
        told = {"audio_offset_ms": time.offset_ms, "audio_duration_ms": time.duration_ms}
        await self._stage.wire.emit(
            "response.audio_timestamp.delta", **where, **told, text=time.text, timestamp_type="word"
        )

    async def _add(self, item: Json, *, in_history: bool = True) -> Json:
        index = len(self._output)
        self._output.append(item)
        added = {"response_id": self.id, "output_index": index, "item": item}
        await self._stage.wire.emit("response.output_item.added", **added)
        if in_history and self.commit:
            previous = self._stage.conversation.add(item)
            await self._stage.wire.emit(
                "conversation.item.created", previous_item_id=previous, item=item
            )
        return {"response_id": self.id, "item_id": item["id"], "output_index": index}

    async def _item_done(self, where: Json, item: Json) -> None:
        at = {key: where[key] for key in ("response_id", "output_index")}
        await self._stage.wire.emit("response.output_item.done", **at, item=item)

    def _part(self, text: str) -> Json:
        if self.is_audible:
            return {"type": "audio", "transcript": text}
        return {"type": "text", "text": text}

    def _note(self, line: _Line) -> None:
        """Keep the line for usage, truncation and assertions."""
        play_ms = self._format.play_ms(line.sent)
        self.usage.words_out += len(line.text.split())
        self.usage.audio_out_ms += play_ms
        self._stage.conversation.lasts(line.item["id"], play_ms)
        if not line.has_audio:
            self._tell(line.kind, line.text)
        if line.sent:
            pcm = self._format.decode(bytes(line.sent))
            self._stage.spoken.append(
                Spoken(line.text, line.kind, self.id, line.item["id"], pcm, line.began_s)
            )

    def _body(self, status: str, details: Json | None = None) -> Json:
        realtime = self._stage.pipeline is Pipeline.REALTIME
        ended = status not in ("in_progress", "failed")
        usage = self.usage.body(cache_writes=not realtime) if ended else None
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": self._output,
            "usage": usage,
            "conversation_id": self._stage.conversation_id,
            "modalities": self.settings["modalities"],
            "voice": self.settings["voice"],
            "output_audio_format": self.settings["output_audio_format"],
            "temperature": self.settings.get("temperature"),
            "max_output_tokens": "inf" if realtime else None,
            "metadata": self._metadata,
        }
