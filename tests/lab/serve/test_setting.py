"""What is set before a call: who hears of it, and how the services behave."""

import re
from pathlib import Path

import aiohttp
import jwt
import pytest

from bridge.lab.serve import Lab

from .conftest import NUMBER, Ask, Bridge


async def test_nobody_hears_of_a_call_before_somebody_has_subscribed(tries: Ask) -> None:
    status, answer = await tries("POST", "/calls", {"number": NUMBER})
    assert status == 409
    assert answer["error"].endswith("PUT /subscription first.")


@pytest.mark.parametrize("schema", ["event_grid", "cloud_events"])
async def test_a_webhook_subscribes_in_either_schema(
    lab: Lab, ask: Ask, bridge: Bridge, schema: str
) -> None:
    webhook = {
        "url": bridge.url("events?key=secret"),
        "schema": schema,
        "name": "calls-test",
        "headers": {"x-eventgrid-key": "another"},
        "entra_audience": "api://bridge",
    }
    await ask("PUT", "/subscription", webhook)
    assert (await ask("GET", "/health"))["subscribed"]
    await ask("POST", "/calls", {"number": NUMBER})
    await ask("POST", "/calls/latest/wait", {"until": "answered"})
    delivery, body = bridge.deliveries[-1]
    assert isinstance(body, dict) is (schema == "cloud_events")
    assert delivery.query == {"key": "secret"}
    assert delivery.headers["x-eventgrid-key"] == "another"
    assert delivery.headers["aeg-subscription-name"] == "calls-test"
    token = delivery.headers["Authorization"].removeprefix("Bearer ")
    tenant = lab.stage.tenant
    async with aiohttp.ClientSession() as session:
        configuration = f"{tenant.issuer}/.well-known/openid-configuration"
        async with session.get(configuration) as response:
            keys_url = (await response.json())["jwks_uri"]
        async with session.get(keys_url) as response:
            keys = jwt.PyJWKSet.from_dict(await response.json())
    claims = jwt.decode(
        token, keys.keys[0], algorithms=["RS256"], audience="api://bridge", issuer=tenant.issuer
    )
    assert claims["roles"] == ["AzureEventGridSecureWebhookSubscriber"]


async def test_a_webhook_that_fails_the_handshake_is_not_subscribed(
    tries: Ask, bridge: Bridge
) -> None:
    status, answer = await tries("PUT", "/subscription", {"url": bridge.url("nothing")})
    assert (status, answer["error"]) == (
        409,
        "The webhook did not pass the handshake: status 404, not 200.",
    )


async def test_switches_hold_for_calls_placed_from_now_on(ask: Ask, bridge: Bridge) -> None:
    fault = {"status": 429, "code": "8516", "retry_after_s": 1, "times": 1}
    changed = await ask("PATCH", "/switches/acs", {"answer_error": fault, "answer_s": 0})
    assert changed["acs"]["answer_error"] == fault
    await ask("PATCH", "/switches/voicelive", {"delta_ms": 200})
    assert (await ask("GET", "/switches"))["voicelive"]["delta_ms"] == 200
    await ask("POST", "/calls", {"number": NUMBER})
    await ask("POST", "/calls/latest/wait", {"until": "answered"})
    statuses = [asked["status"] for asked in await ask("GET", "/calls/latest/requests")]
    assert statuses == [429, 200]
    good = await ask("DELETE", "/switches")
    assert good["acs"]["answer_error"] is None
    assert good["voicelive"]["delta_ms"] == 400
    assert bridge.upgrades


async def test_a_call_may_have_switches_of_its_own(ask: Ask, bridge: Bridge) -> None:
    bridge.answers = False
    for switches in ({"kind": "PhoneNumber"}, {}):
        await ask("POST", "/calls", {"number": NUMBER, "switches": switches})
    await bridge.until(lambda: len(bridge.deliveries) == 3)
    kinds = sorted(body[0]["data"]["from"]["kind"] for _, body in bridge.deliveries[1:])
    assert kinds == ["PhoneNumber", "phoneNumber"]


@pytest.mark.parametrize(
    ("path", "changes", "says"),
    [
        ("acs", {"answer_ms": 1}, "There is no switch answer_ms. There are kind, "),
        ("voicelive", {"sound": 1}, "There is no switch sound. There are interim_shape, "),
        ("acs", {"answer_s": "slow"}, "answer_s: Input should be a valid number."),
        ("acs", {"callbacks": {"lose": []}}, "callbacks.lose: Unexpected keyword argument."),
        ("voicelive", {"delta_factor": 0}, "delta_factor: Input should be greater than 0."),
        ("acs", [], "Input should be an object."),
    ],
)
async def test_a_switch_that_there_is_not_is_refused(
    tries: Ask, path: str, changes: object, says: str
) -> None:
    status, answer = await tries("PATCH", f"/switches/{path}", changes)
    assert status == 400
    assert answer["error"].startswith(says)


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/calls/x", 404, "There is no call x."),
        ("GET", "/calls/latest", 404, "There is no call latest."),
        ("GET", "/sessions/latest", 404, "There is no session latest."),
        ("GET", "/", 404, "There is nothing here; GET /openapi.json tells what there is."),
        ("POST", "/health", 405, "That is no method of this path; see /openapi.json."),
        ("POST", "/calls", 400, "number: Field required."),
    ],
)
async def test_errors_are_sentences(
    tries: Ask, method: str, path: str, status: int, says: str
) -> None:
    assert await tries(method, path) == (status, {"error": says})


async def test_whoever_has_no_key_has_an_identity(tries: Ask) -> None:
    headers = {"X-IDENTITY-HEADER": "lab-identity"}
    path = "/msi/token?resource=https://ai.azure.com&api-version=2019-08-01"
    status, token = await tries("GET", path, headers=headers)
    assert status == 200
    assert token["resource"] == "https://ai.azure.com"
    assert token["access_token"]


async def test_no_web_page_directs_the_lab(tries: Ask) -> None:
    status, answer = await tries("GET", "/health", headers={"Origin": "https://example.com"})
    assert (status, answer["error"]) == (403, "The lab is not to be directed from a web page.")


@pytest.fixture
def page() -> str:
    return Path("docs/lab-server.md").read_text()


async def test_the_description_has_every_route_and_every_switch_and_the_page_every_route(
    ask: Ask, page: str
) -> None:
    described = await ask("GET", "/openapi.json")
    for path in described["paths"].values():
        for operation in path.values():
            assert operation["summary"].endswith(".")
    switches = described["paths"]["/switches/acs"]["patch"]["requestBody"]["content"]
    properties = switches["application/json"]["schema"]["properties"]
    assert properties["answer_s"]["description"].startswith("Answering takes this long")
    assert "Fault" in described["components"]["schemas"]
    for path in described["paths"]:
        assert path in page or path.rpartition("/")[2] in re.findall(r"`(\w[\w-]*)`", page)
    assert "audio/wav" in described["paths"]["/calls/{id}/play"]["post"]["requestBody"]["content"]
