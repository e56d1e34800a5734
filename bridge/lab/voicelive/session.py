"""One socket: what the service saw of it, and what a test may do to it."""

import asyncio
import json
from collections.abc import Mapping

from aiohttp import WSMsgType, web

from bridge.lab.speech import Ears, Studio
from bridge.lab.voicelive.brain import Brain
from bridge.lab.voicelive.config import Configuration
from bridge.lab.voicelive.conversation import Conversation
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.dialogue import Dialogue
from bridge.lab.voicelive.happening import Spoken, Tell
from bridge.lab.voicelive.inbox import Inbox
from bridge.lab.voicelive.request import Request
from bridge.lab.voicelive.response import Stage
from bridge.lab.voicelive.switches import Spoiling, Switches
from bridge.lab.voicelive.turns import Turns
from bridge.lab.voicelive.vad import Ear
from bridge.lab.voicelive.wire import Json, Refusal, Wire

_GOING_AWAY = 1001


class _SocketClosed(Exception):
    """The client has gone; every task of the session goes with it."""


class Session:
    """What the service saw of one session, and the faults it can be made to have."""

    def __init__(
        self,
        socket: tuple[web.Request, web.WebSocketResponse],
        pipeline: Pipeline,
        initial: Json,
        *,
        brain: Brain,
        studio: Studio,
        ears: Ears,
        switches: Switches,
        tell: Tell,
    ) -> None:
        self._request, self._ws = socket
        self.query: Mapping[str, str] = self._request.query
        self.spoken: list[Spoken] = []
        """Lines whose audio was sent, in their order."""
        self.open = True
        self._switches = switches
        self._ended = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._wire = Wire(self._ws, switches, tell)
        self._configuration = Configuration(initial, pipeline, switches)
        self._conversation = Conversation()
        self._ear = Ear()
        self._ear.configure(initial)
        stage = Stage(
            self._wire,
            pipeline,
            switches,
            self._conversation,
            pipeline.new_id("conv") if pipeline is Pipeline.REALTIME else "",
            self.spoken,
            tell,
        )
        self._dialogue = Dialogue(stage, brain, studio, self._tasks)
        self._turns = Turns(stage, self._configuration, self._dialogue, ears)
        self._inbox = Inbox(stage, self._configuration, self._dialogue, self._turns, self._ear)

    @property
    def id(self) -> str:
        """As `session.created` has it."""
        return str(self._configuration.session["id"])

    @property
    def received(self) -> list[Json]:
        """Every client event but `input_audio_buffer.append`."""
        return self._inbox.received

    @property
    def configured(self) -> Json:
        """The session as last echoed."""
        return self._configuration.echo()

    @property
    def heard(self) -> list[str]:
        """Transcripts of the caller's turns; empty for one that nobody could understand."""
        return self._turns.heard

    @property
    def items(self) -> list[Json]:
        """The conversation as the model would see it, truncation applied."""
        return self._conversation.items

    @property
    def audio_received(self) -> bytearray:
        """All audio of the caller, as PCM16 at the session's input rate."""
        return self._ear.pcm

    async def run(self) -> None:
        """Serve the client until its socket closes, by whichever end."""
        try:
            async with self._tasks:
                if not self._switches.no_session_created:
                    await self._wire.emit("session.created", session=self.configured)
                self._tasks.create_task(self._turns.run())
                self._tasks.create_task(self._expire())
                await self._read()
        except* (_SocketClosed, ConnectionResetError):
            await self._ws.close()
        finally:
            self.open = False
            self._ended.set()

    async def plays(self, pcm: bytes) -> None:
        """Send PCM16 at the output rate, as one ordinary response."""
        settings = dict(self._configuration.session)
        await asyncio.wait({await self._dialogue.begin(Request(settings, None, "", pcm))})

    def spoils(self, *answers: Spoiling) -> None:
        """Let the next answers end badly, one after the other."""
        self._dialogue.spoilt.extend(answers)

    def freezes(self) -> None:
        """Stop as a process does: the socket stays open, and not even pings are answered."""
        self._wire.flows.clear()
        if self._request.transport is not None:
            self._request.transport.pause_reading()

    def thaws(self) -> None:
        """Go on where it froze, and read what has come meanwhile."""
        if self._request.transport is not None and not self._wire.flows.is_set():
            self._request.transport.resume_reading()
        self._wire.flows.set()

    async def drops(self) -> None:
        """Lose the connection: no close frame, nothing."""
        if self._request.transport is not None:
            self._request.transport.abort()
        self._wire.flows.set()
        await self.ended()

    async def closes(self, code: int) -> None:
        """Close the socket from this end, thawed if it was frozen."""
        self.thaws()
        await self._ws.close(code=code)
        await self.ended()

    async def ended(self) -> None:
        """Wait until the socket has closed and every task of the session is gone."""
        await self._ended.wait()

    async def sends(self, raw: Json | str) -> None:
        """Send any frame."""
        await self._ws.send_str(raw if isinstance(raw, str) else json.dumps(raw))

    async def _read(self) -> None:
        async for message in self._ws:
            if message.type is WSMsgType.TEXT:
                await self._inbox.take(message.data)
            await self._wire.flows.wait()
        raise _SocketClosed

    async def _expire(self) -> None:
        await asyncio.sleep(self._switches.session_s)
        limit = (
            f"Your session hit the maximum duration of {self._switches.session_s / 60:g} minutes."
        )
        await self._wire.refuse(Refusal("session_expired", limit))
        await self._ws.close(code=_GOING_AWAY)
