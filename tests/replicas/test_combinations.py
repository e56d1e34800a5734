"""Webhook, callbacks and media of a call, each on any replica: the call works all the same."""

import asyncio
from itertools import product
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from structlog.testing import capture_logs

from bridge import HangUp, Limits
from bridge.call.ends import By, Reason
from bridge.lab.acs import Switches
from bridge.service.parts import SWITCHBOARD
from tests.replicas.numbered import LINE, RATE_HZ, is_whole, line, matches, numbers
from tests.replicas.people import until
from tests.replicas.proxy import Kind
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import Stage, stage

pytestmark = pytest.mark.once

JANE = "+14255550177"
GREETING, SORRY = "Good morning.", "All lines are busy."
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


async def test_a_placed_call_is_led_as_one_wherever_its_media_comes(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with stage(line(greeting=GREETING), redis.url, tmp_path) as scene:
        scene.proxy.choose = lambda _, __: scene.urls[1]
        await scene.apps[0][SWITCHBOARD].place("line", JANE)
        phone = await scene.acs.callee(JANE)
        await phone.answered()
        await until(lambda: bool(scene.apps[1][SWITCHBOARD].live), 20)
        (answered,) = scene.apps[1][SWITCHBOARD].live
        assert answered.is_placed
        await until(lambda: not scene.apps[0][SWITCHBOARD].live)
        await phone.hangs_up()
        await scene.reported(1)
        (number, call, _) = scene.reports[0]
        assert (number, call.caller) == (1, JANE)


async def test_who_was_answered_only_to_be_told_something_is_told_it_by_another_replica(
    redis: RedisServer, tmp_path: Path
) -> None:
    limits = Limits(most_calls=1, overflow=HangUp(say=SORRY))
    async with stage(line(limits=limits), redis.url, tmp_path, prompts=True) as scene:
        scene.proxy.choose = lambda kind, _: scene.urls[1 if kind == "media" else 0]
        first = await scene.acs.dial(LINE)
        await first.answered()
        told = await scene.acs.dial(LINE, caller=JANE)
        await told.hears(SORRY)
        await told.ended()
        await first.hangs_up()
        await scene.reported(2)
        assert [number for number, _, _ in scene.reports] == [1, 1]
        end = scene.reports[0][2].end
        assert end
        assert (end.by, end.detail) == (By.BRIDGE, "quota")


async def test_a_call_whose_answering_replica_is_gone_before_its_media_comes_is_served(
    redis: RedisServer, tmp_path: Path
) -> None:
    switches = Switches(media_delay_s=2)
    async with stage(line(), redis.url, tmp_path, switches=switches) as scene:
        scene.proxy.choose = lambda kind, _: scene.urls[0 if kind == "events" else 1]
        phone = await scene.acs.dial(LINE)
        await until(lambda: bool(scene.apps[0][SWITCHBOARD].live))
        drained = asyncio.create_task(scene.apps[0][SWITCHBOARD].drain())
        await phone.answered()
        await drained
        assert len(scene.apps[1][SWITCHBOARD].live) == 1
        await phone.hangs_up()
        await scene.reported(1)


async def test_a_socket_that_broke_and_comes_to_another_replica_is_carried_to_the_call(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with stage(line(), redis.url, tmp_path) as scene:
        scene.proxy.choose = lambda kind, _: scene.urls[1 if kind == "media" else 0]
        phone = await scene.acs.dial(LINE)
        await phone.answered()
        scene.proxy.choose = lambda _, __: scene.urls[0]
        await phone.drops_media()
        with capture_logs() as logs:
            await until(lambda: any(each["event"] == "media.renewed" for each in logs), 20)
        assert [each["event"] for each in logs if each["event"] == "media.relayed"]
        await until(lambda: any(each.audio_received for each in scene.voices.sessions), 20)
        (session,) = scene.voices.sessions
        heard, said = len(session.audio_received), len(phone.received)
        asked, answer = numbers(1_000, 2), numbers(2_000, 2)
        await asyncio.gather(phone.plays(asked, RATE_HZ), session.plays(answer))
        await asyncio.sleep(1)
        assert is_whole(session.audio_received[heard:], asked)
        assert is_whole(phone.received[said:], answer)
        await phone.hangs_up()
        await scene.reported(1)
        number, _, record = scene.reports[0]
        assert number == 1
        assert record.end
        assert record.end.by is By.CALLER


async def test_a_second_socket_of_a_call_that_is_well_is_refused_by_every_replica(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with stage(line(), redis.url, tmp_path) as scene:
        phone = await scene.acs.dial(LINE)
        await phone.answered()
        url = scene.acs.requests[0].body["mediaStreamingOptions"]["transportUrl"]
        path = url.removeprefix(scene.proxy.url.replace("http", "ws"))
        shown = {**scene.acs.proof, "x-ms-call-connection-id": scene.acs.connection_ids[0]}
        async with ClientSession() as web:
            for own in scene.urls:
                with pytest.raises(WSServerHandshakeError, match="409"):
                    await web.ws_connect(own + path, headers=shown)
        await phone.hangs_up()
        await scene.reported(1)
