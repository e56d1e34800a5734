"""What every answer of the console tells the browser."""

from collections.abc import AsyncIterator

import pytest

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, OURS, READ_KEY, asked, visitor

FLOWS = Flows({"line": Callflow(number="+18005550100", silence=None)})


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS, interlude_api_key=EDIT_KEY) as running:
        yield running


@pytest.mark.parametrize("path", ["/console/service", "/console/login", "/console/nowhere"])
async def test_pages_run_nothing_inline_are_framed_by_nobody_and_are_not_kept(
    scene: Trial, path: str
) -> None:
    async with visitor(scene, EDIT_KEY) as ann, ann.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text


async def test_a_file_is_kept_for_good_under_an_address_of_its_content(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        _, page = await asked(ann, "/console/login")
        address = page.split('rel="stylesheet" href="')[1].split('"')[0]
        async with ann.get(address) as answer:
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.content_type == "text/css"
            packed = await answer.text()
        async with ann.get(address, headers={"Accept-Encoding": "identity"}) as answer:
            assert await answer.text() == packed
        assert (await asked(ann, address.replace("static/", "static/0")))[0] == 404
        assert (await asked(ann, "/console/static/..%2Fapp.py"))[0] == 404


async def test_a_page_that_is_not_there_says_so_in_a_page(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        status, page = await asked(ann, "/console/nowhere")
        assert (status, "Not Found" in page) == (404, True)


async def test_what_somebody_calls_themselves_is_text_and_no_markup(scene: Trial) -> None:
    name = '"><script>alert(1)</script>'
    async with visitor(scene) as eve:
        given = {"name": name, "key": EDIT_KEY, "next": "/console/service"}
        _, page = await asked(eve, "/console/login", "POST", data=given, headers=OURS)
        assert name not in page
        assert "&lt;script&gt;" in page
        _, page = await asked(
            eve, "/console/login", "POST", data={**given, "key": "wrong"}, headers=OURS
        )
        assert name not in page


async def test_a_reader_is_offered_no_softphone(scene: Trial) -> None:
    async with visitor(scene, READ_KEY) as reader, visitor(scene, EDIT_KEY) as ann:
        assert "/console/phone" not in (await asked(reader, "/console"))[1]
        assert "/console/phone" in (await asked(ann, "/console"))[1]
