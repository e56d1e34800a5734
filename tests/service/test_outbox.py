"""Posts are on disk until they are taken, for nobody else to read, and survive what disks do."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bridge.lab.clock import VirtualTimeLoop
from bridge.service.posting import PostBox, PostError
from tests.service.crm import KEY, RECORD, SECRET, Crm, after, files, open_box


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


def told(logs: list[EventDict]) -> list[tuple[str, str, str]]:
    return [(line["log_level"], line["event"], line["event_id"]) for line in logs]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_only_we_may_read_what_waits_and_what_is_dead(crm: Crm, tmp_path: Path) -> None:
    outbox = tmp_path / "data" / "outbox"
    crm.answers = [410]
    crm.always = 500
    async with open_box(crm.url, outbox) as box:
        box.put("dies", RECORD)
        await crm.has(1)
        box.put("waits", RECORD)
        await crm.has(2)
    assert (mode(outbox), mode(outbox / "dead")) == (0o700, 0o700)
    assert (mode(outbox / "waits.json"), mode(outbox / "dead/dies.json")) == (0o600, 0o600)


async def test_the_mode_of_a_folder_that_was_there_is_not_ours_to_change(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir(mode=0o755)
    PostBox("http://127.0.0.1:9", SECRET, tmp_path / "volume")
    assert (mode(tmp_path / "volume"), mode(tmp_path / "volume/dead")) == (0o755, 0o700)


@pytest.mark.parametrize("broken", ["outbox", "outbox/dead"])
def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path: Path, broken: str) -> None:
    folder = tmp_path / "outbox"
    (tmp_path / broken).parent.mkdir(exist_ok=True)
    (tmp_path / broken).touch()
    with pytest.raises(PostError) as refused:
        PostBox("http://127.0.0.1:9", SECRET, folder)
    assert str(refused.value) == (
        f"Posts cannot be kept in {folder}: File exists. "
        "Set INTERLUDE_OUTBOX to a folder that can be written."
    )


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("x" * 31, "The webhook's secret must have 32 characters or more."),
        ("whsec_" + "!" * 40, "After whsec_, the webhook's secret must be 24 to 64 bytes"),
        ("whsec_" + "ä" * 40, "After whsec_, the webhook's secret must be 24 to 64 bytes"),
        ("whsec_c2hvcnQ=", "After whsec_, the webhook's secret must be 24 to 64 bytes"),
    ],
)
def test_a_weak_secret_is_refused_and_not_repeated(
    tmp_path: Path, secret: str, sentence: str
) -> None:
    with pytest.raises(PostError) as refused:
        PostBox("http://127.0.0.1:9", secret, tmp_path)
    assert str(refused.value).startswith(sentence)
    assert secret not in str(refused.value)


def test_what_was_put_is_on_disk_even_if_the_process_ends_at_once(tmp_path: Path) -> None:
    async def put() -> None:
        PostBox("http://127.0.0.1:9", SECRET, tmp_path).put("c1", RECORD)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(put())
    assert files(tmp_path) == ["c1.json"]


async def test_what_is_no_event_is_put_aside_at_the_start(crm: Crm, tmp_path: Path) -> None:
    spoilt = {
        "empty.json": b"",
        "half.json": b'{"type": "call.en',
        "list.json": b"[]",
        "binary.json": b"\xff\xfe",
        "of somebody.json": b"{}",
        ".0123456789abcdef.part": b'{"type"',
    }
    for name, content in spoilt.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.json").write_bytes(b'{"good": true}')
    (tmp_path / "README.txt").touch()
    with capture_logs() as logs:
        async with open_box(crm.url, tmp_path) as box:
            await crm.has(1)
            await box.settled()
    assert [(post.event_id, post.body) for post in crm.posts] == [("good", b'{"good": true}')]
    assert files(tmp_path) == ["README.txt", *sorted(f"dead/{name}" for name in spoilt)]
    names = ["_unknown", "_unknown", "binary", "empty", "half", "list"]
    assert sorted(told(logs)) == [
        ("info", "post.delivered", "good"),
        *[("warning", "post.unreadable", name) for name in names],
    ]


async def test_what_the_disk_refuses_is_delivered_from_memory(crm: Crm, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    async with open_box(crm.url, outbox) as box:
        await asyncio.sleep(1)  # it has looked for what was left
        shutil.rmtree(outbox)
        with capture_logs() as logs:
            box.put("c1", RECORD)
            await box.settled()
    assert crm.posts[0].content == RECORD
    assert crm.posts[0].is_signed(KEY)
    assert told(logs) == [
        ("error", "post.disk_refused", "c1"),
        ("info", "post.delivered", "c1"),
    ]
    assert logs[0]["status"] == "No such file or directory"


async def test_what_the_disk_refused_is_kept_as_soon_as_it_has_room(
    crm: Crm, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox"
    crm.always = 500
    async with open_box(crm.url, outbox) as box:
        shutil.rmtree(outbox)
        box.put("c1", RECORD)
        await crm.has(1)
        outbox.mkdir()
        await crm.has(3)
    assert (outbox / "c1.json").read_bytes() == crm.posts[0].body
    assert {post.body for post in crm.posts} == {crm.posts[0].body}


async def test_what_could_be_neither_delivered_nor_kept_is_said_to_be_lost(
    crm: Crm, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox"
    crm.always = 410
    async with open_box(crm.url, outbox) as box:
        shutil.rmtree(outbox)
        with capture_logs() as logs:
            box.put("c1", RECORD)
            await box.settled()
    assert told(logs)[-1] == ("error", "post.lost", "c1")


async def test_an_event_that_somebody_took_away_is_not_delivered(crm: Crm, tmp_path: Path) -> None:
    crm.answers = [500]
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        await crm.has(1)
        await asyncio.sleep(1)
        (tmp_path / "c1.json").unlink()
        with capture_logs() as logs:
            await box.settled()
        assert told(logs) == [("error", "post.disk_refused", "c1")]
        box.put("c2", RECORD)
        await box.settled()
    assert [post.event_id for post in crm.posts] == ["c1", "c2"]


async def test_a_dead_event_that_cannot_be_moved_is_tried_after_the_next_start(
    crm: Crm, tmp_path: Path
) -> None:
    crm.answers = [410]
    async with open_box(crm.url, tmp_path) as box:
        (tmp_path / "dead").rmdir()
        with capture_logs() as logs:
            box.put("c1", RECORD)
            await box.settled()
    assert told(logs) == [("error", "post.disk_refused", "c1")]
    assert files(tmp_path) == ["c1.json"]
    async with open_box(crm.url, tmp_path) as box:
        await crm.has(2)
        await box.settled()
    assert files(tmp_path) == []


async def test_a_file_that_cannot_be_removed_is_said(crm: Crm, tmp_path: Path) -> None:
    crm.always = after(5)
    async with open_box(crm.url, tmp_path) as box:
        box.put("c1", RECORD)
        await crm.has(1)
        (tmp_path / "c1.json").unlink()
        (tmp_path / "c1.json").mkdir()
        with capture_logs() as logs:
            await box.settled()
    assert told(logs) == [
        ("info", "post.delivered", "c1"),
        ("error", "post.disk_refused", "c1"),
    ]


async def test_files_that_cannot_be_read_at_the_start_do_not_stop_the_box(
    crm: Crm, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox"
    box = PostBox(crm.url, SECRET, outbox)
    (outbox / "folder.json").mkdir()
    with capture_logs() as logs:
        running = asyncio.create_task(box.run())
        box.put("c1", RECORD)
        await box.settled()
        running.cancel()
        await asyncio.wait({running})
    assert sorted(told(logs)) == [
        ("error", "post.disk_refused", "folder"),
        ("info", "post.delivered", "c1"),
    ]


async def test_a_folder_that_vanished_before_the_start_does_not_stop_the_box(
    crm: Crm, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox"
    box = PostBox(crm.url, SECRET, outbox)
    shutil.rmtree(outbox)
    running = asyncio.create_task(box.run())
    box.put("c1", RECORD)
    await box.settled()
    running.cancel()
    await asyncio.wait({running})
    assert len(crm.posts) == 1
