"""The stage of a rehearsal: one call's own service, and both clouds, as its scene has them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bridge.flow.callflow import Callflow
from bridge.flow.prompts import fixed_texts
from bridge.lab.acs import BUSY, DECLINES, Answers, Behaviour, RingsOut
from bridge.lab.script import BadScript, Scene
from bridge.lab.speech import Ears, Studio, agent_mouth
from bridge.lab.voicelive import Brain, RuleBrain, ScriptBrain, Switches, Thought, ToolCall
from bridge.rehearsal.backends import with_backends
from bridge.rehearsal.call import RehearsedCall
from bridge.rehearsal.timeline import Timeline, Told, nobody
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial, trial


@dataclass(frozen=True)
class Against:
    """A Voice Live that is not the lab's, and somebody who understands its voices."""

    endpoint: str
    key: str | None = field(repr=False)
    """Without one, the identity of whoever runs this."""
    ears: Ears

    def fits(self, scene: Scene) -> bool:
        """Whether a scene leaves to the service what only the lab's can be told."""
        return not scene.model and scene.voice_live == Switches()


_BEHAVIOURS: dict[str, Behaviour] = {
    "accepts": Answers(),
    "answers": Answers(),
    "busy": BUSY,
    "declines": DECLINES,
    "rings_out": RingsOut(),
}


@asynccontextmanager
async def dialled(
    flows: Flows,
    scene: Scene,
    prompts: Path,
    told: Told = nobody,
    *,
    against: Against | None = None,
    brain: Brain | None = None,
    ears: Ears | None = None,
) -> AsyncIterator[RehearsedCall]:
    """Dial the line of a scene; leaving ends the call.

    Args:
        flows: where the scene's flow is.
        scene: who calls, and what everybody else does.
        prompts: a folder where rendered prompts are kept for the next call.
        told: told what happens, as it happens.
        against: a Voice Live to use in place of the lab's.
        brain: the model; the scene's, if not given.
        ears: what Voice Live understands callers by; the lab's own, if not given.

    Raises:
        FlowError: there is no such flow.
        BadScript: the scene contradicts the flow.
    """
    flow = with_backends(flows.named(scene.flow), scene.tools)
    language = scene.language or flow.language
    studio = await _rehearsed_studio(flow)
    async with AsyncExitStack() as stack:
        flights = stack.enter_context(TemporaryDirectory())
        stage = await stack.enter_async_context(
            trial(
                Flows({**_beside(flow, flows), scene.flow: flow}, flows.folder),
                acs_switches=scene.acs,
                voice_switches=scene.voice_live,
                brain=brain or _brain(scene),
                studio=studio,
                ears=ears,
                prompts=scene.rendered,
                interlude_prompts=prompts if scene.rendered else None,
                interlude_flights=Path(flights),
                interlude_flights_sound=True,
                **_settings(against),
            )
        )
        _set_time(stage, flow, scene.at)
        timeline = Timeline(flow.greeting or "", told)
        stage.voices.watch(timeline.happens)
        stack.enter_context(timeline.listening_to_the_log())
        accepting = [number for number, what in scene.colleagues.items() if what == "accepts"]
        for number, what in scene.colleagues.items():
            stage.acs.colleagues[number] = _BEHAVIOURS[what]
        working = [asyncio.create_task(_accepts(stage, number)) for number in accepting]
        stack.push_async_callback(_stop, working)
        phone = await stage.acs.dial(
            flow.number, caller=scene.caller, language=language, sip_headers=scene.sip_headers
        )
        if against:
            phone.ears = against.ears
        yield RehearsedCall(scene.flow, stage, phone, timeline, Path(flights))


def _beside(flow: Callflow, flows: Flows) -> dict[str, Callflow]:
    """The flow that answers when this one is closed, if there is one."""
    closed = flow.hours.closed if flow.hours else None
    return {closed: flows.named(closed)} if isinstance(closed, str) else {}


def _settings(against: Against | None) -> dict[str, Any]:
    if against is None:
        return {}
    return {"voicelive_endpoint": against.endpoint, "voicelive_api_key": against.key}


async def _rehearsed_studio(flow: Callflow) -> Studio:
    """One whose ears know what may come from prompts that were rendered before."""
    studio = Studio()
    for text in fixed_texts(flow):
        await studio.speak(text, agent_mouth(flow.language))
    return studio


def _brain(scene: Scene) -> RuleBrain:
    """The model: as told, and by its rules from there on."""
    if not scene.model:
        return RuleBrain()
    return ScriptBrain(
        [
            Thought(turn.say, (ToolCall(turn.call, dict(turn.arguments)),) if turn.call else ())
            for turn in scene.model
        ]
    )


def _set_time(stage: Trial, flow: Callflow, at: str | None) -> None:
    if at is None:
        stage.open_line(flow)
        return
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise BadScript(f"at: {at!r} is no time like 2026-12-24T09:30.") from error
    zone = ZoneInfo(flow.hours.zone) if flow.hours else UTC
    stage.app[SWITCHBOARD].admission.now = lambda: moment.replace(tzinfo=moment.tzinfo or zone)


async def _accepts(stage: Trial, number: str) -> None:
    """Answer, listen to what the call is about, and take it."""
    colleague = await stage.acs.colleague(number)
    await colleague.answered()
    await colleague.pauses()
    await colleague.presses("1")


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
