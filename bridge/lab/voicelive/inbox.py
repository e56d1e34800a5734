"""What each client event does."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from bridge.lab.voicelive.config import Configuration
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.dialogue import Dialogue
from bridge.lab.voicelive.request import Request
from bridge.lab.voicelive.response import Stage
from bridge.lab.voicelive.turns import Turn, Turns
from bridge.lab.voicelive.vad import Ear, SpeechStarted, SpeechStopped
from bridge.lab.voicelive.wire import Json, Refusal, field, new_id

_MALFORMED = Refusal(
    "invalid_session_update_message",
    "The `type` field of SessionUpdatedMessage message should be 'session.update'.",
    "type",
)
_APPEND = "input_audio_buffer.append"


class Inbox:
    """Takes client events one by one, in their order."""

    def __init__(
        self, stage: Stage, configuration: Configuration, dialogue: Dialogue, turns: Turns, ear: Ear
    ) -> None:
        self.received: list[Json] = []
        self._stage = stage
        self._configuration = configuration
        self._dialogue = dialogue
        self._turns = turns
        self._ear = ear
        self._speaking_item = ""
        self._deeds: dict[str, Callable[[Json], Awaitable[None]]] = {
            _APPEND: self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "output_audio_buffer.clear": self._clear_output,
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.truncate": self._truncate_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }

    async def take(self, text: str) -> None:
        """Do what one frame asks for, or answer with an error."""
        event = _parsed(text)
        if event is None:
            await self._stage.wire.refuse(_MALFORMED)
            return
        kind = event["type"]
        if kind != _APPEND:
            self.received.append(event)
        try:
            await self._deeds.get(kind, self._unknown)(event)
        except Refusal as refusal:
            await self._stage.wire.refuse(refusal, event.get("event_id"))

    async def _unknown(self, event: Json) -> None:
        raise Refusal("invalid_value", f"Invalid value: '{event['type']}'.", "type")

    async def _update(self, event: Json) -> None:
        change = field(event, "session", dict)
        await asyncio.sleep(self._stage.switches.updated_s)
        if self._stage.switches.error_instead_of_updated:
            raise Refusal("server_error", "The server had an error.", kind="server_error")
        self._configuration.update(
            change, began_talking=bool(self._stage.spoken), has_audio=bool(self._ear.pcm)
        )
        self._ear.configure(self._configuration.session)
        if not self._stage.switches.no_session_updated:
            await self._stage.wire.emit("session.updated", session=self._configuration.echo())

    async def _append(self, event: Json) -> None:
        for edge in self._ear.append(field(event, "audio", str)):
            if isinstance(edge, SpeechStarted):
                await self._caller_starts(edge)
            else:
                await self._caller_stops(edge)

    async def _caller_starts(self, edge: SpeechStarted) -> None:
        self._speaking_item = self._stage.pipeline.new_id("item")
        where = {"audio_start_ms": edge.at_ms, "item_id": self._speaking_item}
        await self._stage.wire.emit("input_audio_buffer.speech_started", **where)
        self._stage.tell("speech_started", "")
        detection = edge.detection
        if detection.interrupt_response and await self._dialogue.cancel(
            "turn_detected", auto_truncate=detection.auto_truncate
        ):
            self._stage.tell("interrupted", "")

    async def _caller_stops(self, edge: SpeechStopped) -> None:
        where = {"audio_end_ms": edge.at_ms, "item_id": self._speaking_item}
        await self._stage.wire.emit("input_audio_buffer.speech_stopped", **where)
        self._stage.tell("speech_stopped", "")
        wants_response = edge.detection.create_response
        await self._turns.commit(
            Turn(self._speaking_item, edge.turn, self._ear.rate_hz, wants_response)
        )

    async def _commit(self, _: Json) -> None:
        pcm = self._ear.commit()
        item_id = self._stage.pipeline.new_id("item")
        await self._turns.commit(Turn(item_id, pcm, self._ear.rate_hz, wants_response=False))

    async def _clear(self, _: Json) -> None:
        self._ear.clear()
        await self._stage.wire.emit("input_audio_buffer.cleared")

    async def _clear_output(self, _: Json) -> None:
        raise Refusal("avatar_not_configured", "Avatar is not configured.")

    async def _create_item(self, event: Json) -> None:
        given = field(event, "item", dict)
        item: Json = {"id": given.get("id") or new_id("item"), "object": "realtime.item"}
        kind = item["type"] = field(given, "type", str)
        if kind == "message":
            item |= {"status": "completed", "role": field(given, "role", str)}
            item |= {"content": field(given, "content", list)}
        elif kind == "function_call":
            item |= {"status": "completed", "name": field(given, "name", str)}
            item |= {"call_id": field(given, "call_id", str)}
            item |= {"arguments": field(given, "arguments", str)}
        elif kind == "function_call_output":
            tool = self._stage.conversation.called(field(given, "call_id", str))
            item |= {"call_id": given["call_id"], "output": field(given, "output", str)}
            self._stage.tell("tool_answered", f"{tool} {item['output']}")
        else:
            raise Refusal("invalid_value", f"Invalid value: '{kind}'.", "item.type")
        previous = self._stage.conversation.retell(item, after=event.get("previous_item_id"))
        if previous is None and self._stage.pipeline is not Pipeline.REALTIME:
            previous = ""
        await self._stage.wire.emit(
            "conversation.item.created", previous_item_id=previous, item=item
        )
        if kind == "function_call_output":
            await self._dialogue.output_came()

    async def _delete_item(self, event: Json) -> None:
        item_id = field(event, "item_id", str)
        self._stage.conversation.delete(item_id)
        await self._stage.wire.emit("conversation.item.deleted", item_id=item_id)

    async def _retrieve_item(self, event: Json) -> None:
        item = self._stage.conversation.get(field(event, "item_id", str))
        await self._stage.wire.emit("conversation.item.retrieved", item=item)

    async def _truncate_item(self, event: Json) -> None:
        where: Json = {
            "item_id": field(event, "item_id", str),
            "content_index": field(event, "content_index", int),
            "audio_end_ms": field(event, "audio_end_ms", int),
        }
        self._stage.conversation.truncate(where["item_id"], where["audio_end_ms"])
        await self._stage.wire.emit("conversation.item.truncated", **where)

    async def _create_response(self, event: Json) -> None:
        request = Request.parse(event, self._configuration)
        if self._ear.detection is None:
            await self._turns.settled()
        await self._dialogue.begin(request)

    async def _cancel_response(self, _: Json) -> None:
        if not self._dialogue.is_responding:
            raise Refusal(
                "response_cancel_not_active", "Cancellation failed: no active response found."
            )
        await self._dialogue.cancel("client_cancelled")


def _parsed(text: str) -> Json | None:
    try:
        event = json.loads(text)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "type" in event else None
