"""Three replicas behind a real reverse proxy that knows nothing of calls."""

import asyncio
from pathlib import Path

import pytest

from bridge.call.ends import By, Reason
from tests.replicas import nginx as proxies
from tests.replicas.numbered import LINE, RATE_HZ, is_whole, line, matches, numbers
from tests.replicas.people import until
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import stage

pytestmark = pytest.mark.once

CALLS, SECONDS = 12, 3


async def test_calls_work_wherever_nginx_sends_their_parts(
    redis: RedisServer, tmp_path: Path
) -> None:
    if why := proxies.missing():
        pytest.skip(why)
    async with (
        stage(line(), redis.url, tmp_path, replicas=3) as scene,
        proxies.nginx(scene.urls, tmp_path) as front,
    ):
        scene.proxy.choose = lambda _, __: front.url
        phones = []
        for number in range(CALLS):
            phones.append(await scene.acs.dial(LINE, caller=f"+1425555{number:04}"))
            await asyncio.sleep(0.05)
        for phone in phones:
            await phone.answered()
        await until(lambda: len(scene.voices.sessions) >= CALLS, 20)
        asked = [numbers(1_000 * n, SECONDS) for n in range(CALLS)]
        answers = [numbers(1_000 * n + 500, SECONDS) for n in range(CALLS)]
        sessions = scene.voices.sessions
        await asyncio.gather(
            *(phone.plays(sound, RATE_HZ) for phone, sound in zip(phones, asked, strict=True)),
            *(each.plays(sound) for each, sound in zip(sessions, answers, strict=True)),
        )
        await asyncio.sleep(1.5)
        await asyncio.gather(*(phone.hangs_up() for phone in phones))
        await scene.reported(CALLS)

        for phone, sound in zip(phones, asked, strict=True):
            assert len(matches(sessions, sound)) == 1, "the caller is heard, whole and once"
            assert sum(is_whole(phone.received, answer) for answer in answers) == 1, "and the agent"
        assert len(scene.reports) == CALLS, "each is reported once"
        ends = {(record.end.by, record.end.reason) for *_, record in scene.reports if record.end}
        assert ends == {(By.CALLER, Reason.HUNG_UP)}, "as a callback said, wherever it came"
        dealt = front.dealt()
    for kind in ("/acs/events", "/acs/callbacks", "/acs/media"):
        assert len({address for address, path in dealt if path == kind}) == 3, kind
