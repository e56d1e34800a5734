"""A bridge that runs somewhere: both clouds are played here, and its calls are rung and measured.

All times are this machine's: both ends of the bridge are here. Callers interrupt each answer, at
any moment of it; the flow is whatever the bridge has for the number.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import aiohttp

from bench.barge import Listener
from bench.calls import Sound, heard, no_collections, spread_ms
from bench.carrying import Bridge, NotCarried, Step, carry
from bench.clouds import Clouds, clouds
from bench.replicas import Reading, Replica, Unread, between, read
from bench.scenarios import Scenario
from bench.site import Site
from bench.spreads import Spread
from bench.tally import Tally
from bench.turns import Turns
from bench.voice import PERIOD_S

_KEYS_S = 1.5
"""A bridge that has no keys of ACS yet asks for them each second; it does so from the start."""
_APART_S = 0.1
"""From one call to the next."""
_AGAIN_S = 5.0
"""From one attempt to carry the first call to the next."""
_GREETING_S = 1.0
"""For the bridge to have its greeting spoken."""
_GREETED_S = _GREETING_S + PERIOD_S + 4.0
"""Until each caller has interrupted once, and with that a greeting's clip, whose frames are not
numbered."""
_OVER_S = 6.0
"""For the bridge to let go of a call whose caller has hung up."""
_MOST_FAILURES = 3
"""In a step; more calls would fail, too."""


class Talk(Turns):
    """A session of a flow that is not known; what it greets with comes first."""

    has_tools = False

    def talk(self, tally: Tally, number: int, after_s: float) -> None:
        """Begin the first answer after some seconds, and the greeting."""
        super().talk(tally, number, after_s + _GREETING_S)


@dataclass(frozen=True, kw_only=True)
class Carried(Sound):
    """What became of so many calls."""

    offered: int
    calls: int
    """That began; `gone` says how many of those did not last."""
    failed: dict[str, int]
    answer_ms: Spread
    session_ms: Spread
    stop_ms: Spread
    """From `speech_started` until `StopAudio`, where there was something to be heard."""
    unstopped: int
    """Interruptions without one."""
    replicas: list[Replica]
    unread: str
    """Why there are no figures of the bridge's own; empty if there are."""

    @property
    def is_good(self) -> bool:
        """Whether every call was carried to its end."""
        return not self.failed and not self.gone


async def ramp(
    bridge: Bridge,
    site: Site,
    calls: Sequence[int],
    seconds: float,
    wait_s: float,
    tell: Callable[[str], None],
) -> AsyncGenerator[Carried, None]:
    """So many calls at a time, step by step; ends with a step in which one failed.

    A bridge that is not ready is waited for: what is in the way is told once.

    Raises:
        NotCarried: it did not carry the first call within `wait_s`.
        OSError: a port of the site is taken.
    """
    scenario = Scenario("deployed", bridge.number, 24_000, None, 24_000)
    async with clouds(scenario, voice=Talk, media=Listener, site=site) as load:
        await asyncio.sleep(_KEYS_S)
        await _is_carried(bridge, site, load, monotonic() + wait_s, tell)
        for number in calls:
            step = await _begun(bridge, site, load, number)
            carried = await _measured(bridge, load, step, seconds)
            yield carried
            if not carried.is_good:
                return
            await _over(bridge, load, step)


async def _is_carried(
    bridge: Bridge, site: Site, load: Clouds, until_s: float, tell: Callable[[str], None]
) -> None:
    """See that the bridge can carry a call at all."""
    told, step = "", Step(1)
    while True:
        try:
            await carry(bridge, site, load, step)
            break
        except NotCarried as trouble:
            if str(trouble) != told:
                told = str(trouble)
                tell(told)
            if monotonic() >= until_s:
                raise
            await asyncio.sleep(_AGAIN_S)
    await _over(bridge, load, step)


async def _begun(bridge: Bridge, site: Site, load: Clouds, number: int) -> Step:
    step = Step(number)
    for _ in range(number):
        try:
            await carry(bridge, site, load, step)
        except NotCarried as trouble:
            step.failed[str(trouble)] += 1
            if step.failed.total() >= _MOST_FAILURES:
                break
        await asyncio.sleep(_APART_S)
    return step


async def _measured(bridge: Bridge, load: Clouds, step: Step, seconds: float) -> Carried:
    with no_collections():
        await asyncio.sleep(_GREETED_S)
        before, _ = await _read(bridge, load)
        sound = await heard(load, seconds)
    after, unread = await _read(bridge, load)
    ears = [media.tally.ear for media in load.media]
    interruptions = [each for ear in ears for each in ear.interruptions if each.hears]
    return Carried(
        **vars(sound),
        offered=step.offered,
        calls=len(load.media),
        failed=dict(step.failed),
        answer_ms=spread_ms(step.answer_s),
        session_ms=spread_ms(step.session_s),
        stop_ms=spread_ms(each.stop_s for each in interruptions if each.stop_s is not None),
        unstopped=sum(each.stop_s is None for each in interruptions),
        replicas=list(map(between, before, after)),
        unread=unread,
    )


async def _read(bridge: Bridge, load: Clouds) -> tuple[list[Reading], str]:
    """What the bridge says of itself; or nothing, and why."""
    try:
        return await read(load.http, bridge.replicas or [bridge.url], bridge.read_key), ""
    except Unread as why:
        return [], str(why)


async def _over(bridge: Bridge, load: Clouds, step: Step) -> None:
    """Have all callers hang up, and wait until the bridge has let go of them."""
    try:
        for answered in step.left:
            await load.hang_up(answered)
        for media in load.media:
            await load.hang_up(media.answered)
            media.close()
    except (aiohttp.ClientError, TimeoutError) as problem:
        raise NotCarried(
            f"{bridge.url} did not take what ACS tells of a call ({problem}): a proxy must pass on "
            "/acs/callbacks, too."
        ) from problem
    if load.voices:
        await asyncio.wait({voice.lost for voice in load.voices}, timeout=_OVER_S)
    load.media.clear()
    load.voices.clear()
