"""The console's pages of calls are the same on every replica."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.lab.acs import Phone
from bridge.service.parts import AUDIT, FLEET
from tests.console.scene import OURS, asked
from tests.console.test_calls_page import events
from tests.replicas.neighbour import a_silent_port, joins
from tests.replicas.numbered import LINE
from tests.replicas.people import until
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import API_KEY, READ_KEY, SOON, Stage, stage

pytestmark = pytest.mark.once

CALLER = "+14255550142"
GREETING = "Hello."
FLOW = Callflow(number=LINE, greeting=GREETING, silence=None)


@pytest.fixture
async def scene(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(FLOW, redis.url, tmp_path, prompts=True, switches=SOON) as running:
        await running.know_each_other()
        yield running


@asynccontextmanager
async def visitor(url: str, key: str) -> AsyncIterator[ClientSession]:
    async with ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as session:
        yield session


async def calls(scene: Stage, replica: int) -> Phone:
    scene.proxy.choose = lambda *_: scene.urls[replica]
    phone = await scene.acs.dial(LINE, caller=CALLER)
    await phone.hears(GREETING)
    return phone


async def test_a_call_of_another_replica_is_listed_read_spoken_to_and_ended_from_here(
    scene: Stage,
) -> None:
    phone = await calls(scene, 1)
    async with visitor(scene.urls[0], API_KEY) as ann:
        status, page = await asked(ann, "/console")
        assert (status, CALLER in page, "not answer" in page) == (200, True, False)
        (path,) = re.findall(r'href="(/console/calls/\w+)"', page)
        _, page = await asked(ann, path)
        assert GREETING in page
        pieces = events(ann, f"{path}/events")
        assert GREETING in await anext(pieces)
        line = {"text": "A colleague looks into it."}
        status, page = await asked(ann, f"{path}/say", "POST", data=line, headers=OURS)
        assert (status, "as soon as nobody speaks" in page) == (200, True)
        await phone.hears(line["text"])
        wrong = {"to": "0800 1", "say": "One moment."}
        status, page = await asked(ann, f"{path}/transfer", "POST", data=wrong, headers=OURS)
        assert status == 409
        assert "needs a number in international form" in page
        assert 'value="0800 1"' in page
        await asked(ann, f"{path}/end", "POST", data={"say": "Goodbye."}, headers=OURS)
        await phone.hears("Goodbye.")
        while "The call is over." not in await anext(pieces):
            pass
        await scene.reported(1)
        assert (await asked(ann, f"{path}/end", "POST", headers=OURS))[0] == 404
        async with ann.get(f"{path}/events") as answer:
            assert answer.status == 204, "the browser does not ask again"
        _, numbers = await asked(ann, "/console/numbers")
        assert LINE in numbers
    assert await scene.apps[0][AUDIT].entries() == []
    assert [each.did for each in await scene.apps[1][AUDIT].entries()] == ["call.end", "call.say"]


async def test_what_each_replica_keeps_for_itself_is_said_to_be_its_own(scene: Stage) -> None:
    async with visitor(scene.urls[0], API_KEY) as ann:
        for page in ("history", "audit", "service"):
            status, text = await asked(ann, f"/console/{page}")
            assert (status, "of this replica alone: another keeps its own." in text) == (200, True)
        status, text = await asked(ann, "/console/history/nobody")
        assert (status, "each replica keeps its own" in text) == (404, True)


async def test_a_reader_sees_two_digits_of_who_calls_another_replica(scene: Stage) -> None:
    phone = await calls(scene, 1)
    async with visitor(scene.urls[0], READ_KEY) as reader:
        _, page = await asked(reader, "/console")
        assert "…42" in page
        (path,) = re.findall(r'href="(/console/calls/\w+)"', page)
        _, of_call = await asked(reader, path)
        assert CALLER not in page + of_call
        pieces = events(reader, f"{path}/events")
        assert CALLER not in await anext(pieces)
        await phone.hangs_up()
        while "The call is over." not in await anext(pieces):
            pass
    await scene.reported(1)


async def test_rows_of_other_replicas_come_and_go_and_a_silent_one_is_told_of(
    scene: Stage, redis: RedisServer
) -> None:
    async with visitor(scene.urls[0], READ_KEY) as reader:
        pieces = events(reader, "/console/calls/events")
        assert "not answer" not in await anext(pieces)
        phone = await calls(scene, 1)
        while 'hx-swap-oob="beforeend:#calls"' not in (piece := await anext(pieces)):
            pass
        (row,) = re.findall(r'<tr id="(call-\w+)"', piece)
        await phone.hangs_up()
        while f'<tr id="{row}" hx-swap-oob="delete">' not in await anext(pieces):
            pass
        with a_silent_port() as port:
            await joins(scene, redis, port)
            while "One other replica does not answer." not in await anext(pieces):
                pass
            await until(lambda: len(scene.apps[0][FLEET].neighbours) == 2)
            assert "One other replica does not answer." in (await asked(reader, "/console"))[1]
            status, page = await asked(reader, "/console/calls/nobody")
            assert status == 502
            assert "may have the call does not answer" in page
            async with reader.get("/console/calls/nobody/events") as answer:
                assert answer.status == 502
    await scene.reported(1)
