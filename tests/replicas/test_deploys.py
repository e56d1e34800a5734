"""Processes that come and go under live calls: nobody on the telephone notices."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.lab.acs import Phone
from bridge.lab.voicelive import Session
from tests.replicas.numbered import LINE, RATE_HZ, is_whole, matches, numbers
from tests.replicas.people import until
from tests.replicas.processes import Deployment, Server, deployment, subscribe
from tests.replicas.redis_server import RedisServer

pytestmark = pytest.mark.once

CALLS = int(os.environ.get("INTERLUDE_TEST_CALLS", "20"))
"""`make test-deploy` has 50."""
TALK_S = 6
BETWEEN_S = 0.2


async def talks(running: Deployment, number: int) -> Phone:
    """One call from its beginning to its end, in which both sides count."""
    phone = await running.acs.dial(LINE, caller=f"+1425555{number:04d}")
    await phone.answered()
    await phone.plays(numbers(1_000 * number, TALK_S), RATE_HZ)
    await until(lambda: len(phone.received) >= len(numbers(0, TALK_S)))
    await asyncio.sleep(0.5)  # for what would be too much
    await phone.hangs_up()
    return phone


async def agents_talk(running: Deployment) -> None:
    """Every session in which a caller is heard counts from a number of its own on."""
    begun: list[Session] = []
    async with asyncio.TaskGroup() as group:
        while len(begun) < CALLS:
            for session in running.voices.sessions:
                if session.audio_received and session not in begun:  # else it renders prompts
                    first = 1_000 * len(begun) + 500
                    group.create_task(session.plays(numbers(first, TALK_S)))
                    begun.append(session)
            await asyncio.sleep(0.02)


def have_calls(running: Deployment, servers: Sequence[Server]) -> bool:
    """Whether each of these has got the media of some call."""
    got = {url for kind, _, url in running.proxy.passed if kind == "media"}
    return got >= {server.url for server in servers}


async def is_deployed(running: Deployment, old: Sequence[Server]) -> None:
    """One replica after the other is replaced by a new one."""
    for server in old:
        await running.starts()
        server.is_told_to_stop()


async def test_a_rolling_deploy_cuts_no_call_and_loses_no_word(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with deployment(redis.url, tmp_path) as running:
        old = await asyncio.gather(running.starts(), running.starts())
        await subscribe(running)
        counting = asyncio.create_task(agents_talk(running))
        calls = []
        for number in range(CALLS):
            if number == CALLS // 4:
                await until(lambda: have_calls(running, old))
                deploying = asyncio.create_task(is_deployed(running, old))
            if number == CALLS - len(old) * 2:
                await deploying  # so that the last of the new ones has calls, too
            calls.append(asyncio.create_task(talks(running, number)))
            await asyncio.sleep(BETWEEN_S)
        phones = await asyncio.gather(*calls)
        await counting
        async with asyncio.timeout(20):
            assert [await server.process.wait() for server in old] == [0, 0]

        answers = [numbers(1_000 * n + 500, TALK_S) for n in range(CALLS)]
        for number, phone in enumerate(phones):
            sent = numbers(1_000 * number, TALK_S)
            assert len(matches(running.voices.sessions, sent)) == 1, "the caller is heard"
            heard = [n for n, answer in enumerate(answers) if is_whole(phone.received, answer)]
            assert len(heard) == 1, "the agent is heard"
        ends = [line["end"] for server in running.servers for line in server.ended()]
        assert [(end["by"], end["reason"]) for end in ends] == [("caller", "hung_up")] * CALLS
        assert len(running.servers) == 4
        had = [len(server.ended()) for server in running.servers]
        assert all(had), f"all four have had calls: {had}"


async def test_the_calls_of_a_killed_replica_end_with_a_record_and_others_do_not_notice(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with deployment(redis.url, tmp_path) as running:
        servers = await asyncio.gather(*(running.starts() for _ in range(3)))
        await subscribe(running)
        phones = [await running.acs.dial(LINE, caller=f"+1425555{n:04d}") for n in range(9)]
        for phone in phones:
            await phone.answered()
        media = {caller: url for kind, caller, url in running.proxy.passed if kind == "media"}
        killed = servers[0]
        lost = [phone for phone in phones if media[phone.route.caller] == killed.url]
        others = [phone for phone in phones if phone not in lost]
        assert lost
        assert others
        talking = [
            asyncio.create_task(phone.plays(numbers(1_000 * n, 12), RATE_HZ))
            for n, phone in enumerate(others)
        ]
        await asyncio.sleep(1)
        await killed.is_killed()
        async with asyncio.timeout(20):
            ends = [await phone.ended() for phone in lost]
        assert all(end.sub_code == 7000 for end in ends), "ended through the API"
        await asyncio.gather(*talking)
        await asyncio.sleep(1)
        for number, phone in enumerate(others):
            assert phone.end is None
            assert matches(running.voices.sessions, numbers(1_000 * number, 12)), "not one is lost"
            await phone.hangs_up()
        await until(lambda: sum(len(server.ended()) for server in servers) >= len(phones))
        told = [line for server in servers[1:] for line in server.ended()]
        by_lost = [line for line in told if line["end"]["reason"] == "replica_lost"]
        assert {line["correlation_id"] for line in by_lost} == {p.correlation_id for p in lost}
        assert len(by_lost) == len(lost), "each is reported once"
        assert all(line["end"]["by"] == "bridge" for line in by_lost)
        assert len(told) == len(phones)
