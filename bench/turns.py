"""A light Voice Live whose caller interrupts each answer, at any moment of it.

A second later the caller has spoken, and is answered. In every second call the agent calls a tool
at the end of what it says, and is interrupted while that runs; whether one does is noted with each
interruption. Responses that the client asks for are made, or refused while another is.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from bench.responses import RESPONSE_FRAMES, Event, Response
from bench.sound import FRAME_S
from bench.tally import Tally
from bench.voice import Voice

TOOL, TOOL_S = "look_up", 2.0
"""What the flow's tool is named, and how long it takes."""

_MOMENTS_S = (0.05, RESPONSE_FRAMES * FRAME_S + 0.02)
"""When the caller interrupts, from the first sound of an answer."""
_TOOL_MOMENTS_S = (0.05, TOOL_S - 0.1)
"""The same, from the call of a tool."""
_SPEAKS_S = 1.0
_UNDERSTOOD_S, _THINKS_S = 0.2, 0.3
"""From the caller's last word to its transcript, and on to the first item: as recorded."""
_BUSY = "conversation_already_has_active_response"


class Turns(Voice):
    """One session, as a server."""

    has_tools = True
    """Whether the flow has the tool."""

    def __init__(self, sessions: asyncio.Queue[Voice]) -> None:
        super().__init__(sessions)
        self.cancelled = 0
        """Responses that were interrupted before they were made."""
        self._tool: str | None = None
        self._running: set[str] = set()
        self._active: Response | None = None
        self._sounds = False
        self._coming: list[asyncio.TimerHandle] = []

    def talk(self, tally: Tally, number: int, after_s: float) -> None:
        """Begin the first answer after some seconds; `tally` has the caller's ear."""
        self._tally = tally
        self._tool = TOOL if self.has_tools and number % 2 else None
        self._later(after_s, self._answer)

    def _later(self, after_s: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(after_s, self._if_there, act)

    def _if_there(self, act: Callable[[], None]) -> None:
        if not self.is_lost:
            act()

    def _interrupted_within(self, moments_s: tuple[float, float]) -> None:
        self._later(self._random.uniform(*moments_s), self._caller_starts)

    def _answer(self) -> None:
        """Respond to the caller, as the service does by itself."""
        if self._active:
            self._refuse(self._active, None)
            self._interrupted_within(_MOMENTS_S)
        else:
            self._begin(Response(next(self._responses), tool=self._tool))

    def _begin(self, response: Response) -> None:
        self._active, self._sounds = response, False
        self._coming = self._perform(response, _THINKS_S)

    def _tell(self, event: Event) -> None:
        response, begins = self._active, event.get("first", False)
        if begins and response:
            self._sounds = True
            self._tally.ear.begins(response.number, response.item_id)
            if not response.metadata and not response.tool:
                self._interrupted_within(_MOMENTS_S)
        super()._tell(event)
        if event["type"] == "response.function_call_arguments.done":
            self._running.add(event["call_id"])
            self._interrupted_within(_TOOL_MOMENTS_S)
        elif event["type"] == "response.done":
            self._active = None

    def _caller_starts(self) -> None:
        self._tally.ear.caller_starts(has_tool=bool(self._running))
        self._say("input_audio_buffer.speech_started", audio_start_ms=0, item_id="item_caller")
        if self._active:
            self.cancelled += 1
            for handle in self._coming:
                handle.cancel()
            for event in self._active.cancelled(self._speaks, sounds=self._sounds):
                self._tell(event)
        self._later(_SPEAKS_S, self._caller_stops)

    def _caller_stops(self) -> None:
        self._tally.ear.caller_stops()
        item: dict[str, Any] = {"item_id": "item_caller"}
        self._say("input_audio_buffer.speech_stopped", audio_end_ms=1000, **item)
        self._say("input_audio_buffer.committed", previous_item_id=None, **item)
        self._later(_UNDERSTOOD_S, self._caller_understood)

    def _caller_understood(self) -> None:
        words = {"content_index": 0, "transcript": "Okay.", "language": "en-US"}
        kind = "conversation.item.input_audio_transcription.completed"
        self._say(kind, item_id="item_caller", **words)
        said = {"type": "message", "role": "user", "status": "completed"}
        content = [{"type": "input_audio", "transcript": "Okay."}]
        self._keep({"id": "item_caller", "content": content, **said})
        self._answer()

    def _on_request(self, event: Event) -> None:
        """Take note of what was heard and of outputs, and respond if asked to."""
        match event["type"]:
            case "conversation.item.truncate":
                cut = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
                self._tally.ear.told(cut["item_id"], cut["audio_end_ms"])
                self._say("conversation.item.truncated", **cut)
            case "conversation.item.create":
                self._running.discard(event["item"].get("call_id", ""))
                self._keep({"id": "item_of_client", **event["item"]})
            case "response.create" if self._active:
                self._refuse(self._active, event["event_id"])
            case "response.create":
                asked = event.get("response", {})
                self._begin(Response(next(self._responses), asked.get("metadata", {})))

    def _keep(self, item: Event) -> None:
        item = {"object": "realtime.item", **item}
        self._say("conversation.item.created", previous_item_id=None, item=item)

    def _refuse(self, active: Response, request: str | None) -> None:
        """Say that another response is being made; of its own the service names no request."""
        message = f"Conversation already has an active response in progress: {active.id}"
        error = {"type": "invalid_request_error", "code": _BUSY, "message": message}
        self._say("error", error=error | {"param": None, "event_id": request})
