"""Whoever has a service drain hears how many calls are left, or a sentence that tells why not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.web import Request, Response

from bridge import Callflow
from bridge.service.draining import NotDrained, drain
from bridge.service.flows import Flows
from bridge.service.parts import DRAIN
from bridge.service.settings import Remote, load_remote
from bridge.trial import Trial, trial
from tests.service.crm import Crm

NUMBER = "+18005550100"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    flows = Flows({"line": Callflow(number=NUMBER, silence=None)})
    async with trial(flows, interlude_api_key=KEY) as running:
        yield running


def remote(url: str, key: str = KEY) -> Remote:
    return load_remote(interlude_public_url=url, interlude_api_key=key)


async def test_it_is_told_at_once_how_many_calls_are_left(scene: Trial) -> None:
    await (await scene.acs.dial(NUMBER)).answered()
    told: list[int] = []
    await drain(remote(scene.url), waits=False, tell=told.append)
    assert told == [1]
    assert scene.app[DRAIN].is_set()


async def test_whoever_waits_is_told_of_every_change_until_the_last_call_has_ended(
    scene: Trial,
) -> None:
    phones = [await scene.acs.dial(NUMBER) for _ in range(2)]
    for phone in phones:
        await phone.answered()
    told: list[int] = []
    waiting = asyncio.create_task(drain(remote(scene.url), waits=True, tell=told.append))
    for phone in phones:
        await asyncio.sleep(5)
        assert not waiting.done()
        await phone.hangs_up()
    await waiting
    assert told == [2, 1, 0]


async def test_a_service_that_does_not_let_in_or_is_not_there_goes_on(scene: Trial) -> None:
    with pytest.raises(NotDrained, match=r"^Authorization must be Bearer and the INTERLUDE_API_K"):
        await drain(remote(scene.url, key="another"), waits=False, tell=print)
    assert not scene.app[DRAIN].is_set()
    with pytest.raises(NotDrained, match=r"^http://127\.0\.0\.1:9/api/v1/drain was not reached"):
        await drain(remote("http://127.0.0.1:9"), waits=False, tell=print)


@pytest.mark.parametrize(
    ("status", "text", "content_type"),
    [
        (200, "", "application/json"),
        (200, '{"draining": false, "calls": 0}', "application/json"),
        (200, "[]", "application/json"),
        (502, "<h1>Bad gateway</h1>", "text/html"),
        (404, "x" * 501, "text/plain"),
        (302, "", "text/plain"),
    ],
)
async def test_whatever_answers_in_place_of_the_service_is_not_believed(
    status: int, text: str, content_type: str
) -> None:
    async def answer(_: Request) -> Response:
        return Response(status=status, text=text, content_type=content_type)

    async with Crm() as other:
        other.always = answer
        elsewhere = remote(other.url.partition("/calls")[0])
        with pytest.raises(NotDrained, match=f"answered {status}, and not as a draining Interlude"):
            await drain(elsewhere, waits=True, tell=print)
