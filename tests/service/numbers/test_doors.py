"""Operators' programs read the file without callers' numbers, and change what they have seen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, web

from bridge.service.flows import Flows
from bridge.service.numbers.routes import PATHS, add_numbers_doors
from bridge.service.parts import LINES
from bridge.trial import READ_KEY, Trial, trial
from tests.service.numbers.conftest import CLINIC, NEW, ORDERS
from tests.service.test_metrics import Figures

KEY = "0123456789abcdef0123456789abcdef"
JANE, COLLEAGUE = "+14255550177", "+18005550199"
FILE = f"""# {JANE} calls all day.
[numbers."{NEW}"]
flow = "orders"
greeting = "First."
limits = {{ blocked = ["{JANE}"], refusal = "No." }}
keypad = {{ 0 = {{ transfer = "{COLLEAGUE}" }} }}
"""


@dataclass
class Answered:
    status: int
    content: Any
    etag: str | None


@dataclass
class Program:
    """What an operator runs."""

    scene: Trial
    web: ClientSession
    file: Path

    async def asks(
        self, method: str, door: str, *, key: str = KEY, base: int | None = None, **more: Any
    ) -> Answered:
        headers = {"Authorization": f"Bearer {key}"}
        if base is not None:
            headers["If-Match"] = f'"{base}"'
        url = f"{self.scene.url}/api/v1/{door}"
        async with self.web.request(method, url, headers=headers, **more) as answer:
            is_json = answer.content_type == "application/json"
            content = await (answer.json() if is_json else answer.text())
            return Answered(answer.status, content, answer.headers.get("ETag"))

    def on_disk(self) -> str:
        return self.file.read_text()


@pytest.fixture
async def program(flows: Flows, tmp_path: Path) -> AsyncIterator[Program]:
    file = tmp_path / "numbers.toml"
    file.write_text(FILE)
    async with (
        trial(flows, interlude_numbers=file, interlude_api_key=KEY) as scene,
        ClientSession() as session,
    ):
        yield Program(scene, session, file)


def door_of(number: str) -> str:
    return f"numbers/{quote(number)}"


async def test_an_editor_sees_the_file_and_who_answers_which_number(program: Program) -> None:
    seen = await program.asks("GET", "numbers")
    assert (seen.status, seen.etag) == (200, '"1"')
    assert seen.content["text"] == FILE
    assert seen.content["version"]["by"] == "file"
    assert [(each["number"], each["flow"]) for each in seen.content["numbers"]] == [
        *((ORDERS, "orders"), (CLINIC, "clinic"), (NEW, "orders")),
    ]
    assert seen.content["numbers"][0]["table"] is None
    assert seen.content["numbers"][2]["table"]["limits"]["blocked"] == [JANE]
    assert (seen.content["trial"], seen.content["refused"]) == (None, None)


async def test_a_reader_sees_no_callers_number_anywhere(program: Program) -> None:
    await program.asks("PUT", "numbers", json={"text": f'a = "{JANE}"'}, base=1)
    await program.asks("PUT", "trial", json={"text": FILE, "percent": 5, "note": f"for {JANE}"})
    for door in ("numbers", door_of(NEW), "versions", "versions/1", "versions/2", "trial"):
        seen = await program.asks("GET", door, key=READ_KEY)
        assert seen.status == 200
        told = str(seen.content)
        assert JANE not in told
        assert JANE[-7:] not in told
        assert "…77" in told
    seen = await program.asks("GET", "numbers", key=READ_KEY)
    assert COLLEAGUE in seen.content["text"]
    assert [each["number"] for each in seen.content["numbers"]] == [ORDERS, CLINIC, NEW]
    assert NEW in seen.content["text"]


async def test_a_reader_changes_nothing(program: Program) -> None:
    for method, door in (
        ("PUT", "numbers"),
        ("POST", "numbers/check"),
        ("PUT", door_of(NEW)),
        ("DELETE", door_of(NEW)),
        ("POST", "versions/1/rollback"),
        ("PUT", "trial"),
        ("DELETE", "trial"),
        ("POST", "reload"),
    ):
        assert (await program.asks(method, door, key=READ_KEY, base=1)).status == 403
        assert (await program.asks(method, door, key="", base=1)).status == 401
    assert (await program.asks("GET", "numbers", key="")).status == 401


async def test_a_whole_file_is_published(program: Program) -> None:
    text = FILE.replace("First.", "Second.")
    done = await program.asks("PUT", "numbers", json={"text": text, "note": "warmer"}, base=1)
    assert (done.status, done.etag) == (200, '"2"')
    assert done.content["version"]["note"] == "warmer"
    assert done.content["version"]["by"] == "INTERLUDE_API_KEY"
    assert program.on_disk() == text
    phone = await program.scene.acs.dial(NEW)
    await phone.hears("Second.")
    await phone.hangs_up()
    record = await program.scene.record()
    assert (record.version, record.on_trial, record.flow) == (2, False, "orders")


async def test_a_change_names_the_version_it_was_made_from(program: Program) -> None:
    order = {"text": FILE.replace("First.", "Second.")}
    assert (await program.asks("PUT", "numbers", json=order)).status == 428
    assert (await program.asks("PUT", "numbers", json=order, base=7)).status == 412
    assert (await program.asks("PUT", "numbers", json=order, base=1)).status == 200
    stale = await program.asks("PUT", "numbers", json=order, base=1)
    assert (stale.status, "Version 2 serves" in stale.content) == (412, True)


async def test_a_broken_file_is_refused_with_all_that_is_wrong(program: Program) -> None:
    broken = FILE.replace("greeting", "greting").replace("refusal", "refuse")
    problems = [
        {
            "line": 4,
            "field": f'numbers."{NEW}".greting',
            "sentence": "there is no such key; did you mean greeting?",
        },
        {
            "line": 5,
            "field": f'numbers."{NEW}".limits.refuse',
            "sentence": "there is no such key; did you mean refusal?",
        },
    ]
    checked = await program.asks("POST", "numbers/check", json={"text": broken})
    assert (checked.status, checked.content) == (200, {"problems": problems})
    assert (await program.asks("GET", "numbers")).content["refused"] is None
    refused = await program.asks("PUT", "numbers", json={"text": broken}, base=1)
    assert (refused.status, refused.content) == (422, {"problems": problems})
    seen = (await program.asks("GET", "numbers")).content
    assert seen["version"]["number"] == 1
    assert seen["refused"]["source"] == "INTERLUDE_API_KEY"
    assert seen["refused"]["problems"] == problems
    assert program.on_disk() == FILE


async def test_one_number_is_changed_and_the_rest_stays(program: Program) -> None:
    seen = (await program.asks("GET", door_of(NEW))).content
    assert [each["value"] for each in seen["fields"] if each["name"] == "greeting"] == ["First."]
    table = seen["number"]["table"] | {"greeting": "Second."}
    done = await program.asks("PUT", door_of(NEW), json={"table": table}, base=1)
    assert (done.status, done.etag) == (200, '"2"')
    assert program.on_disk() == FILE.replace("First.", "Second.")
    added = {"table": {"flow": "orders", "silence": "off"}}
    assert (await program.asks("PUT", door_of(ORDERS), json=added, base=2)).status == 200
    assert (await program.asks("DELETE", door_of(ORDERS), base=3)).status == 200
    assert program.on_disk() == FILE.replace("First.", "Second.")


@pytest.mark.parametrize(
    ("table", "status"),
    [
        ({}, 422),
        ({"flow": None}, 422),
        ({"flow": "none"}, 422),
        ({"flow": "clinic", "greeting": "x"}, 422),
        ({"flow": "orders", "greeting": {"a": [[[[]]]]}}, 422),
        ({"flow": "orders", "limits": {"overflow": {"hang_up": True, "say": None}}}, 400),
        ("orders", 400),
    ],
)
async def test_a_table_that_cannot_serve_is_refused(
    program: Program, table: Any, status: int
) -> None:
    done = await program.asks("PUT", door_of(NEW), json={"table": table}, base=1)
    assert done.status == status
    assert program.on_disk() == FILE


@pytest.mark.parametrize(
    ("method", "door", "body", "status"),
    [
        ("GET", "numbers/555", None, 404),
        ("GET", "numbers/%2B19995550000", None, 404),
        ("DELETE", "numbers/%2B19995550000", None, 404),
        ("GET", "versions/9", None, 404),
        ("GET", "versions/x", None, 404),
        ("GET", "versions/99999999999999999999", None, 404),
        ("GET", "versions?limit=0", None, 400),
        ("POST", "versions/9/rollback", None, 404),
        ("DELETE", "trial", None, 404),
        ("DELETE", "trial?keep=maybe", None, 400),
        ("PUT", "trial", {"percent": 5}, 400),
        ("PUT", "trial", {"percent": 0, "version": 1}, 400),
        ("PUT", "trial", {"percent": 5, "version": 1, "text": ""}, 400),
        ("PUT", "trial", {"percent": 5, "version": 9}, 404),
        ("PUT", "trial", {"percent": 5, "text": "["}, 422),
        ("PUT", "numbers", {"txt": ""}, 400),
        ("PUT", "numbers", {"text": 5}, 400),
        ("PUT", "numbers", [], 400),
    ],
)
async def test_what_cannot_be_is_told_so(
    program: Program, method: str, door: str, body: Any, status: int
) -> None:
    more = {} if body is None else {"json": body}
    assert (await program.asks(method, door, base=1, **more)).status == status


async def test_no_refusal_repeats_what_was_sent(program: Program) -> None:
    for body in (JANE, f'{{"text": ["{JANE}"]}}', f'{{"{JANE[1:]}'):
        refused = await program.asks("PUT", "numbers", data=body, base=1)
        assert (refused.status, JANE in refused.content) == (400, False)


async def test_versions_are_listed_shown_and_rolled_back_to(program: Program) -> None:
    await program.asks("PUT", "numbers", json={"text": "", "note": "all gone"}, base=1)
    listed = (await program.asks("GET", "versions")).content["versions"]
    assert [(each["number"], each["note"]) for each in listed] == [(2, "all gone"), (1, "")]
    assert len((await program.asks("GET", "versions?limit=1")).content["versions"]) == 1
    assert (await program.asks("GET", "versions/1")).content["text"] == FILE
    back = await program.asks("POST", "versions/1/rollback", base=2)
    assert (back.status, back.content["version"]["number"]) == (200, 3)
    assert program.on_disk() == FILE


async def test_a_trial_answers_its_share_and_ends(program: Program) -> None:
    order = {"text": FILE.replace("First.", "On trial."), "percent": 99}
    begun = await program.asks("PUT", "trial", json=order)
    assert (begun.status, begun.content["trial"]["percent"]) == (200, 99)
    assert (await program.asks("GET", "trial")).content == begun.content
    phone = await program.scene.acs.dial(NEW)
    await phone.hears("On trial.")
    await phone.hangs_up()
    record = await program.scene.record()
    assert (record.version, record.on_trial) == (2, True)
    kept = await program.asks("DELETE", "trial?keep=true")
    assert (kept.content["version"]["number"], kept.content["trial"]) == (3, None)
    assert "On trial." in program.on_disk()


async def test_what_was_edited_on_disk_is_read_on_demand(program: Program) -> None:
    program.file.write_text(FILE.replace("First.", "By hand."))
    seen = await program.asks("POST", "reload")
    assert (seen.status, seen.content["version"]["number"]) == (200, 2)
    program.file.write_text("[")
    assert (await program.asks("POST", "reload")).content["refused"]["source"] == "file"


async def test_a_file_that_cannot_be_written_is_told_with_the_remedy(flows: Flows) -> None:
    async with trial(flows, interlude_api_key=KEY) as scene, ClientSession() as session:
        program = Program(scene, session, Path())
        base = scene.app[LINES].serving.number
        refused = await program.asks("PUT", "numbers", json={"text": ""}, base=base)
        assert (refused.status, "Set INTERLUDE_NUMBERS" in refused.content) == (409, True)


async def test_who_did_what_is_kept(program: Program) -> None:
    table = {"table": {"flow": "orders"}, "note": "plain again"}
    await program.asks("PUT", door_of(NEW), json=table, base=1)
    await program.asks("POST", "versions/1/rollback", base=2)
    await program.asks("PUT", "trial", json={"version": 2, "percent": 5})
    await program.asks("DELETE", "trial")
    await program.asks("POST", "reload")
    entries = (await program.asks("GET", "audit")).content["entries"]
    assert [(each["did"], each["about"], each["detail"]) for each in reversed(entries)] == [
        ("numbers.publish", NEW, "plain again"),
        ("numbers.roll_back", "1", ""),
        ("trial.begin", "2", "5 %, "),
        ("trial.end", "2", ""),
        ("numbers.reload", "", ""),
    ]


async def test_figures_tell_versions_and_trials_apart(program: Program) -> None:
    await program.asks("PUT", "numbers", json={"text": "["}, base=1)
    await program.asks("PUT", "trial", json={"text": FILE, "percent": 99})
    phone = await program.scene.acs.dial(NEW)
    await phone.hears("First.")
    await phone.hangs_up()
    await program.scene.record()
    headers = {"Authorization": f"Bearer {READ_KEY}"}
    async with program.web.get(f"{program.scene.url}/metrics", headers=headers) as answer:
        seen = Figures(await answer.text())
    assert seen.of("numbers_version") == 1
    assert seen.of("trial_share") == 0.99
    assert seen.of("numbers_changes_total", outcome="refused") == 1
    assert seen.of("numbers_changes_total", outcome="served") == 0
    ended = {"by": "caller", "reason": "hung_up"}
    assert seen.of("version_calls_ended_total", version="trial", **ended) == 1


def test_every_door_is_described() -> None:
    app = web.Application()
    add_numbers_doors(app)
    served = {
        (route.resource.canonical, route.method.lower())
        for route in app.router.routes()
        if route.resource and route.method != "HEAD"
    }
    assert served == {(path, method) for path, methods in PATHS.items() for method in methods}
