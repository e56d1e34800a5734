"""What the operator's server answers, or does not, decides what becomes of a post."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bridge.service.posting import asked_wait_s
from tests.service.crm import RECORD, Crm, after, files, open_box, saying


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


async def test_who_is_gone_is_not_asked_again(crm: Crm, tmp_path: Path) -> None:
    crm.always = 410
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        await box.settled()
        await asyncio.sleep(10_000)
    assert len(crm.posts) == 1
    assert files(tmp_path) == ["dead/c1.json"]


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("status", "retry_after", "least_s", "most_s"),
    [
        (429, "90", 90, 90),
        (503, "90", 90, 90),
        (503, in_seconds(3000), 600, 3000),
        (503, in_seconds(3000).replace("GMT", "-0000"), 600, 3000),
        (429, "86400", 3600, 3600),
        (429, "1", 4, 6),
        (503, in_seconds(-60), 4, 6),
        (503, "soon", 4, 6),
        (500, "90", 4, 6),
    ],
)
async def test_an_operator_who_asks_for_time_gets_it_up_to_an_hour(
    crm: Crm, tmp_path: Path, status: int, retry_after: str, least_s: float, most_s: float
) -> None:
    crm.answers = [saying(status, {"Retry-After": retry_after})]
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        await box.settled()
    (waited_s,) = crm.waits_s
    assert least_s - 0.01 <= waited_s <= most_s + 0.1


@given(st.one_of(st.text(), st.from_regex(r"\A\w{3}, \d+ Oct \d+ \d+:\d+:\d+ [+-]?\w+\Z")))
def test_no_wish_for_time_is_longer_than_an_hour_or_an_error(retry_after: str) -> None:
    assert 0 <= asked_wait_s(retry_after) <= 3600


async def test_an_answer_later_than_ten_seconds_is_none(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [after(11), after(9)]
    async with open_box(crm.url, tmp_path) as box:
        with capture_logs() as logs:
            box.put("c1", RECORD)
            await box.settled()
    assert [line["status"] for line in logs] == ["TimeoutError", 200]
    assert 14 <= crm.waits_s[0] <= 16.1


async def test_a_redirect_is_a_failure(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [saying(307, {"Location": "/elsewhere"}), saying(302, {"Location": "/elsewhere"})]
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        await box.settled()
    assert [post.path for post in crm.posts] == ["/calls"] * 3


async def test_an_answer_that_never_ends_is_not_listened_to(crm: Crm, tmp_path: Path) -> None:
    cut = asyncio.Event()

    async def babbles(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(100_000))
        finally:
            cut.set()

    crm.answers = [babbles]
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        await box.settled()
        await cut.wait()
    assert len(crm.posts) == 1


async def test_a_server_that_is_down_is_tried_again(crm: Crm, tmp_path: Path) -> None:
    async with Crm() as other:
        pass
    with capture_logs() as logs:
        async with open_box(other.url, tmp_path) as box:
            box.put("c1", RECORD)
            await asyncio.sleep(60)
    assert [(line["attempt"], line["status"]) for line in logs] == [
        (attempt, "ClientConnectorError") for attempt in (1, 2, 3)
    ]
    async with open_box(crm.url, tmp_path) as box:
        await crm.has(1)
        await box.settled()
    assert crm.posts[0].content == RECORD
