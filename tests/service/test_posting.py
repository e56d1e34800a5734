"""What is put into the post box is delivered, signed and sooner or later, or kept."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.service.posting import PostBox
from tests.service.crm import (
    CALLER,
    KEY,
    RECORD,
    SECRET,
    WORDS,
    Answer,
    Crm,
    after,
    files,
    open_box,
    saying,
)

SCHEDULE_S = [5, 30, 2 * 60, 10 * 60, 3600, 5 * 3600]


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


@pytest.fixture
async def wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of day passes as the loop's time does, from now on."""
    loop, began_s = asyncio.get_running_loop(), time.time()
    before_s = loop.time()
    monkeypatch.setattr(time, "time", lambda: began_s + loop.time() - before_s)


@pytest.mark.parametrize(
    ("secret", "key"), [(SECRET, KEY), (SECRET.rstrip("="), KEY), ("ü" * 32, "ü".encode() * 32)]
)
async def test_the_operator_can_tell_who_posted(
    crm: Crm, tmp_path: Path, secret: str, key: bytes
) -> None:
    async with open_box(crm.url, tmp_path / "outbox", secret) as box:
        box.put("call-1_a", MappingProxyType(RECORD))
        await box.settled()
    (post,) = crm.posts
    assert post.content == RECORD
    assert (post.event_id, post.path) == ("call-1_a", "/calls")
    assert post.headers["content-type"] == "application/json"
    assert post.is_signed(key)
    assert not post.is_signed(b"another" + key)
    assert files(tmp_path) == []


@pytest.mark.usefixtures("wall_clock")
async def test_an_event_is_tried_seven_times_and_then_dead(crm: Crm, tmp_path: Path) -> None:
    crm.always = 500
    with capture_logs() as logs:
        async with open_box(crm.url, tmp_path) as box:
            box.put("c1", RECORD)
            await crm.has(7)
            assert crm.posts[-1].is_signed(KEY)
            await box.settled()
    assert len(crm.posts) == 7
    for waited_s, planned_s in zip(crm.waits_s, SCHEDULE_S, strict=True):
        assert 0.8 * planned_s <= waited_s <= 1.2 * planned_s
    assert len({post.body for post in crm.posts}) == 1
    assert len({post.headers["webhook-signature"] for post in crm.posts}) == 7
    for before, later in pairwise(crm.posts):
        passed_s = int(later.headers["webhook-timestamp"]) - int(
            before.headers["webhook-timestamp"]
        )
        assert passed_s == pytest.approx(later.at_s - before.at_s, abs=1)
    assert files(tmp_path) == ["dead/c1.json"]
    assert (tmp_path / "dead" / "c1.json").read_bytes() == crm.posts[0].body
    assert [(line["event"], line["log_level"]) for line in logs] == [
        *[("post.failed", "warning")] * 6,
        ("post.dead", "warning"),
    ]


async def test_events_that_failed_together_come_apart(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [500] * 4
    async with open_box(crm.url, tmp_path) as box:
        for number in range(4):
            box.put(f"c{number}", RECORD)
        await box.settled()
    assert len({round(post.at_s, 6) for post in crm.posts[4:]}) == 4


async def test_a_restart_loses_nothing(crm: Crm, tmp_path: Path) -> None:
    crm.always = 500
    async with open_box(crm.url, tmp_path) as box:
        box.put("waits", RECORD)
        await crm.has(2)
        crm.always = after(5)
        box.put("is-sent", RECORD)
        await crm.has(3)
    assert files(tmp_path) == ["is-sent.json", "waits.json"]
    crm.always = 200
    async with open_box(crm.url, tmp_path) as box:
        await crm.has(5)
        await box.settled()
    assert sorted(post.event_id for post in crm.posts[3:]) == ["is-sent", "waits"]
    assert len({post.body for post in crm.posts}) == 1
    assert files(tmp_path) == []


async def test_what_is_put_before_the_box_runs_is_delivered_once(crm: Crm, tmp_path: Path) -> None:
    box = PostBox(crm.url, SECRET, tmp_path)
    box.put("c1", RECORD)
    await asyncio.sleep(1)
    assert files(tmp_path) == ["c1.json"]
    running = asyncio.create_task(box.run())
    await box.settled()
    await asyncio.sleep(1000)
    running.cancel()
    await asyncio.wait({running})
    assert [post.event_id for post in crm.posts] == ["c1"]


async def test_four_are_delivered_at_once(crm: Crm, tmp_path: Path) -> None:
    crm.always = after(2)
    began_s = asyncio.get_running_loop().time()
    async with open_box(crm.url, tmp_path) as box:
        for number in range(40):
            box.put(f"c{number}", RECORD)
        await box.settled()
    assert crm.most_waiting == 4
    assert crm.posts[-1].at_s - began_s == pytest.approx(18, abs=0.1)
    assert {post.event_id for post in crm.posts} == {f"c{number}" for number in range(40)}


async def test_events_that_wait_hold_nobody_up(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [saying(503, {"Retry-After": "600"})] * 4
    async with open_box(crm.url, tmp_path) as box:
        for number in range(4):
            box.put(f"c{number}", RECORD)
        await crm.has(4)
        box.put("late", RECORD)
        await crm.has(5)
        assert crm.posts[4].at_s - crm.posts[3].at_s < 1
        await box.settled()


async def test_a_box_is_settled_when_the_last_event_is(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [500, 500]
    async with open_box(crm.url, tmp_path) as box:
        await box.settled()
        box.put("c1", RECORD)
        box.put("c2", RECORD)
        settled = asyncio.create_task(box.settled())
        await crm.has(3)
        assert not settled.done()
        await settled
        assert len(crm.posts) == 4
        crm.always = 500
        box.put("c3", RECORD)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(box.settled(), 30)


async def test_an_event_on_its_way_is_not_put_twice(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [500]
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        box.put("c1", {"other": 1})
        await crm.has(1)
        box.put("c1", {"other": 2})
        await box.settled()
        await asyncio.sleep(1000)
    assert [post.content for post in crm.posts] == [RECORD, RECORD]


@pytest.mark.parametrize("event_id", ["", "a.b", "../c1", "c1\r\nx: y", "c" * 129, "ü"])
async def test_an_id_that_is_no_safe_name_is_refused(tmp_path: Path, event_id: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        PostBox("http://127.0.0.1:9", SECRET, tmp_path).put(event_id, RECORD)


@pytest.mark.parametrize("always", [200, 410, 500, after(20)])
async def test_the_log_says_nothing_personal(crm: Crm, tmp_path: Path, always: Answer) -> None:
    crm.always = always
    (tmp_path / f"{CALLER}.json").write_text(WORDS)
    with capture_logs() as logs:
        async with open_box(crm.url, tmp_path) as box:
            box.put("c1", RECORD)
            await box.settled()
    told: set[str] = set().union(*logs)
    assert told <= {"event", "log_level", "event_id", "attempt", "status", "wait_s"}
    assert any(line["event_id"] == "c1" for line in logs)
    everything: Any = repr(logs)
    for secret in (CALLER, "5550123", "Zoë", "of-the-operator", "127.0.0.1", SECRET):
        assert secret not in everything
