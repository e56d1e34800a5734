"""Who speaks when: responses of the model, and fillers of the waits between."""

import asyncio
import random
from collections import deque

from bridge.lab.speech import Studio, agent_mouth
from bridge.lab.voicelive.brain import Brain
from bridge.lab.voicelive.config import speaks_azure
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.happening import Kind
from bridge.lab.voicelive.interim import Interim
from bridge.lab.voicelive.request import Request, language
from bridge.lab.voicelive.response import Response, Stage
from bridge.lab.voicelive.spoiling import ending
from bridge.lab.voicelive.switches import Spoiling
from bridge.lab.voicelive.thinking import consider, tell, words_in
from bridge.lab.voicelive.usage import AUDIO_TOKENS_IN_PER_S
from bridge.lab.voicelive.wire import Refusal

_NOTHING_TO_ANSWER = {
    "type": "invalid_request_error",
    "code": "agent_missing_required_parameter",
    "message": "Foundry agent service response error: One of 'input' or 'prompt' must be provided "
    "and yield at least one input item.",
}


class Dialogue:
    """At most one response at a time; its task goes on into the wait for the tools it called."""

    def __init__(
        self, stage: Stage, brain: Brain, studio: Studio, tasks: asyncio.TaskGroup
    ) -> None:
        self._stage = stage
        self._brain = brain
        self._studio = studio
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None
        self._open: list[Response] = []
        """What is being sent: the active response, and a filler of its own above it."""
        self._filling = False
        self._output_came = asyncio.Event()
        self.spoilt: deque[Spoiling] = deque(stage.switches.spoilt)
        """How the next answers are to end badly, if any are."""
        self._dice = random.Random(stage.switches.seed)  # noqa: S311 - picks a line to say

    @property
    def is_responding(self) -> bool:
        """Whether anything is being sent."""
        return bool(self._open)

    async def begin(self, request: Request) -> asyncio.Task[None]:
        """Start a response; refused while another is active. It ends the wait for tools."""
        self._refuse_while_active()
        while self._task and not self._task.done():
            if not self._open:
                self._task.cancel()
            await asyncio.wait({self._task})
            self._refuse_while_active()
        commit = request.commit or not self._stage.switches.out_of_band
        metadata = request.metadata
        response = Response(self._stage, request.settings, metadata=metadata, commit=commit)
        self._open.append(response)
        self._task = self._tasks.create_task(self._respond(response, request))
        return self._task

    async def cancel(self, reason: str, *, auto_truncate: bool = False) -> bool:
        """End what is being sent, as incomplete; whether anything was."""
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._filling = False
        opened = self._open[::-1]
        for response in opened:
            await response.end_line("incomplete")
            if auto_truncate and not self._stage.switches.truncated_after_done:
                await self._truncate_unheard()
            await response.done("cancelled", {"type": "cancelled", "reason": reason})
            if self._stage.switches.late_delta_after_cancel:
                await response.late_delta()
            self._open.remove(response)
        if auto_truncate:
            await self._truncate_unheard()
        return bool(opened)

    async def output_came(self) -> None:
        """Take note that a tool has answered."""
        self._output_came.set()
        if self._filling and self._stage.switches.interim_cut_by_output:
            await self.cancel("tool_output")

    def _refuse_while_active(self) -> None:
        for response in self._open:
            if response.blocks:
                raise Refusal(
                    "conversation_already_has_active_response",
                    f"Conversation already has an active response in progress: {response.id}. "
                    "Wait until the response is finished before creating a new one.",
                )

    async def _truncate_unheard(self) -> None:
        """Truncate the last line to what a player in real time would have played."""
        if not self._stage.spoken:
            return
        last = self._stage.spoken[-1]
        played_ms = int(1000 * (asyncio.get_running_loop().time() - last.at_s))
        if played_ms < self._stage.conversation.play_ms(last.item_id):
            self._stage.conversation.truncate(last.item_id, played_ms)
            cut = {"item_id": last.item_id, "content_index": 0, "audio_end_ms": played_ms}
            await self._stage.wire.emit("conversation.item.truncated", **cut)

    async def _respond(self, response: Response, request: Request) -> None:
        switches = self._stage.switches
        await response.created()
        if switches.error_without_done:
            self._open.remove(response)
            broken = Refusal("server_error", "The server had an error.", kind="server_error")
            await self._stage.wire.refuse(broken)
            return
        if self.spoilt and request.verbatim is None and self._kind(request) == "answer":
            await self._spoil(response, self.spoilt.popleft())
            return
        if request.verbatim is not None:
            silent = None if speaks_azure(request.settings["voice"]) else b""
            sound = silent if request.sound is None else request.sound
            await self._say(response, request.verbatim, self._kind(request), sound=sound)
        elif not await self._think(response, request):
            self._open.remove(response)
            await response.done("failed", {"type": "failed", "error": _NOTHING_TO_ANSWER})
            return
        holds_done = switches.interim_shape == "held_done"
        if holds_done:
            await self._cover_tools(response)
        self._open.remove(response)
        await response.done()
        if not holds_done:
            await self._cover_tools(response)

    async def _spoil(self, response: Response, how: Spoiling) -> None:
        """End an answer badly; what it was to answer is left to the next one."""
        switches = self._stage.switches
        if how == "hanging":
            await asyncio.Event().wait()
        await asyncio.sleep(switches.first_token_s)
        self._open.remove(response)
        await response.done(*ending(how, switches.failure_code))

    async def _think(self, response: Response, request: Request) -> bool:
        """Say and call what the brain comes to; an agent needs something to answer."""
        conversation = self._stage.conversation
        answers = response.commit and not request.told
        news = conversation.take_news() if answers else conversation.pending_news()
        if not news and self._stage.pipeline is Pipeline.AGENT:
            return False
        kind = self._kind(request)
        heard_ms = sum(conversation.play_ms(item["id"]) for item in news)
        response.usage.text_in = len(response.settings["instructions"].split()) + words_in(news)
        response.usage.audio_in = round(heard_ms * AUDIO_TOKENS_IN_PER_S / 1000)
        if request.told:
            own_words = self._stage.switches.llm_interim_texts
            thought = tell(response.settings, own_words, self._dice)
        else:
            thought = consider(news, conversation, self._brain, response.settings)
        await self._await_model(response, thought.after_s)
        if thought.say:
            await self._say(response, thought.say, kind)
        for call in thought.calls:
            await response.call(call)
        return True

    async def _await_model(self, response: Response, after_s: float | None) -> None:
        """The time to the model's first output, and an agent's tools before it."""
        switches = self._stage.switches
        tool_s = switches.agent_tool_s if self._stage.pipeline is Pipeline.AGENT else 0.0
        now = asyncio.get_running_loop().time
        if after_s is None:
            after_s = tool_s + switches.first_token_s
        ready_s = now() + after_s
        interim = Interim.parse(response.settings, switches)
        waits_s = {"latency": after_s, "tool": tool_s}
        if interim and (due_s := interim.due_s(waits_s)) is not None:
            await asyncio.sleep(due_s)
            await self._fill(response, interim)
        await asyncio.sleep(max(0.0, ready_s - now()))

    async def _cover_tools(self, response: Response) -> None:
        """Wait for the outputs of a response's calls, and speak once if they take too long."""
        interim = Interim.parse(response.settings, self._stage.switches)
        due_s = interim.due_s({"tool": float("inf")}) if interim else None
        if interim is None or due_s is None:
            return
        try:
            async with asyncio.timeout(due_s):
                while not self._stage.conversation.answered(response.call_ids):
                    self._output_came.clear()
                    await self._output_came.wait()
        except TimeoutError:
            await self._fill(response, interim)

    async def _fill(self, response: Response, interim: Interim) -> None:
        """Speak the line, in a response of its own or as one more item of the one it covers."""
        switches = self._stage.switches
        shape = switches.interim_shape
        alone = shape == "separate" or (shape == "auto" and response.over)
        filler = response
        if alone:
            filler = Response(self._stage, response.settings, commit=response.commit)
        reopened = alone or response.over
        if reopened:
            filler.blocks = switches.interim_active_blocks_create
            self._open.append(filler)
        self._filling = True
        if alone:
            await filler.created()
        line = interim.line(self._dice)
        await self._say(filler, line, "interim", in_history=switches.interim_in_history)
        self._filling = False
        if reopened:
            self._open.remove(filler)
        if alone:
            await filler.done()

    async def _say(
        self,
        response: Response,
        text: str,
        kind: Kind,
        *,
        sound: bytes | None = None,
        in_history: bool = True,
    ) -> None:
        pcm = b""
        if response.is_audible:
            pcm = sound if sound is not None else await self._rendered(text, response)
        await response.say(text, pcm, kind, in_history=in_history)

    async def _rendered(self, text: str, response: Response) -> bytes:
        mouth = agent_mouth(language(response.settings))
        return await self._studio.speak_at(response.rate_hz, text, mouth)

    def _kind(self, request: Request) -> Kind:
        if not request.commit:
            return "interim"
        return "answer" if self._stage.conversation.has_caller() else "greeting"
