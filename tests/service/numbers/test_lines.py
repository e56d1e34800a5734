"""New calls get the new version, calls in progress keep theirs, what is broken changes nothing."""

import stat
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bridge import Call
from bridge.service.flows import Flows, load_flows
from bridge.service.guards import Operator, Role
from bridge.service.ledger import open_ledger
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.values import Refusal, Stale
from bridge.service.numbers.versions import NoVersion, VersionLine, Versions
from tests.service.numbers.conftest import NEW, ORDERS

JANE = Operator("jane@contoso.example", Role.EDITOR)
MODULE = """
from bridge import Callflow
from {package}._words import GREETING
flow = Callflow(number="{number}", greeting=GREETING, operators=("voice", "greeting"))
"""

Start = Callable[..., Awaitable[Lines]]


def says(greeting: str, number: str = NEW) -> str:
    return f'[numbers."{number}"]\nflow = "orders"\ngreeting = "{greeting}"\n'


def ring(caller: str = "+14255550123", dialled: str = NEW) -> Call:
    return Call("1", caller, dialled, "c0ffee")


def put(file: Path, text: str | None) -> None:
    file.unlink() if text is None else file.write_text(text)


def on_disk(file: Path) -> str:
    return file.read_text()


def linked(file: Path, mode: int) -> Path:
    file.chmod(mode)
    link = file.with_name("link.toml")
    link.symlink_to(file)
    return link


def refusal(lines: Lines) -> Refusal:
    assert lines.refused
    return lines.refused


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "numbers.toml"
    made.write_text(says("First."))
    return made


@pytest.fixture
async def start(tmp_path: Path, flows: Flows, file: Path) -> AsyncIterator[Start]:
    """Start as the service does; each time with the same ledger."""
    async with open_ledger(tmp_path / "state") as ledger:

        async def begin(authored: Flows = flows, file: Path | None = file) -> Lines:
            lines = Lines(authored, file)
            await lines.remember(Versions(ledger))
            return lines

        yield begin


def greeting(lines: Lines, call: Call | None = None) -> str | None:
    flow = lines.flows_for(call or ring()).answering(NEW)
    return flow.greeting if flow else None


async def test_what_was_on_disk_is_the_first_version(start: Start) -> None:
    lines = await start()
    assert (lines.serving.number, lines.serving.by, greeting(lines)) == (1, "file", "First.")


async def test_a_start_with_the_same_file_is_no_new_version(start: Start) -> None:
    first = (await start()).serving
    again = (await start()).serving
    assert (again.number, again.at) == (first.number, first.at)


async def test_a_file_that_changed_while_nobody_served_is_a_new_version(
    start: Start, file: Path
) -> None:
    await start()
    put(file, says("Second."))
    assert (await start()).serving.number == 2


async def test_publishing_writes_the_file_and_serves_the_next_call(
    start: Start, file: Path
) -> None:
    lines = await start()
    renewed, before = lines.renewed, lines.serving.flows
    version = await lines.publish(says("Second."), by=JANE, note="warmer", base=1)
    assert (version.number, version.by, version.note) == (2, JANE.name, "warmer")
    assert greeting(lines) == "Second."
    assert on_disk(file) == says("Second.")
    assert renewed.is_set()
    assert lines.changes.counts == {"served": 1, "refused": 0}
    kept = before.answering(NEW)
    assert kept
    assert kept.greeting == "First.", "a call in progress keeps the flow it has"


async def test_a_change_of_a_version_that_serves_no_more_is_refused(
    start: Start, file: Path
) -> None:
    lines = await start()
    await lines.publish(says("Second."), by=JANE, base=1)
    with pytest.raises(Stale, match="Version 2 serves, and version 1 was changed"):
        await lines.publish(says("Third."), by=JANE, base=1)
    assert on_disk(file) == says("Second.")


async def test_an_edit_by_hand_is_not_overwritten_unseen(start: Start, file: Path) -> None:
    lines = await start()
    put(file, says("By hand."))
    with pytest.raises(Stale, match="Version 2 serves"):
        await lines.publish(says("Second."), by=JANE, base=1)
    assert (greeting(lines), lines.serving.by) == ("By hand.", "file")


async def test_what_is_broken_is_refused_and_seen_and_the_version_before_serves_on(
    start: Start, file: Path
) -> None:
    lines = await start()
    with pytest.raises(BadNumbers):
        await lines.publish(says("x").replace("greeting", "greting"), by=JANE, base=1)
    assert lines.refused
    assert (lines.refused.source, lines.refused.problems[0].line) == (JANE.name, 3)
    assert (lines.serving.number, greeting(lines)) == (1, "First.")
    assert on_disk(file) == says("First.")
    assert lines.changes.counts == {"served": 0, "refused": 1}
    await lines.publish(says("Second."), by=JANE, base=1)
    assert lines.refused is None


async def test_an_edit_on_disk_serves_or_is_refused(start: Start, file: Path) -> None:
    lines = await start()
    assert not await lines.reload()
    put(file, "[numbers")
    assert not await lines.reload()
    assert (refusal(lines).source, greeting(lines)) == ("file", "First.")
    put(file, None)
    assert not await lines.reload()
    assert "is not there" in refusal(lines).problems[0].sentence
    put(file, says("Second."))
    assert await lines.reload()
    assert (lines.serving.number, greeting(lines)) == (2, "Second.")
    assert lines.refused is None


async def test_an_edit_that_was_refused_and_undone_is_no_version(start: Start, file: Path) -> None:
    lines = await start()
    put(file, "[numbers")
    await lines.reload()
    put(file, says("First."))
    assert not await lines.reload()
    assert (lines.serving.number, lines.refused) == (1, None)


async def test_a_file_that_an_editor_has_emptied_waits_for_what_it_writes(
    start: Start, file: Path
) -> None:
    lines = await start()
    put(file, "")
    assert not await lines.reload()
    assert "put a comment into it" in refusal(lines).problems[0].sentence
    assert greeting(lines) == "First."
    put(file, says("Second."))
    assert await lines.reload()
    assert (greeting(lines), lines.refused) == ("Second.", None)
    put(file, "# Nothing, on purpose.")
    assert await lines.reload()
    assert greeting(lines) != "Second."


async def test_any_version_is_a_rollback_away(start: Start, file: Path) -> None:
    lines = await start()
    await lines.publish(says("Second."), by=JANE, base=1)
    version = await lines.roll_back(1, by=JANE, base=2)
    assert (version.number, version.note, greeting(lines)) == (3, "back to version 1", "First.")
    assert on_disk(file) == says("First.")
    assert [line.number for line in await lines.versions.lines(2)] == [3, 2]
    assert (await lines.versions.get(2))[1] == says("Second.")
    with pytest.raises(NoVersion, match="There is no version 9"):
        await lines.roll_back(9, by=JANE, base=3)


async def test_a_version_of_another_process_serves_under_its_number(
    start: Start, file: Path
) -> None:
    lines = await start()
    line = VersionLine(7, lines.serving.at, "joe", "from there", "")
    version = await lines.take(line, says("From there."))
    assert (version.number, version.by, greeting(lines)) == (7, "joe", "From there.")
    assert on_disk(file) == says("First.")
    assert not await lines.reload(), "the file has not been edited"
    with pytest.raises(BadNumbers):
        await lines.take(line, "[")
    assert greeting(lines) == "From there."


async def test_without_a_file_nothing_can_be_published(start: Start) -> None:
    lines = await start(file=None)
    with pytest.raises(NumbersFileError, match="Set INTERLUDE_NUMBERS"):
        await lines.publish("", by=JANE, base=1)


async def test_the_file_keeps_its_mode_and_a_link_to_it(start: Start, file: Path) -> None:
    link = linked(file, mode=0o640)
    await (await start(file=link)).publish(says("Second."), by=JANE, base=1)
    assert link.is_symlink()
    assert on_disk(file) == says("Second.")
    assert mode_of(file) == 0o640
    assert {path.name for path in file.parent.iterdir()} == {"numbers.toml", "link.toml", "state"}


async def test_a_file_that_has_gone_is_published_anew(start: Start, file: Path) -> None:
    lines = await start()
    put(file, None)
    await lines.publish(says("Second."), by=JANE, base=1)
    assert (on_disk(file), lines.refused) == (says("Second."), None)


async def test_a_file_that_cannot_be_replaced_says_so_and_nothing_changes(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the file is a mount of its own."""

    def refuse(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    lines = await start()
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(NumbersFileError, match=r"\(Device or resource busy\).*mount the folder"):
        await lines.publish(says("Second."), by=JANE, base=1)
    assert (lines.serving.number, greeting(lines)) == (1, "First.")
    assert {path.name for path in file.parent.iterdir()} == {"numbers.toml", "state"}


class TestATrial:
    """A second version answers some callers, and each of them meets the same one again."""

    async def test_is_for_its_share_of_callers(self, start: Start) -> None:
        lines = await start()
        await lines.try_out(says("On trial."), 10, by=JANE, note="shorter")
        callers = [ring(f"+1425555{n:04}") for n in range(2_000)]
        met = [lines.version_for(call) for call in callers]
        assert 150 <= sum(version.on_trial for version in met) <= 250
        assert met == [lines.version_for(call) for call in callers]
        shown = Counter(greeting(lines, call) for call in callers)
        assert set(shown) == {"First.", "On trial."}

    async def test_draws_for_those_without_a_number_each_time(self, start: Start) -> None:
        lines = await start()
        await lines.try_out(says("On trial."), 50, by=JANE)
        calls = [Call("1", "anonymous", NEW, f"c{n}") for n in range(200)]
        assert {lines.version_for(call).on_trial for call in calls} == {True, False}

    async def test_lasts_over_a_restart(self, start: Start) -> None:
        await (await start()).try_out(says("On trial."), 30, by=JANE)
        lines = await start()
        assert lines.trial
        assert (lines.trial.percent, lines.trial.version.number) == (30, 2)
        assert lines.trial.version.on_trial
        assert lines.serving.number == 1

    async def test_may_be_of_an_earlier_version(self, start: Start) -> None:
        lines = await start()
        await lines.publish(says("Second."), by=JANE, base=1)
        assert (await lines.try_out(1, 5, by=JANE)).number == 1
        with pytest.raises(NoVersion):
            await lines.try_out(9, 5, by=JANE)

    async def test_of_another_process_leaves_what_has_served_a_version_that_has(
        self, start: Start
    ) -> None:
        lines = await start()
        published = await lines.publish(says("Second."), by=JANE, base=1)
        line = VersionLine(published.number, published.at, JANE.name, "", "")
        await lines.take_trial(line, published.text, 5)
        assert lines.trial
        await lines.take_trial(line, "", 0)
        assert lines.trial is None
        assert (await start()).serving.number == published.number

    async def test_that_is_kept_serves_everybody(self, start: Start, file: Path) -> None:
        lines = await start()
        await lines.try_out(says("On trial."), 10, by=JANE)
        version = await lines.end_trial(by=JANE, keep=True)
        assert (version.number, version.note) == (3, "version 2, after its trial")
        assert (lines.trial, greeting(lines)) == (None, "On trial.")
        assert on_disk(file) == says("On trial.")
        assert (await start()).trial is None

    async def test_that_is_dropped_leaves_nothing(self, start: Start) -> None:
        lines = await start()
        await lines.try_out(says("On trial."), 10, by=JANE)
        assert (await lines.end_trial(by=JANE, keep=False)).number == 1
        assert {lines.version_for(ring(f"+1425555{n:04}")).number for n in range(100)} == {1}
        with pytest.raises(NoVersion, match="Nothing is on trial"):
            await lines.end_trial(by=JANE, keep=False)

    async def test_is_no_use_for_nobody_or_for_all(self, start: Start) -> None:
        lines = await start()
        for percent in (0, 100):
            with pytest.raises(ValueError, match="1 to 99"):
                await lines.try_out(says("x"), percent, by=JANE)
        with pytest.raises(BadNumbers):
            await lines.try_out("[", 10, by=JANE)
        assert lines.trial is None


class TestCallFlows:
    """Modules are loaded again when they change, with the helpers that they import."""

    @pytest.fixture
    def folder(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        made = tmp_path / f"lines_{abs(hash(request.node.nodeid))}"
        made.mkdir()
        (made / "__init__.py").touch()
        (made / "_words.py").write_text("GREETING = 'One.'")
        (made / "orders.py").write_text(MODULE.format(package=made.name, number=ORDERS))
        return made

    async def test_that_change_are_a_new_version(self, start: Start, folder: Path) -> None:
        lines = await start(load_flows(str(folder)))
        before = lines.current.named("orders")
        (folder / "_words.py").write_text("GREETING = 'Two.'")  # as long, within the same second
        assert await lines.reload()
        assert (before.greeting, lines.current.named("orders").greeting) == ("One.", "Two.")
        assert (lines.serving.number, lines.serving.by) == (2, "flows")
        assert greeting(lines) == "First.", "the file still says so"
        assert not await lines.reload()

    async def test_that_break_leave_those_before(self, start: Start, folder: Path) -> None:
        lines = await start(load_flows(str(folder)))
        for broken in ("GREETING =", "raise SystemExit(3)", "GREETING = 5 / 0"):
            (folder / "_words.py").write_text(broken)
            assert not await lines.reload()
            assert lines.refused
            assert lines.refused.source == "flows"
            assert "cannot be imported" in lines.refused.problems[0].sentence
            assert lines.serving.number == 1
        await lines.publish("", by=JANE, base=1)
        assert refusal(lines).source == "flows", "and they are broken still"
        (folder / "_words.py").write_text("GREETING = 'Three.'")
        assert await lines.reload()
        assert lines.refused is None
        assert lines.current.named("orders").greeting == "Three."

    async def test_that_do_not_suit_the_file_wait_until_it_does(
        self, start: Start, folder: Path, file: Path
    ) -> None:
        lines = await start(load_flows(str(folder)))
        module = (folder / "orders.py").read_text()
        (folder / "orders.py").write_text(module.replace(', "greeting")', ",)"))
        assert not await lines.reload()
        assert lines.refused
        assert "greeting is not the operators'" in lines.refused.problems[0].sentence
        put(file, says("x").replace("greeting", "voice").replace("x", "marin"))
        assert await lines.reload()
        assert lines.current.named("orders").operators == ("voice",)

    async def test_are_loaded_again_on_demand(self, start: Start, folder: Path) -> None:
        lines = await start(load_flows(str(folder)))
        assert await lines.reload(anew=True)

    async def test_that_end_a_trial_are_seen(self, start: Start, folder: Path) -> None:
        lines = await start(load_flows(str(folder)))
        await lines.try_out(says("On trial."), 10, by=JANE)
        (folder / "_words.py").write_text("GREETING = 'Two.'")
        await lines.reload()
        assert lines.trial
        assert lines.trial.version.flows.named("orders").greeting == "Two."
        file_text = says("x").replace('greeting = "x"', 'voice = "marin"')
        await lines.publish(file_text, by=JANE, base=lines.serving.number)
        module = (folder / "orders.py").read_text()
        (folder / "orders.py").write_text(module.replace(', "greeting")', ",)"))
        assert await lines.reload()
        assert lines.trial is None
        assert lines.refused
