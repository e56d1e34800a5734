"""What operators publish or try on one replica, all serve or try, late comers among them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.flow.call import Call
from bridge.service.guards import Operator, Role
from bridge.service.numbers.versions import VersionLine
from bridge.service.replicas.publishing import Published, root_of, sealable
from tests.replicas.people import LINE, Replica, is_up, replica, until
from tests.replicas.redis_server import RedisServer
from tests.replicas.test_fleet import shown

ANNA, BERT = Operator("anna@example.com", Role.EDITOR), Operator("bert@example.com", Role.EDITOR)


def text(greeting: str) -> str:
    return f'[numbers."{LINE}"]\nflow = "line"\ngreeting = "{greeting}"\n'


DEPLOYED, CHANGED, OTHER = text("Good day."), text("Good morning."), text("Good evening.")


class Crew:
    """Replicas that join one after the other, each with a file of its own on disk."""

    def __init__(self, redis: RedisServer, folder: Path, stack: AsyncExitStack) -> None:
        self._redis, self._folder, self._stack = redis, folder, stack
        self.all: list[Replica] = []

    async def joins(self, deployed: str = DEPLOYED, state: Path | None = None) -> Replica:
        file = self._folder / f"{len(self.all)}.toml"
        file.write_text(deployed)
        one = await self._stack.enter_async_context(
            replica(self._redis.url, file=file, state=state)
        )
        await is_up(one)
        self.all.append(one)
        return one


@pytest.fixture
async def crew(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Crew]:
    async with AsyncExitStack() as stack:
        yield Crew(redis, tmp_path, stack)


def serves(one: Replica, what: str) -> Callable[[], bool]:
    return lambda: one.lines.serving.text == what


async def test_what_is_published_on_one_serves_on_the_others_under_its_number_and_name(
    crew: Crew, redis: RedisServer
) -> None:
    one, other = await crew.joins(), await crew.joins()
    published = await one.lines.publish(CHANGED, by=ANNA, note="spring", base=1)
    await until(serves(other, CHANGED))
    taken = other.lines.serving
    assert (taken.number, taken.by, taken.note) == (published.number, ANNA.name, "spring")
    late = await crew.joins()
    await until(serves(late, CHANGED))
    async with redis.client() as client:
        kept = str([await shown(client, str(key)) for key in await client.keys("*")])
    assert "version" in kept
    assert "anna" not in kept
    assert "Good morning" not in kept


async def test_a_file_that_was_deployed_since_comes_before_what_was_published(crew: Crew) -> None:
    one = await crew.joins()
    await one.lines.publish(CHANGED, by=ANNA, base=1)
    fresh, old = await crew.joins(OTHER), await crew.joins()
    await until(serves(old, CHANGED))
    assert fresh.lines.serving.text == OTHER
    await fresh.lines.publish(text("Welcome."), by=BERT, base=1)
    await until(serves(old, text("Welcome.")))


async def test_two_who_publish_at_once_end_with_the_same_version_on_all(crew: Crew) -> None:
    replicas = [await crew.joins() for _ in range(3)]
    await asyncio.gather(
        replicas[0].lines.publish(CHANGED, by=ANNA, base=1),
        replicas[1].lines.publish(OTHER, by=BERT, base=1),
    )
    await until(lambda: replicas[2].lines.serving.number == 2)
    await until(lambda: len({each.lines.serving.text for each in replicas}) == 1)
    await asyncio.sleep(0.3)
    assert len({each.lines.serving.text for each in replicas}) == 1


async def test_what_a_replica_cannot_serve_it_does_not_take(crew: Crew) -> None:
    one, other = await crew.joins(), await crew.joins()
    bad = CHANGED.replace('"line"', '"nobody"')
    line = VersionLine(9, datetime.now(UTC), ANNA.name, "", "")
    published = sealable(Published(line, bad, root_of(DEPLOYED)))
    one.fleet.publishes(one.fleet.desk.versions, published)
    await until(lambda: other.lines.refused is not None)
    assert other.lines.serving.text == DEPLOYED
    await one.lines.publish(CHANGED, by=ANNA, base=1)
    await until(serves(other, CHANGED))


def tries(one: Replica, what: str | None) -> Callable[[], bool]:
    return lambda: (one.lines.trial and one.lines.trial.version.text) == what


async def test_what_is_on_trial_on_one_answers_the_same_callers_on_all(crew: Crew) -> None:
    one, other = await crew.joins(), await crew.joins()
    await one.lines.try_out(CHANGED, 30, by=ANNA, note="shorter")
    await until(tries(other, CHANGED))
    late = await crew.joins()
    await until(tries(late, CHANGED))
    callers = [Call(f"{n}", f"+1425555{n:04}", LINE, "") for n in range(200)]
    drawn = [[each.lines.version_for(call).on_trial for call in callers] for each in crew.all]
    assert drawn[0] == drawn[1] == drawn[2]
    assert 30 < sum(drawn[0]) < 90
    assert late.lines.trial
    assert (late.lines.trial.version.by, late.lines.trial.version.note) == (ANNA.name, "shorter")


async def test_a_trial_that_is_kept_on_another_replica_serves_on_all(crew: Crew) -> None:
    one, other = await crew.joins(), await crew.joins()
    await one.lines.try_out(CHANGED, 30, by=ANNA)
    await until(tries(other, CHANGED))
    await other.lines.end_trial(by=BERT, keep=True)
    await until(lambda: tries(one, None)() and serves(one, CHANGED)())
    late = await crew.joins()
    await until(serves(late, CHANGED))
    await one.lines.try_out(OTHER, 50, by=ANNA)  # whose beginning they hear after the end before
    await until(lambda: tries(other, OTHER)() and tries(late, OTHER)())


async def test_a_trial_that_a_replica_cannot_answer_by_is_none_there_and_goes_on_elsewhere(
    crew: Crew,
) -> None:
    one, other = await crew.joins(), await crew.joins()
    line = VersionLine(9, datetime.now(UTC), ANNA.name, "", "")
    bad = Published(line, CHANGED.replace('"line"', '"nobody"'), root_of(DEPLOYED), 30)
    one.fleet.publishes(one.fleet.desk.trials, sealable(bad))
    await until(lambda: other.lines.refused is not None)
    await other.lines.publish(OTHER, by=BERT, base=1)  # tells what is new there, and only that
    await until(serves(one, OTHER))
    await one.lines.try_out(CHANGED, 30, by=ANNA)
    await until(tries(other, CHANGED))


async def test_a_redis_that_has_forgotten_it_is_told_again(crew: Crew, redis: RedisServer) -> None:
    one, other = await crew.joins(), await crew.joins()
    await one.lines.publish(CHANGED, by=ANNA, base=1)
    await other.lines.try_out(OTHER, 30, by=BERT)
    await until(lambda: serves(other, CHANGED)() and tries(one, OTHER)())
    await redis.is_killed()
    await redis.starts()
    late = await crew.joins()
    await until(lambda: serves(late, CHANGED)() and tries(late, OTHER)())


async def test_a_trial_that_goes_on_where_all_have_ended_is_told_to_those_who_join(
    crew: Crew, redis: RedisServer, tmp_path: Path
) -> None:
    async with replica(redis.url, state=tmp_path / "state") as one:
        await one.lines.try_out(CHANGED, 30, by=ANNA)
    await redis.is_killed()
    await redis.starts()
    back = await crew.joins("", state=tmp_path / "state")
    assert tries(back, CHANGED)()
    other = await crew.joins("")
    await until(tries(other, CHANGED))
