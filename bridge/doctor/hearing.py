"""Having one text said in a session with Voice Live, and noting all that comes of it."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    ItemKept,
    ResponseEnded,
    ResponseStarted,
    VoiceProblem,
)
from bridge.voicelive.leg import VoiceLiveLeg

QUESTION_S = 10.0
"""Bound on each question."""

_AFTERWARDS_S = 1.0
"""How long after its response an item may still be reported as kept."""


@dataclass
class Heard:
    """What came of a response that was asked for."""

    text: str = ""
    deltas: list[int] = field(default_factory=list)
    """Bytes of its sound, as PCM16, piece by piece."""
    first_s: float = 0.0
    """From the request to the first sound."""
    took_s: float = 0.0
    """From the first sound to the last."""
    items: set[str] = field(default_factory=set)
    """That its sound or words were part of."""
    kept: set[str] = field(default_factory=set)
    """Items that became part of the conversation meanwhile."""
    failure: str = ""


async def hear(leg: VoiceLiveLeg, text: str, *, aside: bool = False) -> Heard:
    """Have a text said, `aside` if the model is not to learn of it.

    Raises:
        VoiceLost: the connection is gone.
    """
    heard = Heard()
    try:
        async with asyncio.timeout(QUESTION_S):
            await _listen(leg, heard, text, aside=aside)
    except TimeoutError:
        heard.failure = f"not done within {QUESTION_S:g} s"
    if aside and not heard.failure:
        with suppress(TimeoutError):
            async with asyncio.timeout(_AFTERWARDS_S), aclosing(leg.events()) as events:
                async for event in events:
                    if isinstance(event, ItemKept):
                        heard.kept.add(event.item_id)
    return heard


async def _listen(leg: VoiceLiveLeg, heard: Heard, text: str, *, aside: bool) -> None:
    now = asyncio.get_running_loop().time
    asked_s, response = now(), ""
    request = await leg.say(text, aside=aside)
    async with aclosing(leg.events()) as events:
        async for event in events:
            match event:
                case ResponseStarted(started, named) if named in (None, request):
                    response = started
                case ItemKept(item):
                    heard.kept.add(item)
                case AgentSaid(speaking, item, words) if speaking == response:
                    heard.text += words
                    heard.items.add(item)
                case AgentAudio(speaking, item, pcm) if speaking == response:
                    heard.first_s = heard.first_s or now() - asked_s
                    heard.took_s = now() - asked_s - heard.first_s
                    heard.deltas.append(len(pcm))
                    heard.items.add(item)
                case ResponseEnded(ended, status, why) if ended == response:
                    if status != "completed":
                        heard.failure = f"{status} {why}".strip()
                    elif not any(heard.deltas):
                        heard.failure = "no sound"
                    return
                case VoiceProblem(code, _, about) if about in (None, request):
                    heard.failure = code
                    return
