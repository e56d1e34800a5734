"""One call of a bridge that runs somewhere: rung, answered, connected; or why it is not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from time import perf_counter

import aiohttp

from bench.clouds import Clouds
from bench.media import Answered
from bench.site import Site


class NotCarried(Exception):
    """A call was not carried; the message says what mends it."""


@dataclass(frozen=True)
class Bridge:
    """What is measured."""

    url: str
    """Its public one, without a slash at the end."""
    number: str
    """A line that it answers."""
    eventgrid_key: str = ""
    read_key: str = ""
    replicas: Sequence[str] = ()
    """Where the `/metrics` of each are; where its URL is, if there are none."""


@dataclass
class Step:
    """How so many calls began."""

    offered: int
    answer_s: list[float] = field(default_factory=list)
    """From Event Grid's announcement until ACS was asked to answer."""
    session_s: list[float] = field(default_factory=list)
    """From there until media and Voice Live were set up."""
    failed: Counter[str] = field(default_factory=Counter)
    """By what mends it."""
    left: list[Answered] = field(default_factory=list)
    """Calls that were answered for nothing, and that the bridge has not let itself be told of."""


async def carry(bridge: Bridge, site: Site, load: Clouds, step: Step) -> None:
    """Ring, and connect what is answered."""
    while not load.sessions.empty():  # of a call that failed, or in place of a lost one
        load.sessions.get_nowait().close()
    key = {"x-eventgrid-key": bridge.eventgrid_key} if bridge.eventgrid_key else {}
    began_s = perf_counter()
    acs, voices = site.settings["ACS_ENDPOINT"], site.settings["VOICELIVE_ENDPOINT"]
    try:
        answered = await load.ring(f"{bridge.url}/acs/events", key)
    except aiohttp.ClientResponseError as refused:
        raise NotCarried(_why_not_answered(refused.status, bridge, acs)) from refused
    except aiohttp.ClientError as problem:
        raise NotCarried(
            f"{bridge.url} cannot be reached: {problem}. Is it the bridge's public URL?"
        ) from problem
    except TimeoutError as problem:
        raise NotCarried(_not_asked(bridge, acs)) from problem
    if answered is None:
        raise NotCarried(
            f"{bridge.url} turned the call away: a flow must have the number {bridge.number} "
            "(--number), and there must be room for one more call, by its INTERLUDE_MOST_CALLS, "
            "its INTERLUDE_SESSIONS_A_MINUTE and the flow's own limits."
        )
    answered_s = perf_counter()
    try:
        await load.call(answered, of=step.offered)
    except (TimeoutError, OSError) as problem:
        for media in load.media[len(load.voices) :]:
            media.close()
        del load.media[len(load.voices) :]
        try:
            await load.hang_up(answered)
        except (aiohttp.ClientError, TimeoutError):
            step.left.append(answered)
        raise NotCarried(_why_not_connected(problem, bridge, voices)) from problem
    step.answer_s.append(answered_s - began_s)
    step.session_s.append(perf_counter() - answered_s)


def _why_not_answered(status: int, bridge: Bridge, acs: str) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return (
            f"{bridge.url} refused Event Grid's key ({status}): set EVENTGRID_KEY here as the "
            "bridge has it."
        )
    if status == HTTPStatus.BAD_GATEWAY:
        return _not_asked(bridge, acs)
    return f"{bridge.url} answered {status}: is it ready, and is it the bridge's public URL?"


def _not_asked(bridge: Bridge, acs: str) -> str:
    return (
        f"{bridge.url} did not have the call answered: its ACS_ENDPOINT must be {acs}, which it "
        "must reach, and whose certificate it must trust. Its log says what was in the way."
    )


def _why_not_connected(problem: OSError, bridge: Bridge, voices: str) -> str:
    if isinstance(problem, TimeoutError):
        return (
            f"The call was answered, and its session did not come to {voices}: set the bridge's "
            "VOICELIVE_ENDPOINT, have it trust the certificate, and take a line (--number) that is "
            "open at this hour."
        )
    return (
        f"{bridge.url} refused the call's media ({problem}): set its INTERLUDE_PUBLIC_URL, "
        "ACS_RESOURCE_ID and ACS_OPENID_CONFIG_URL, and let WebSockets pass. It asks for new keys "
        "every 30 s at most."
    )
