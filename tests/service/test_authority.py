"""Keys of an authority are fetched when they are needed, and no more often than is decent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from structlog.testing import capture_logs

from bridge.lab.entra import Entra, entra
from bridge.service.authority import FLOOR_S, FRESH_S, Authority, NoKeys, UnknownKey


@asynccontextmanager
async def keeping(url: str) -> AsyncIterator[Authority]:
    async with ClientSession() as session:
        authority = Authority(session, url, "https://sts.example.com/")
        running = asyncio.create_task(authority.run())
        try:
            yield authority
        finally:
            running.cancel()
            await asyncio.wait({running})


@pytest.fixture
async def tenant() -> AsyncIterator[Entra]:
    async with entra() as running:
        yield running


async def test_a_key_is_there_for_the_first_who_asks(tenant: Entra) -> None:
    async with keeping(tenant.configuration_url) as authority:
        assert (await authority.key("lab")).key_id == "lab"
        assert authority.issuers == (tenant.issuer, "https://sts.example.com/")


async def test_a_new_key_is_known_once_a_token_names_it(tenant: Entra) -> None:
    async with keeping(tenant.configuration_url) as authority:
        await authority.key("lab")
        await asyncio.sleep(FLOOR_S + 1)
        tenant.names.append("next")
        assert (await authority.key("next")).key_id == "next"
        assert (await authority.key("lab")).key_id == "lab"
        assert tenant.fetched == 2


async def test_a_thousand_tokens_of_unknown_keys_have_keys_fetched_once(tenant: Entra) -> None:
    async with keeping(tenant.configuration_url) as authority:
        await authority.key("lab")
        await asyncio.sleep(FLOOR_S + 1)
        asking = [authority.key(f"unknown {each}") for each in range(1_000)]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(answer) for answer in answers} == {UnknownKey}
        assert tenant.fetched == 2


async def test_within_the_floor_an_unknown_key_is_refused_at_once(tenant: Entra) -> None:
    async with keeping(tenant.configuration_url) as authority:
        await authority.key("lab")
        before_s = asyncio.get_running_loop().time()
        with pytest.raises(UnknownKey):
            await authority.key("unknown")
        assert asyncio.get_running_loop().time() == before_s
        assert tenant.fetched == 1


async def test_a_key_that_was_withdrawn_is_forgotten_within_the_hour(tenant: Entra) -> None:
    async with keeping(tenant.configuration_url) as authority:
        await authority.key("lab")
        tenant.names[:] = ["next"]
        await asyncio.sleep(FRESH_S + 1)
        with pytest.raises(UnknownKey):
            await authority.key("lab")


async def test_keys_are_good_while_the_authority_is_ill(tenant: Entra) -> None:
    async with keeping(tenant.configuration_url) as authority:
        await authority.key("lab")
        tenant.is_ill = True
        with capture_logs() as lines:
            await asyncio.sleep(FRESH_S + 1)
        assert [line["event"] for line in lines] == ["authority.unreachable"]
        assert (await authority.key("lab")).key_id == "lab"


async def test_nobody_is_trusted_before_there_are_keys_and_then_at_once(tenant: Entra) -> None:
    tenant.is_ill = True
    async with keeping(tenant.configuration_url) as authority:
        with pytest.raises(NoKeys):
            await authority.key("lab")
        tenant.is_ill = False
        await asyncio.sleep(2)
        assert (await authority.key("lab")).key_id == "lab"


@pytest.mark.parametrize(
    "keys",
    [
        "{",
        "[]",
        '{"keys": []}',
        '{"keys": [3]}',
        '{"keys": {"kid": "lab"}}',
        '{"keys": [{"kty": "oct", "kid": "lab", "k": "c2VjcmV0"}]}',
        '{"keys": [{"kty": "RSA", "kid": "lab", "n": "!", "e": "AQAB"}]}',
        '{"keys": [{"kty": "RSA", "kid": "lab"}]}',
    ],
)
async def test_what_are_no_keys_is_told_and_trusts_nobody(
    aiohttp_server: object, keys: str
) -> None:
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/keys":
            return web.Response(text=keys)
        return web.json_response({"issuer": "x", "jwks_uri": str(request.url.with_path("/keys"))})

    app.router.add_get("/{path:.*}", answer)
    server = await aiohttp_server(app)  # type: ignore[operator]
    with capture_logs() as lines:
        async with keeping(str(server.make_url("/configuration"))) as authority:
            with pytest.raises(NoKeys):
                await authority.key("lab")
    assert {line["event"] for line in lines} == {"authority.unreachable"}
