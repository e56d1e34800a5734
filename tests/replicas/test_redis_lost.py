"""Redis killed and started again under live calls."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientSession

from bridge.call.ends import By, Reason
from tests.replicas.numbered import LINE, RATE_HZ, is_whole, line, matches, numbers
from tests.replicas.people import until
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import API_KEY, Stage, stage
from tests.replicas.test_combinations import steer

pytestmark = pytest.mark.once

SECONDS = 5
FLAGS = {"Authorization": f"Bearer {API_KEY}"}


async def figures(scene: Stage, name: str) -> list[str]:
    """A line of what each replica has for Prometheus."""
    found = []
    async with ClientSession(headers=FLAGS) as web:
        for url in scene.urls:
            async with web.get(f"{url}/metrics") as response:
                text = await response.text()
            found += [each.split()[-1] for each in text.splitlines() if each.startswith(name)]
    return found


async def ready(scene: Stage) -> list[int]:
    async with aiohttp.ClientSession() as web:
        answers = [await web.get(f"{url}/health/ready") for url in scene.urls]
        return [answer.status for answer in answers]


async def test_calls_go_on_without_redis_and_new_ones_are_answered(
    redis: RedisServer, tmp_path: Path
) -> None:
    ways = ["000", "001", "010", "110"]
    async with stage(line(), redis.url, tmp_path) as scene:
        steer(scene)
        assert await figures(scene, "interlude_redis_up") == ["1.0", "1.0"]
        phones = [await scene.acs.dial(LINE, caller=f"+14255550{way}") for way in ways]
        for phone in phones:
            await phone.answered()
        await until(lambda: len(scene.voices.sessions) >= len(ways), 20)
        asked = [numbers(1_000 * n, SECONDS) for n in range(len(ways))]
        answers = [numbers(1_000 * n + 500, SECONDS) for n in range(len(ways))]
        sessions = list(scene.voices.sessions)
        talk = [phone.plays(sound, RATE_HZ) for phone, sound in zip(phones, asked, strict=True)]
        talk += [each.plays(sound) for each, sound in zip(sessions, answers, strict=True)]
        talking = asyncio.gather(*talk)

        await asyncio.sleep(1)
        await redis.is_killed()
        await scene.is_up(redis=False)
        assert await ready(scene) == [200, 200]
        assert await figures(scene, "interlude_redis_up") == ["0.0", "0.0"]
        late = await scene.acs.dial(LINE, caller="+14255551111")
        await late.answered()
        await asyncio.sleep(1)
        await redis.starts()
        await scene.is_up()
        assert await figures(scene, "interlude_redis_up") == ["1.0", "1.0"]

        await talking
        await asyncio.sleep(1.5)
        for phone in (*phones, late):
            await phone.hangs_up()
        await scene.reported(len(ways) + 1)
        for phone, sound in zip(phones, asked, strict=True):
            assert len(matches(scene.voices.sessions, sound)) == 1
            assert sum(is_whole(phone.received, answer) for answer in answers) == 1
        ends = [record.end for _, _, record in scene.reports]
        assert len(ends) == len(ways) + 1
        assert all(end and (end.by, end.reason) == (By.CALLER, Reason.HUNG_UP) for end in ends)
