"""Whether the keys can be had by which tokens are checked, and what cannot be seen from here."""

import pytest
from aiohttp import web

from bridge.doctor.authorities import check_keys, unseen_here
from bridge.doctor.finding import Finding
from bridge.doctor.hosts import Host
from bridge.lab.entra import entra
from bridge.service.settings import read_settings
from tests.doctor.servers import RESOURCE_ID, serving, silent


async def keys(url: str) -> Finding:
    (found,) = await check_keys("ACS", Host("ACS_OPENID_CONFIG_URL", url))
    return found


async def test_keys_that_can_be_had() -> None:
    async with entra() as tenant:
        found = await keys(tenant.configuration_url)
        assert (found.name, found.verdict, found.says) == ("keys of ACS", "ok", "1 for RS256.")
        tenant.is_ill = True
        found = await keys(tenant.configuration_url)
    assert (found.verdict, "answer 503" in found.says) == ("problem", True)


async def test_keys_that_are_elsewhere() -> None:
    elsewhere = {"issuer": "i", "jwks_uri": "http://127.0.0.1:9/keys"}
    async with serving(lambda _: web.json_response(elsewhere)) as url:
        found = await keys(url)
    assert (found.verdict, "(ClientConnectorError)" in found.says) == ("problem", True)
    assert "the address of the keys" in found.remedy


async def test_keys_are_waited_for_five_seconds() -> None:
    async with silent() as there:
        found = await keys(f"http://{there}")
    assert (found.verdict, "TimeoutError" in found.says) == ("problem", True)


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '{"keys": [], "issuer": "i"}'])
async def test_what_is_no_configuration(body: str) -> None:
    async with serving(lambda _: web.Response(text=body)) as url:
        found = await keys(url)
    assert (found.verdict, "is no OpenID configuration" in found.says) == ("problem", True)
    assert found.remedy == "Correct ACS_OPENID_CONFIG_URL."


def test_what_cannot_be_seen_from_here_is_said_with_a_command() -> None:
    assert unseen_here(read_settings()[0]) == []
    resource, role = unseen_here(
        read_settings(acs_resource_id=RESOURCE_ID, eventgrid_audience="api://interlude")[0]
    )
    assert {resource.verdict, role.verdict} == {"skipped"}
    assert "immutableResourceId" in resource.remedy
    assert "appRoleAssignedTo" in role.remedy
    assert "AzureEventGridSecureWebhookSubscriber" in role.says
