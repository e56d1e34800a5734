"""Operators change a number: they hear it, compare, publish, and go back."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bridge.console.draft import as_it_is
from bridge.service.flows import load_flows
from bridge.service.guards import Operator, Role
from bridge.service.parts import AUDIT, LINES
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, OURS, READ_KEY, asked, visitor
from tests.console.test_typed import sent

NUMBER = "+18005550100"
PATH = "/console/numbers/%2B18005550100"
FILE = '# Ours.\n[numbers."+18005550100"]\nflow = "order_status"\n'
BOB = Operator("Bob", Role.EDITOR)


@asynccontextmanager
async def served(file: Path | None, text: str = FILE) -> AsyncIterator[Trial]:
    if file:
        await asyncio.to_thread(file.write_text, text)
    async with trial(
        load_flows("callflows"), interlude_api_key=EDIT_KEY, interlude_numbers=file
    ) as running:
        yield running


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Trial]:
    async with served(tmp_path / "numbers.toml") as running:
        yield running


def form(scene: Trial, **changed: str) -> list[tuple[str, str]]:
    lines = scene.app[LINES]
    return sent(as_it_is(lines, NUMBER).typed, base=str(lines.serving.number), **changed)


async def send(
    session: ClientSession, deed: str, fields: list[tuple[str, str]], **headers: str
) -> tuple[int, str]:
    return await asked(session, f"{PATH}/{deed}", "POST", data=fields, headers={**OURS, **headers})


async def test_all_numbers_say_who_answers_whether_they_are_open_and_how_they_are(
    scene: Trial,
) -> None:
    async with visitor(scene, READ_KEY) as reader:
        _, page = await asked(reader, "/console/numbers")
    assert "order_status" in page
    assert "at all times" in page
    assert re.search(r"(open|closed)</span> until \w+", page), "the clinic has hours"
    assert "Version 1" in page
    assert "by the file" in page


async def test_a_reader_sees_what_a_number_does_and_no_form(tmp_path: Path) -> None:
    text = FILE + '\n[numbers."+18005550100".limits]\nblocked = ["+14255550123"]\nrefusal = "No."\n'
    async with (
        served(tmp_path / "numbers.toml", text) as scene,
        visitor(scene, READ_KEY) as reader,
    ):
        _, page = await asked(reader, PATH)
        assert "Still looking, thanks for your patience." in page
        assert "<textarea" not in page
        assert "+14255550123" not in page
        _, version = await asked(reader, "/console/versions/1")
        assert "+14255550123" not in version
        assert (await send(reader, "publish", form(scene)))[0] == 403


async def test_a_change_is_compared_then_published_and_gone_back_from(
    scene: Trial, tmp_path: Path
) -> None:
    fields = form(scene, interim__texts="I am looking it up.", note="Friendlier")
    async with visitor(scene, EDIT_KEY) as ann:
        _, review = await send(ann, "check", fields)
        assert "Let me look that up for you." in review
        assert "I am looking it up." in review
        assert scene.app[LINES].serving.number == 1, "nothing is published by looking"
        _, page = await send(ann, "publish", fields)
        assert "Published" in page
        assert 'texts = ["I am looking it up."]' in (tmp_path / "numbers.toml").read_text()
        assert (tmp_path / "numbers.toml").read_text().startswith("# Ours.")
        _, versions = await asked(ann, "/console/versions")
        assert "Friendlier" in versions
        _, version = await asked(ann, "/console/versions/2")
        assert "+texts = [&#34;I am looking it up.&#34;]" in version
        back = {"base": "2"}
        _, page = await asked(ann, "/console/versions/1/rollback", "POST", data=back, headers=OURS)
        assert "serves again" in page
        assert (tmp_path / "numbers.toml").read_text() == FILE
    deeds = [each.did for each in await scene.app[AUDIT].entries()]
    assert deeds == ["numbers.roll_back", "numbers.publish"]


async def test_a_stale_change_is_refused_with_both_and_nothing_typed_is_lost(
    scene: Trial,
) -> None:
    fields = form(scene, greeting="Hello from Ann.")
    await scene.app[LINES].publish(
        FILE + 'greeting = "Hello from Bob."\n', by=BOB, note="mine", base=1
    )
    async with visitor(scene, EDIT_KEY) as ann:
        status, page = await send(ann, "publish", fields)
        assert status == 412
        assert "Version 2 of Bob" in page
        assert "Hello from Bob." in page
        assert ">Hello from Ann.</textarea>" in page
        assert 'name="base" value="2"' in page, "who has seen it may publish over it"
        assert scene.app[LINES].serving.number == 2


async def test_what_cannot_be_is_said_beside_its_field_and_not_published(scene: Trial) -> None:
    fields = form(scene, interim__latency_threshold_ms="soon")
    async with visitor(scene, EDIT_KEY) as ann:
        status, page = await send(ann, "publish", fields)
        assert status == 422
        assert "This is a number of seconds, like 4.5." in page
        assert 'value="soon"' in page
        _, preview = await send(ann, "preview", fields, **{"HX-Request": "true"})
        assert "before what is marked in the form is mended" in preview
        _, picture = await send(ann, "picture", fields)
        assert "The picture is of what serves now" in picture
    assert scene.app[LINES].serving.number == 1


async def test_what_is_typed_is_heard_before_it_is_published(scene: Trial) -> None:
    fields = form(scene, interim__texts="A new first line.", hear="wait", short="1")
    async with visitor(scene, EDIT_KEY) as ann:
        _, piece = await send(ann, "preview", fields, **{"HX-Request": "true"})
        assert "<html" not in piece
        (address,) = re.findall(r'src="(/console/previews/[^"]+)"', piece)
        async with ann.get(address) as sound:
            assert (sound.content_type, len(await sound.read()) > 100_000) == ("audio/wav", True)
        _, page = await send(ann, "preview", form(scene, hear="greeting"))
        assert "The greeting" in page
        assert "<html" in page, "where no script runs, a whole page comes"
        assert (await asked(ann, "/console/previews/none.wav"))[0] == 404
        _, piece = await send(ann, "preview", form(scene, interim__kind="off"))
        assert "the caller hears silence" in piece
    assert scene.app[LINES].serving.number == 1


async def test_the_picture_follows_what_is_typed(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        _, picture = await send(ann, "picture", form(scene, interim__texts="Typed just now."))
    assert "Typed just now." in picture
    assert "<html" not in picture


async def test_a_list_grows_by_a_row_and_keeps_what_is_typed(scene: Trial) -> None:
    fields = form(scene, greeting="Typed.", grow="interim.then")
    async with visitor(scene, EDIT_KEY) as ann:
        _, page = await send(ann, "grow", fields)
    assert 'name="interim.then.4.does"' in page
    assert 'name="interim.then.5.does"' not in page
    assert ">Typed.</textarea>" in page


async def test_some_callers_meet_a_trial_and_then_all_or_none(scene: Trial) -> None:
    fields = form(scene, greeting="Hello on trial.", percent="10")
    async with visitor(scene, EDIT_KEY) as ann:
        _, page = await send(ann, "trial", fields)
        assert "version 2 on trial for 10 %" in page
        status, page = await send(ann, "trial", form(scene, greeting="Another.", percent="100"))
        assert (status, "1 to 99 percent" in page) == (422, True)
        _, page = await asked(
            ann, "/console/versions/trial", "POST", data={"keep": "yes"}, headers=OURS
        )
        assert "serves all callers" in page
        assert scene.app[LINES].current.by_number[NUMBER][1].greeting == "Hello on trial."
        status, _ = await asked(
            ann, "/console/versions/trial", "POST", data={"keep": "no"}, headers=OURS
        )
        assert status == 409


async def test_without_a_file_nothing_can_be_published_and_the_page_says_what_to_set() -> None:
    async with served(None) as scene, visitor(scene, EDIT_KEY) as ann:
        fields = form(scene, greeting="Hello.")
        _, page = await send(ann, "check", fields)
        assert "set INTERLUDE_NUMBERS" in page
        status, page = await send(ann, "publish", fields)
        assert status == 422


async def test_a_broken_change_on_disk_is_told_on_every_page_of_numbers(
    scene: Trial, tmp_path: Path
) -> None:
    (tmp_path / "numbers.toml").write_text(FILE.replace("order_status", "nobody"))
    await scene.app[LINES].reload()
    async with visitor(scene, READ_KEY) as reader:
        for path in ("/console/numbers", PATH, "/console/versions"):
            _, page = await asked(reader, path)
            assert "version 1 goes on serving" in page
            assert "line 3" in page


async def test_publishing_what_serves_is_no_version(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        _, page = await send(ann, "publish", form(scene))
    assert "there is nothing to publish" in page
    assert scene.app[LINES].serving.number == 1


async def test_numbers_and_versions_that_are_not_there_are_not_found(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        for path in ("/console/numbers/%2B1999", "/console/versions/99", "/console/versions/x"):
            assert (await asked(ann, path))[0] == 404
        for path in ("99", "x"):
            status, _ = await asked(ann, f"/console/versions/{path}/rollback", "POST", headers=OURS)
            assert status == 404


async def test_two_who_publish_at_once_do_not_undo_each_other(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann, visitor(scene, EDIT_KEY) as bob:
        answers = await asyncio.gather(
            send(ann, "publish", form(scene, greeting="Ann's.")),
            send(bob, "publish", form(scene, greeting="Bob's.")),
        )
    assert sorted(status for status, _ in answers) == [200, 412]


async def test_one_more_number_is_answered_and_taken_out_again(scene: Trial) -> None:
    more = {"number": "+18005550111", "flow": "clinic"}
    async with visitor(scene, EDIT_KEY) as ann:
        _, page = await asked(ann, "/console/numbers", "POST", data=more, headers=OURS)
        assert "clinic answers" in page
        assert scene.app[LINES].current.name_at("+18005550111") == "clinic"
        for wrong, sentence in (
            ({**more, "number": "0800"}, "international form"),
            ({"number": "+18005550112", "flow": "nobody"}, "there is no call flow"),
            (more, "is answered already"),
        ):
            status, page = await asked(ann, "/console/numbers", "POST", data=wrong, headers=OURS)
            assert (status, sentence in page) == (422, True)
            assert wrong["number"] in page
        path = "/console/numbers/%2B18005550111/remove"
        await asked(ann, path, "POST", headers=OURS)
        assert scene.app[LINES].current.name_at("+18005550111") is None
        assert (await asked(ann, path, "POST", headers=OURS))[0] == 404
        _, versions = await asked(ann, "/console/versions")
        assert "A change was refused" not in versions
