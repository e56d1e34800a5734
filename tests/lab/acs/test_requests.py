import base64
import hashlib
import hmac

import aiohttp
import pytest
from azure.communication.callautomation.aio import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError

from bridge.lab.acs import AcsStandIn

from .conftest import Bridge, Dial, Json


async def ask(
    acs: AcsStandIn,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    signed_path: str | None = None,
    repeatability_request_id: str = "",
) -> tuple[int, Json]:
    """A request signed by hand; `signed_path` is how the signer spelled the path."""
    key = base64.b64decode(acs.access_key)
    host = acs.endpoint.removeprefix("http://")
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    date = "Sun, 22 Nov 2026 10:21:23 GMT"
    text = f"{method}\n{signed_path or path}\n{date};{host};{digest}"
    signature = base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
    signed = {
        "x-ms-date": date,
        "x-ms-content-sha256": digest,
        "Authorization": "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
        f"&Signature={signature}",
        "Repeatability-Request-ID": repeatability_request_id,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{acs.endpoint}{path}", data=body, headers=signed) as response,
    ):
        return response.status, await response.json() if response.status != 204 else {}


async def test_a_repeated_request_gets_the_saved_answer(acs: AcsStandIn, dial: Dial) -> None:
    phone = await dial()
    path = f"/calling/callConnections/{phone.connection_id}:terminate?api-version=2025-05-15"
    for _ in range(2):
        repeated = await ask(acs, "POST", path, repeatability_request_id="once")
        assert repeated == (204, {})
    status, _ = await ask(acs, "POST", path)
    assert status == 404


async def test_a_wrong_key_is_refused(acs: AcsStandIn) -> None:
    wrong = AzureKeyCredential(base64.b64encode(b"wrong").decode())
    async with CallAutomationClient(acs.endpoint, wrong) as client:
        with pytest.raises(ClientAuthenticationError):
            await client.get_call_connection("x").get_call_properties()
    assert not acs.requests


async def test_a_body_that_was_changed_on_the_way_is_refused(acs: AcsStandIn) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{acs.endpoint}/calling/callConnections:answer", json={}) as response,
    ):
        assert response.status == 401


@pytest.mark.parametrize(
    "signed",
    [
        "/calling/callConnections/a%3Ab?api-version=2026-03-12",
        "/calling/callConnections/a:b?api-version=2026-03-12",
    ],
)
async def test_paths_are_signed_as_sent_or_decoded_or_quoted(acs: AcsStandIn, signed: str) -> None:
    path = "/calling/callConnections/a:b?api-version=2026-03-12"
    status, body = await ask(acs, "GET", path, signed_path=signed)
    assert (status, body["error"]["code"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/calling/callConnections/x:juggle?api-version=2026-03-12"),
        ("GET", "/calling/callConnections/x:terminate?api-version=2026-03-12"),
        ("POST", "/calling/callConnections/x?api-version=2026-03-12"),
        ("GET", "/calling/callConnections/x?api-version=2023-01-15-preview"),
        ("GET", "/calling/callConnections/x"),
        ("GET", "/elsewhere?api-version=2026-03-12"),
    ],
)
async def test_what_the_service_does_not_know_is_not_found(
    acs: AcsStandIn, method: str, path: str
) -> None:
    status, body = await ask(acs, method, path)
    assert (status, body["error"]["code"]) == (404, "NotFound")


@pytest.mark.parametrize("body", [b"[]", b"{", b"{}", b'{"incomingCallContext":1}'])
async def test_a_body_that_makes_no_sense_is_invalid(acs: AcsStandIn, body: bytes) -> None:
    path = "/calling/callConnections:answer?api-version=2026-03-12"
    status, answer = await ask(acs, "POST", path, body)
    assert (status, answer["error"]["code"]) == (400, "8523")


@pytest.mark.parametrize(
    "operation",
    [
        ":transferToParticipant",
        ":startContinuousDtmfRecognition",
        ":hold",
        "/participants:add",
        "/participants:remove",
        "/participants:cancelAddParticipant",
    ],
)
async def test_what_is_done_to_somebody_must_say_to_whom(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, operation: str
) -> None:
    phone = await dial()
    await bridge.told("CallConnected")
    path = f"/calling/callConnections/{phone.connection_id}{operation}?api-version=2026-03-12"
    status, answer = await ask(acs, "POST", path, b"{}")
    assert (status, answer["error"]["code"]) == (400, "8523")
