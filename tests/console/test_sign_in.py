"""Operators sign in with a key, and a sealed cookie says who they are."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge import Callflow
from bridge.console.brake import MOST_WAITING
from bridge.lab.entra import entra
from bridge.service.flows import Flows
from bridge.service.parts import REFUSALS
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, OURS, READ_KEY, asked, visitor

FLOWS = Flows({"line": Callflow(number="+18005550100", silence=None)})
ANN = {"name": "Ann", "key": EDIT_KEY}


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS, interlude_api_key=EDIT_KEY) as running:
        yield running


async def test_who_shows_a_key_is_let_in_by_name_to_the_page_they_came_for(scene: Trial) -> None:
    async with visitor(scene) as ann:
        async with ann.get("/console/service") as answer:
            assert answer.url.path == "/console/login"
            back = answer.url.query["next"]
        async with ann.post("/console/login", data={**ANN, "next": back}, headers=OURS) as answer:
            assert answer.url.path == "/console/service"
            assert "Ann (INTERLUDE_API_KEY)" in await answer.text()


async def test_the_cookie_is_for_the_console_alone_and_no_script_reads_it(scene: Trial) -> None:
    async with (
        visitor(scene) as ann,
        ann.post("/console/login", data=ANN, headers=OURS, allow_redirects=False) as answer,
    ):
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/console" in cookie
    assert "Max-Age=28800" in cookie
    assert "Secure" not in cookie, "here there is no TLS"
    assert "Ann" not in cookie


async def test_over_https_the_cookie_is_for_https_alone() -> None:
    settings: dict[str, Any] = {
        "interlude_public_url": "https://calls.example.com",
        "interlude_secret": "0123456789abcdef0123456789abcdef",
    }
    async with (
        trial(FLOWS, interlude_api_key=EDIT_KEY, **settings) as scene,
        visitor(scene) as ann,
        ann.post("/console/login", data=ANN, headers=OURS, allow_redirects=False) as answer,
    ):
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_nobody_is_sent_to_another_site_after_signing_in(scene: Trial) -> None:
    for elsewhere in ("https://evil.example.com", "//evil.example.com/console", "/calls"):
        async with (
            visitor(scene) as ann,
            ann.post(
                "/console/login",
                data={**ANN, "next": elsewhere},
                headers=OURS,
                allow_redirects=False,
            ) as answer,
        ):
            assert answer.headers["Location"] == "/console"


async def test_a_forged_cookie_opens_nothing(scene: Trial) -> None:
    async with visitor(scene) as stranger:
        stranger.cookie_jar.update_cookies({"interlude-console": "gAAAAA"})
        async with stranger.get("/console/service", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (
                303,
                "/console/login?next=/console/service",
            )


async def test_a_key_that_is_changed_signs_out_who_came_in_before() -> None:
    secret: dict[str, Any] = {"interlude_secret": "0123456789abcdef0123456789abcdef"}
    async with trial(FLOWS, interlude_api_key=EDIT_KEY, **secret) as before, visitor(before) as ann:
        async with ann.post("/console/login", data=ANN, headers=OURS) as answer:
            assert answer.url.path == "/console"
        (cookie,) = ann.cookie_jar
    for key, path in ((EDIT_KEY, "/console"), (EDIT_KEY[::-1], "/console/login")):
        async with (
            trial(FLOWS, interlude_api_key=key, **secret) as after,
            visitor(after) as ann,
            ann.get("/console", cookies={cookie.key: cookie.value}) as answer,
        ):
            assert answer.url.path == path


async def test_signing_out_forgets_who_it_was(scene: Trial) -> None:
    async with visitor(scene) as ann:
        await asked(ann, "/console/login", "POST", data=ANN, headers=OURS)
        assert "Sign out" in (await asked(ann, "/console/service"))[1]
        await asked(ann, "/console/logout", "POST", headers=OURS)
        assert "Sign in" in (await asked(ann, "/console/service"))[1]


async def test_a_wrong_key_is_counted_and_answered_in_words(scene: Trial) -> None:
    async with visitor(scene) as stranger:
        wrong = {"name": "Eve", "key": "x" * 40}
        status, page = await asked(stranger, "/console/login", "POST", data=wrong, headers=OURS)
    assert status == 401
    assert "neither a key of this service nor a token for it" in page
    assert "x" * 40 not in page
    assert scene.app[REFUSALS].counts == {("operators", "wrong key"): 1}


async def test_wrong_keys_are_tried_once_a_second_and_right_ones_at_once(scene: Trial) -> None:
    loop = asyncio.get_running_loop()
    async with visitor(scene) as stranger, visitor(scene) as ann:
        began_s = loop.time()
        tries = [
            asyncio.create_task(
                asked(stranger, "/console/login", "POST", data={"key": "no"}, headers=OURS)
            )
            for _ in range(MOST_WAITING + 5)
        ]
        await asyncio.sleep(0.5)
        right = {**ANN, "next": "/console/service"}
        assert (await asked(ann, "/console/login", "POST", data=right, headers=OURS))[0] == 200
        assert loop.time() - began_s < 0.6
        statuses = [status for status, _ in await asyncio.gather(*tries)]
        assert loop.time() - began_s == pytest.approx(MOST_WAITING, abs=1)
    assert statuses.count(429) == 5
    assert statuses.count(401) == MOST_WAITING


async def test_a_key_without_a_name_is_not_enough(scene: Trial) -> None:
    async with visitor(scene) as ann:
        _, page = await asked(ann, "/console/login", "POST", data={"key": EDIT_KEY}, headers=OURS)
        assert "Say who you are" in page


async def test_a_reader_looks_and_is_told_what_an_editor_needs(scene: Trial) -> None:
    async with visitor(scene, READ_KEY) as reader:
        status, page = await asked(reader, "/console/service")
        assert status == 200
        assert "Set for this replica" not in page
        limits = {"most_calls": "1", "sessions_a_minute": "0"}
        status, page = await asked(
            reader, "/console/service/capacity", "POST", data=limits, headers=OURS
        )
        assert status == 403
        assert "needs the role Interlude.Editor" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {},
    ],
)
async def test_what_another_site_has_a_browser_send_does_nothing(
    scene: Trial, headers: dict[str, str]
) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        limits = {"most_calls": "1", "sessions_a_minute": "0"}
        status, page = await asked(
            ann, "/console/service/capacity", "POST", data=limits, headers=headers
        )
        assert status == 403
        assert "did not come from a page of the console" in page
        assert 'value="80"' in (await asked(ann, "/console/service"))[1]


async def test_an_older_browser_names_our_origin(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        limits = {"most_calls": "7", "sessions_a_minute": "0"}
        _, page = await asked(
            ann, "/console/service/capacity", "POST", data=limits, headers={"Origin": scene.url}
        )
        assert 'value="7"' in page


async def test_with_no_key_set_the_page_says_which_to_set() -> None:
    settings: dict[str, Any] = {"interlude_read_key": None}
    async with trial(FLOWS, **settings) as scene, visitor(scene) as somebody:
        assert "Nobody can sign in yet" in (await asked(somebody, "/console/login"))[1]


async def test_with_auth_off_everybody_is_an_editor() -> None:
    settings: dict[str, Any] = {"interlude_auth": "off", "interlude_host": "127.0.0.1"}
    async with trial(FLOWS, **settings) as scene, visitor(scene) as anybody:
        status, page = await asked(anybody, "/console/service")
        assert (status, "Set for this replica" in page) == (200, True)


async def test_a_reader_who_has_signed_in_is_refused_what_editors_do(scene: Trial) -> None:
    async with visitor(scene) as rob:
        given = {"name": "Rob", "key": READ_KEY, "next": "/console/audit"}
        _, page = await asked(rob, "/console/login", "POST", data=given, headers=OURS)
        assert "Rob (INTERLUDE_READ_KEY)" in page
        status, page = await asked(rob, "/console/service/drain", "POST", headers=OURS)
        assert (status, "needs the role Interlude.Editor" in page) == (403, True)


async def test_a_piece_of_a_page_sends_who_is_signed_out_to_sign_in(scene: Trial) -> None:
    async with (
        visitor(scene) as stranger,
        stranger.get("/console/service/now", headers={"HX-Request": "true"}) as answer,
    ):
        assert answer.status == 401
        assert answer.headers["HX-Redirect"] == "/console/login?next=/console/service/now"


async def test_a_token_of_the_issuer_names_its_owner_and_says_what_they_may_do() -> None:
    async with (
        entra() as tenant,
        trial(
            FLOWS, interlude_oidc_issuer=tenant.issuer, interlude_oidc_audience="api://interlude"
        ) as scene,
        visitor(scene) as ann,
    ):
        claims: dict[str, Any] = {"aud": "api://interlude", "preferred_username": "ann@contoso"}
        assert tenant.issuer in (await asked(ann, "/console/login"))[1]
        token = tenant.sign(3_600, roles=["Interlude.Editor"], **claims)
        given = {"name": "Somebody else", "key": token, "next": "/console/service"}
        _, page = await asked(ann, "/console/login", "POST", data=given, headers=OURS)
        assert "ann@contoso" in page
        assert "Somebody else" not in page
        assert "Set for this replica" in page
        nobody = {"key": tenant.sign(3_600, roles=[], **claims)}
        status, page = await asked(ann, "/console/login", "POST", data=nobody, headers=OURS)
        assert (status, "it has neither role" in page) == (403, True)
