"""Operators see who is on the line, row by row as it changes, and may step in."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.service.guards import Operator, Role
from bridge.service.parts import AUDIT, FLOOR
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, OURS, READ_KEY, asked, visitor

NUMBER, CALLER = "+18005550100", "+14255550123"
FLOWS = Flows(
    {"line": Callflow(number=NUMBER, silence=None, greeting="Hello.", voice="en-US-AvaNeural")}
)


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS, interlude_api_key=EDIT_KEY) as running:
        yield running


async def call_id(session: ClientSession) -> str:
    _, page = await asked(session, "/console")
    (found,) = re.findall(r'href="/console/calls/(\w+)"', page)
    return str(found)


async def events(session: ClientSession, path: str) -> AsyncIterator[str]:
    """Pieces of a page as they are sent."""
    async with session.get(path) as stream:
        assert stream.content_type == "text/event-stream"
        async for line in stream.content:
            if line.startswith(b"data: "):
                yield line.decode().removeprefix("data: ")


async def test_an_editor_sees_who_calls_and_a_reader_two_digits(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    async with visitor(scene, EDIT_KEY) as ann, visitor(scene, READ_KEY) as reader:
        status, page = await asked(ann, "/console")
        assert (status, CALLER in page, "listening" in page) == (200, True, True)
        _, masked = await asked(reader, "/console")
        assert CALLER not in masked
        assert CALLER[-2:] in masked
        _, of_call = await asked(reader, f"/console/calls/{await call_id(reader)}")
        assert CALLER not in of_call
        assert "End the call" not in of_call
    await phone.hangs_up()
    await scene.record()


async def test_rows_come_change_and_go_one_by_one(scene: Trial) -> None:
    async with visitor(scene, READ_KEY) as reader:
        pieces = events(reader, "/console/calls/events")
        assert 'id="calls" hx-swap-oob="innerHTML"' in await anext(pieces)
        phone = await scene.acs.dial(NUMBER)
        while 'hx-swap-oob="beforeend:#calls"' not in (piece := await anext(pieces)):
            pass
        (row,) = re.findall(r'<tr id="(call-\w+)"', piece)
        await phone.hears("Hello.")
        while f'<tr id="{row}" hx-swap-oob="true">' not in (piece := await anext(pieces)):
            pass
        assert ">1</span>" in piece
        await phone.hangs_up()
        while f'<tr id="{row}" hx-swap-oob="delete">' not in (piece := await anext(pieces)):
            pass
        assert ">0</span>" in piece
        await pieces.aclose()  # type: ignore[attr-defined]
    await scene.record()


async def test_a_call_is_read_as_it_happens_until_it_is_over(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    async with visitor(scene, EDIT_KEY) as ann:
        path = f"/console/calls/{await call_id(ann)}"
        _, page = await asked(ann, path)
        assert "Hello." in page
        pieces = events(ann, f"{path}/events")
        assert "Hello." in await anext(pieces)
        await phone.says("What is the weather like?")
        while "What is the weather like?" not in (piece := await anext(pieces)):
            pass
        assert "Hello." not in piece, "what has not changed is not sent again"
        await phone.hangs_up()
        while "The call is over." not in (piece := await anext(pieces)):
            pass
        assert "".join([each async for each in pieces]).strip() == "", "and no more comes"
        await scene.record()
        async with ann.get(path) as answer:
            assert answer.url.path == path.replace("calls", "history")


async def test_an_editor_has_the_line_say_something(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    async with visitor(scene, EDIT_KEY) as ann:
        path = f"/console/calls/{await call_id(ann)}"
        line = {"text": "A colleague looks into it."}
        status, page = await asked(ann, f"{path}/say", "POST", data=line, headers=OURS)
        assert (status, "as soon as nobody speaks" in page) == (200, True)
        await phone.hears("A colleague looks into it.")
        assert [e.did for e in await scene.app[AUDIT].entries()] == ["call.say"]
        await phone.hangs_up()
        await scene.record()


async def test_what_cannot_be_done_is_said_and_what_was_typed_stays(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    async with visitor(scene, EDIT_KEY) as ann:
        path = f"/console/calls/{await call_id(ann)}"
        wrong = {"to": "0800 1", "say": "One moment."}
        status, page = await asked(ann, f"{path}/transfer", "POST", data=wrong, headers=OURS)
        assert status == 409
        assert "needs a number in international form" in page
        assert 'value="0800 1"' in page
        for text in ("", "x" * 501):
            status, _ = await asked(ann, f"{path}/say", "POST", data={"text": text}, headers=OURS)
            assert status == 409
    await phone.hangs_up()
    await scene.record()


async def test_a_reader_sees_what_was_done_without_the_digits_in_it(scene: Trial) -> None:
    ann = Operator("Ann", Role.EDITOR)
    await scene.app[AUDIT].add(ann, "call.say", "c1", "Your number is 4271.")
    async with visitor(scene, READ_KEY) as reader, visitor(scene, EDIT_KEY) as editor:
        _, page = await asked(reader, "/console/audit?about=c1")
        assert "Ann" in page
        assert "4271" not in page
        assert "4271" in (await asked(editor, "/console/audit"))[1]


async def test_an_editor_ends_a_call_and_it_is_in_the_audit(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    async with visitor(scene, EDIT_KEY) as ann:
        path = f"/console/calls/{await call_id(ann)}/end"
        await asked(ann, path, "POST", data={"say": "Goodbye for now."}, headers=OURS)
        await phone.hears("Goodbye for now.")
        await phone.ended()
        await scene.record()
        assert (await asked(ann, path, "POST", headers=OURS))[0] == 404
        _, audit = await asked(ann, "/console/audit?who=INTERLUDE_API_KEY")
        assert "ended a call" in audit
        assert "Goodbye for now." in audit


async def test_a_reader_changes_nothing(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    async with visitor(scene, READ_KEY) as reader:
        path = f"/console/calls/{await call_id(reader)}"
        for deed in ("end", "transfer", "say"):
            assert (await asked(reader, f"{path}/{deed}", "POST", headers=OURS))[0] == 403
        assert len((await scene.app[FLOOR].calls(Operator("Ann", Role.READER))).calls) == 1
    await phone.hangs_up()
    await scene.record()


async def test_a_call_that_nobody_knows_is_not_found(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        assert (await asked(ann, "/console/calls/nobody"))[0] == 404
        assert (await asked(ann, "/console/calls/nobody/events"))[0] == 204


async def test_more_than_may_watch_are_told_when_to_come_again(
    scene: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.service.floor.floor.MOST_WATCHERS", 1)
    async with (
        visitor(scene, READ_KEY) as reader,
        reader.get("/console/calls/events") as stream,
        reader.get("/console/calls/events") as another,
    ):
        assert stream.status == 200
        assert (another.status, another.headers["Retry-After"]) == (503, "10")


async def test_a_stream_ends_with_the_process(scene: Trial) -> None:
    async with visitor(scene, READ_KEY) as reader, reader.get("/console/calls/events") as stream:
        scene.app[FLOOR].closed.set()
        await stream.read()
