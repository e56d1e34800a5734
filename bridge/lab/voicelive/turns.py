"""The caller's turns, from committed audio to what the model is given, one after the other."""

import asyncio
from dataclasses import dataclass

from bridge.audio.pcm import duration_ms
from bridge.lab.speech import Ears, transcript
from bridge.lab.voicelive.config import Configuration
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.dialogue import Dialogue
from bridge.lab.voicelive.request import Request
from bridge.lab.voicelive.response import Stage
from bridge.lab.voicelive.wire import Json, Refusal

_RECOGNITION_S = 0.2
"""From the end of a turn to its transcript, in recorded traffic."""
_SIDE_PATH_S = 0.4
"""The same where the model hears by itself and the transcript is made beside it."""

_MOST_WAITING = 16
"""Turns that nobody has listened to yet; from there on, the client's events wait, too."""


@dataclass(frozen=True)
class Turn:
    """Committed audio."""

    item_id: str
    pcm: bytes
    rate_hz: int
    wants_response: bool


class Turns:
    """Commits turns at once, and takes each to the model in the order of its pipeline."""

    def __init__(
        self, stage: Stage, configuration: Configuration, dialogue: Dialogue, ears: Ears
    ) -> None:
        self.heard: list[str] = []
        self._stage = stage
        self._configuration = configuration
        self._dialogue = dialogue
        self._ears = ears
        self._waiting: asyncio.Queue[Turn] = asyncio.Queue(_MOST_WAITING)

    async def commit(self, turn: Turn) -> None:
        """Announce a turn; what becomes of it follows."""
        items = self._stage.conversation.items
        previous = items[-1]["id"] if items else None
        await self._stage.wire.emit(
            "input_audio_buffer.committed", previous_item_id=previous, item_id=turn.item_id
        )
        await self._waiting.put(turn)

    async def settled(self) -> None:
        """Wait until every committed turn is in the conversation."""
        await self._waiting.join()

    async def run(self) -> None:
        """Take turns as they are committed, until cancelled."""
        while True:
            turn = await self._waiting.get()
            said = transcript(await self._ears.recognise(turn.pcm, turn.rate_hz))
            self.heard.append(said)
            self._stage.tell("caller_said", said)
            if self._stage.pipeline is not Pipeline.REALTIME:
                await self._hear_by_text(turn, said)
                self._waiting.task_done()
                continue
            await self._hear_natively(turn, said)
            self._waiting.task_done()
            await asyncio.sleep(_SIDE_PATH_S)
            await self._transcribed(turn, said)

    async def _hear_by_text(self, turn: Turn, said: str) -> None:
        """Transcript, item, response; nothing follows where nothing was understood."""
        await asyncio.sleep(_RECOGNITION_S)
        spoken_in = (self._transcription() or {}).get("language") or "en-US"
        await self._transcribed(turn, said, language=spoken_in)
        if said:
            item = _item(turn, said)
            previous = self._add(turn, item)
            await self._stage.wire.emit(
                "conversation.item.created", previous_item_id=previous, item=item
            )
            await self._respond(turn)

    async def _hear_natively(self, turn: Turn, said: str) -> None:
        """Item and response at once."""
        item = _item(turn, None)
        previous = self._add(turn, item)
        for name in ("conversation.item.created", "conversation.item.done"):
            await self._stage.wire.emit(name, previous_item_id=previous, item=item)
        item["content"][0]["transcript"] = said
        await self._respond(turn)

    async def _transcribed(self, turn: Turn, said: str, **extra: str) -> None:
        if self._transcription() is None:
            return
        where = {"item_id": turn.item_id, "content_index": 0}
        name = "conversation.item.input_audio_transcription"
        if self._stage.pipeline is Pipeline.REALTIME:
            await self._stage.wire.emit(f"{name}.delta", **where, delta=said)
        await self._stage.wire.emit(f"{name}.completed", **where, transcript=said, **extra)

    async def _respond(self, turn: Turn) -> None:
        if not turn.wants_response:
            return
        try:
            await self._dialogue.begin(Request(dict(self._configuration.session)))
        except Refusal as refusal:
            await self._stage.wire.refuse(refusal)

    def _add(self, turn: Turn, item: Json) -> str | None:
        previous = self._stage.conversation.add(item)
        self._stage.conversation.lasts(turn.item_id, duration_ms(turn.pcm, turn.rate_hz))
        return previous

    def _transcription(self) -> Json | None:
        raw: Json | None = self._configuration.session["input_audio_transcription"]
        return raw


def _item(turn: Turn, transcript: str | None) -> Json:
    return {
        "id": turn.item_id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": transcript}],
    }
