"""What changes on disk serves the next call, without anybody asking for it.

Nothing here waits for a time: the kernel tells of changes by a clock of its own.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import pytest
from structlog.testing import capture_logs

from bridge.service.flows import Flows, load_flows
from bridge.service.ledger import open_ledger
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.versions import Versions
from bridge.service.numbers.watching import watching
from tests.service.numbers.conftest import NEW

FLOW = 'from bridge import Callflow\nflow = Callflow(number="+18005550100", greeting="{}")\n'


def file_for(greeting: str) -> str:
    return f'[numbers."{NEW}"]\nflow = "orders"\ngreeting = "{greeting}"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "watched_lines").mkdir()
    (tmp_path / "watched_lines" / "orders.py").write_text(FLOW.format("One."))
    return tmp_path


async def started(flows: Flows, file: Path | None, versions: Versions) -> Lines:
    lines = Lines(flows, file)
    await lines.remember(versions)
    return lines


async def sees(lines: Lines, change: Callable[[], object]) -> None:
    async with watching(lines):
        renewed = lines.renewed
        change()
        await renewed.wait()


async def test_an_edited_file_serves(flows: Flows, folder: Path) -> None:
    file = folder / "numbers.toml"
    file.write_text(file_for("First."))
    async with open_ledger(None) as ledger:
        lines = await started(flows, file, Versions(ledger))
        await sees(lines, lambda: file.write_text(file_for("Second.")))
        flow = lines.current.answering(NEW)
        assert flow
        assert flow.greeting == "Second."


async def test_a_link_that_kubernetes_swaps_is_seen(flows: Flows, folder: Path) -> None:
    """A ConfigMap is a link to a link to a folder, and only the second link is replaced."""
    volume = folder / "volume"
    for name in ("first", "second"):
        (volume / name).mkdir(parents=True)
        (volume / name / "numbers.toml").write_text(file_for(name))
    (volume / "..data").symlink_to("first")
    (volume / "numbers.toml").symlink_to("..data/numbers.toml")

    def swap() -> None:
        (volume / "..data_tmp").symlink_to("second")
        (volume / "..data_tmp").rename(volume / "..data")

    async with open_ledger(None) as ledger:
        lines = await started(flows, volume / "numbers.toml", Versions(ledger))
        await sees(lines, swap)
        flow = lines.current.answering(NEW)
        assert flow
        assert flow.greeting == "second"


async def test_an_edited_module_serves(folder: Path) -> None:
    source = folder / "watched_lines"
    async with open_ledger(None) as ledger:
        lines = await started(load_flows(str(source)), None, Versions(ledger))
        module = source / "orders.py"
        await sees(lines, lambda: module.write_text(FLOW.format("Two.")))
        assert lines.current.named("orders").greeting == "Two."
        assert lines.serving.by == "flows"


async def test_what_cannot_be_watched_is_told_at_once(flows: Flows, folder: Path) -> None:
    file = folder / "gone" / "numbers.toml"
    file.parent.mkdir()
    file.touch()
    async with open_ledger(None) as ledger:
        lines = await started(flows, file, Versions(ledger))
        rmtree(file.parent)
        with capture_logs() as logs:
            async with watching(lines):
                await asyncio.sleep(0)
                assert "numbers.unwatched" in [line["event"] for line in logs]
