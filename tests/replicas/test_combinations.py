"""Webhook, callbacks and media of a call, each on any replica: the call works all the same."""

import asyncio
from itertools import product
from pathlib import Path

import pytest

from bridge.call.ends import By, Reason
from tests.replicas.numbered import LINE, RATE_HZ, is_whole, line, matches, numbers
from tests.replicas.people import until
from tests.replicas.proxy import Kind
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import Stage, stage

KINDS: tuple[Kind, ...] = ("events", "callbacks", "media")
SECONDS = 3


def steer(scene: Stage) -> None:
    """Have the last digits of a caller's number say which replicas the call is to meet."""

    def choose(kind: Kind, caller: str) -> str:
        return scene.urls[int(caller[-3:][KINDS.index(kind)]) if caller else 0]

    scene.proxy.choose = choose


@pytest.mark.parametrize("replicas", [2, 3])
async def test_a_call_works_wherever_its_parts_land(
    redis: RedisServer, tmp_path: Path, replicas: int
) -> None:
    ways = list(product(range(replicas), repeat=3))
    async with stage(line(), redis.url, tmp_path, replicas=replicas) as scene:
        steer(scene)
        phones = []
        for way in ways:
            caller = "+14255550" + "".join(map(str, way))
            phones.append(await scene.acs.dial(LINE, caller=caller))
            await asyncio.sleep(0.05)
        for phone in phones:
            await phone.answered()
        await until(lambda: len(scene.voices.sessions) >= len(ways), 20)
        asked = [numbers(1_000 * n, SECONDS) for n in range(len(ways))]
        answers = [numbers(1_000 * n + 500, SECONDS) for n in range(len(ways))]
        talk = [phone.plays(sound, RATE_HZ) for phone, sound in zip(phones, asked, strict=True)]
        sessions = scene.voices.sessions
        talk += [each.plays(sound) for each, sound in zip(sessions, answers, strict=True)]
        await asyncio.gather(*talk)
        await asyncio.sleep(1.5)
        await asyncio.gather(*(phone.hangs_up() for phone in phones))
        await scene.reported(len(ways))

        for way, phone, sound in zip(ways, phones, asked, strict=True):
            assert len(matches(scene.voices.sessions, sound)) == 1, f"{way}: the caller is heard"
            heard = [n for n, answer in enumerate(answers) if is_whole(phone.received, answer)]
            assert len(heard) == 1, f"{way}: the agent is heard"
        told = {call.caller[-3:]: (number, record.end) for number, call, record in scene.reports}
        assert len(scene.reports) == len(told) == len(ways), "each is reported once"
        for way in ways:
            number, end = told["".join(map(str, way))]
            assert number == way[2], "who has the media has the call"
            assert end
            assert (end.by, end.reason) == (By.CALLER, Reason.HUNG_UP), f"{way}: a callback said so"
        async with redis.client() as client:
            assert await client.hlen("{interlude:" + scene.proxy.url[7:] + "}:calls") == 0
