"""Azure's services and operators prove who they are, each at their own door."""

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs

from bridge import Callflow
from bridge.lab.acs import SubscriptionRefused
from bridge.lab.entra import EVENT_GRID, Entra, entra
from bridge.lab.signing import private_key
from bridge.service.flows import Flows
from bridge.trial import READ_KEY, Trial, trial

NUMBER = "+18005550100"
GREETING = "Good morning."
FLOWS = Flows({"line": Callflow(number=NUMBER, greeting=GREETING)})
KEY = "0123456789abcdef0123456789abcdef"
AUDIENCE = "api://interlude"
EVENT = [{"eventType": "Other"}]


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def tenant() -> AsyncIterator[Entra]:
    async with entra() as running:
        yield running


def secured(tenant: Entra) -> dict[str, Any]:
    return {
        "azure_authority_host": tenant.host,
        "eventgrid_tenant_id": tenant.tenant,
        "eventgrid_audience": AUDIENCE,
    }


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def post(web: ClientSession, url: str, headers: dict[str, str], body: Any = EVENT) -> int:
    async with web.post(url, json=body, headers=headers) as response:
        return response.status


def _with_public_key_as_secret(scene: Trial) -> str:
    """The classic confusion: HMAC, keyed by what everybody knows."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "lab"}
    claims = {
        "iss": scene.acs.authority.issuer,
        "aud": scene.acs.resource_id,
        "exp": int(time.time()) + 300,
    }
    parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in (header, claims)]
    pem = (
        private_key("lab")
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    digest = hmac.digest(pem, b".".join(parts), hashlib.sha256)
    return b".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=")]).decode()


def _unsigned(scene: Trial) -> str:
    header, claims, _ = scene.acs.sign(300).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"lab"}').rstrip(b"=").decode()
    assert header != none
    return f"{none}.{claims}."


def _altered(scene: Trial) -> str:
    header, _, signature = scene.acs.sign(300).split(".")
    claims = {"iss": scene.acs.authority.issuer, "aud": scene.acs.resource_id, "exp": 1 << 33}
    altered = base64.urlsafe_b64encode(orjson.dumps(claims)).rstrip(b"=").decode()
    return f"{header}.{altered}.{signature}"


def _of(scene: Trial, **claims: Any) -> str:
    good = {"aud": scene.acs.resource_id, "iss": scene.acs.authority.issuer}
    return scene.acs.authority.sign(300, **good | claims)


def _header(scene: Trial, **header: Any) -> str:
    claims = {
        "iss": scene.acs.authority.issuer,
        "aud": scene.acs.resource_id,
        "exp": int(time.time()) + 300,
    }
    return scene.acs.authority.token({"alg": "RS256", "kid": "lab"} | header, claims)


FORGED: dict[str, tuple[Callable[[Trial], str], str]] = {
    "no token": (lambda _: "", "nothing shown"),
    "no JWT": (lambda _: "x", "malformed"),
    "three dots": (lambda _: "..", "malformed"),
    "expired": (lambda scene: scene.acs.sign(-61), "expired"),
    "not yet valid": (lambda scene: _of(scene, nbf=int(time.time()) + 120), "expired"),
    "issued tomorrow": (lambda scene: _of(scene, iat=int(time.time()) + 86_400), "expired"),
    "for another resource": (lambda scene: _of(scene, aud="another"), "audience"),
    "for nobody": (lambda scene: _of(scene, aud=[]), "malformed"),
    "by another issuer": (lambda scene: _of(scene, iss="https://evil.example.com"), "issuer"),
    "by a list of issuers": (lambda scene: _of(scene, iss=[scene.acs.endpoint]), "issuer"),
    "that never expires": (lambda scene: _of(scene, exp=None), "malformed"),
    "that expires in words": (lambda scene: _of(scene, exp="tomorrow"), "malformed"),
    "unsigned": (_unsigned, "malformed"),
    "signed with the public key": (_with_public_key_as_secret, "malformed"),
    "with other claims": (_altered, "signature"),
    "of an unknown key": (lambda scene: _header(scene, kid="another"), "unknown key"),
    "without a key": (lambda scene: _header(scene, kid=None), "malformed"),
    "of a key that is a list": (lambda scene: _header(scene, kid=["lab"]), "malformed"),
    "with a key of its own": (
        lambda scene: _header(scene, kid="../../etc/passwd", jku="http://127.0.0.1:9/keys"),
        "unknown key",
    ),
    "of a critical extension": (lambda scene: _header(scene, crit=["b64"], b64=False), "malformed"),
    "larger than a header may be": (lambda _: "x" * 9_000, ""),
}


@pytest.mark.parametrize("forgery", FORGED)
async def test_whoever_is_not_acs_is_refused(web: ClientSession, forgery: str) -> None:
    forge, why = FORGED[forgery]
    async with trial(FLOWS) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        asked = scene.acs.requests[0].body
        with capture_logs() as lines:
            status = await post(web, asked["callbackUri"], bearer(forge(scene)), [])
        if not why:
            assert status == 400
            return
        assert status == 401
        (refused,) = [line for line in lines if line["event"] == "door.refused"]
        assert (refused["door"], refused["why"]) == ("callbacks", why)
        assert await post(web, asked["callbackUri"], scene.acs.proof, []) == 200


async def test_a_clock_that_is_a_minute_off_is_forgiven(web: ClientSession) -> None:
    async with trial(FLOWS) as scene:
        await (await scene.acs.dial(NUMBER)).answered()
        url = scene.acs.requests[0].body["callbackUri"]
        late, early = scene.acs.sign(-50), _of(scene, nbf=int(time.time()) + 50)
        assert [await post(web, url, bearer(token), []) for token in (late, early)] == [200, 200]


async def test_what_acs_signed_itself_does_not_open_another_calls_door(web: ClientSession) -> None:
    async with trial(FLOWS) as scene:
        await (await scene.acs.dial(NUMBER)).answered()
        url = f"{scene.url}/acs/callbacks/forged"
        assert await post(web, url, scene.acs.proof, []) == 401


async def test_only_logging_lets_in_what_comes_as_from_azure_and_tells(web: ClientSession) -> None:
    async with trial(FLOWS, interlude_auth="log") as scene:
        await (await scene.acs.dial(NUMBER)).answered()
        with capture_logs() as lines:
            url = scene.acs.requests[0].body["callbackUri"]
            assert await post(web, url, {}, []) == 200
            assert await post(web, f"{scene.url}/acs/events", {}) == 200
            assert await post(web, f"{scene.url}/calls", {}) == 401
            assert await post(web, f"{scene.url}/acs/callbacks/forged", {}, []) == 401
        told = [(line["door"], line["why"]) for line in lines if line["event"] == "door.refused"]
        assert told == [
            ("callbacks", "nothing shown"),
            ("events", "nothing shown"),
            ("operators", "nothing shown"),
            ("callbacks", "malformed"),
        ]


async def test_on_loopback_the_doors_may_be_open(web: ClientSession) -> None:
    async with trial(FLOWS, interlude_auth="off", interlude_host="127.0.0.1") as scene:
        await (await scene.acs.dial(NUMBER)).answered()
        assert await post(web, scene.acs.requests[0].body["callbackUri"], {}, []) == 200
        async with web.get(f"{scene.url}/metrics") as response:
            assert response.status == 200
        assert await post(web, f"{scene.url}/acs/callbacks/forged", {}, []) == 401


@pytest.mark.parametrize("schema", ["event_grid", "cloud_events"])
@pytest.mark.parametrize("version", [1, 2])
async def test_event_grid_may_prove_itself_by_entra(
    tenant: Entra, schema: Any, version: int
) -> None:
    issuer = tenant.issuer if version == 2 else f"https://sts.windows.net/{tenant.tenant}/"
    claims = {"appid" if version == 1 else "azp": EVENT_GRID["appid"], "roles": EVENT_GRID["roles"]}

    def proof() -> dict[str, str]:
        return bearer(tenant.sign(3_600, iss=issuer, aud=AUDIENCE, **claims))

    async with trial(FLOWS, **secured(tenant)) as scene:
        await scene.acs.subscribe(f"{scene.url}/acs/events", schema=schema, proof=proof)
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)


@pytest.mark.parametrize(
    ("claims", "status", "why"),
    [
        (EVENT_GRID, 200, None),
        ({**EVENT_GRID, "appid": "another"}, 403, "application"),
        ({"roles": EVENT_GRID["roles"]}, 403, "application"),
        ({**EVENT_GRID, "roles": []}, 403, "role"),
        ({**EVENT_GRID, "roles": "AzureEventGridSecureWebhookSubscriber"}, 403, "role"),
        ({**EVENT_GRID, "aud": "another"}, 401, "audience"),
        ({**EVENT_GRID, "iss": "https://sts.windows.net/another/"}, 401, "issuer"),
        ({**EVENT_GRID, "exp": 1}, 401, "expired"),
    ],
)
async def test_no_other_application_of_the_tenant_may_post_events(
    tenant: Entra, web: ClientSession, claims: dict[str, Any], status: int, why: str | None
) -> None:
    async with trial(FLOWS, **secured(tenant)) as scene:
        with capture_logs() as lines:
            shown = bearer(tenant.sign(3_600, **{"aud": AUDIENCE} | claims))
            assert await post(web, f"{scene.url}/acs/events", shown) == status
        refused = [line["why"] for line in lines if line["event"] == "door.refused"]
        assert refused == ([why] if why else [])


async def test_without_the_keys_of_entra_event_grid_is_to_try_again_soon(
    tenant: Entra, web: ClientSession
) -> None:
    tenant.is_ill = True
    async with trial(FLOWS, **secured(tenant)) as scene:
        shown = bearer(tenant.sign(3_600, aud=AUDIENCE, **EVENT_GRID))
        assert await post(web, f"{scene.url}/acs/events", shown) == 502


async def test_of_two_keys_either_opens_while_they_are_changed(web: ClientSession) -> None:
    async with trial(FLOWS, eventgrid_key_previous="the one before") as scene:
        keys = ["lab-event-grid-key", "the one before", "another", "lab-event-grid-ke"]
        statuses = [
            await post(web, f"{scene.url}/acs/events", {"x-eventgrid-key": key}) for key in keys
        ]
        assert statuses == [200, 200, 401, 401]


async def test_only_subscriptions_that_are_named_are_made(web: ClientSession) -> None:
    async with trial(FLOWS, eventgrid_subscriptions=("lab", "other")) as scene:
        url = f"{scene.url}/acs/events?key=lab-event-grid-key"
        await scene.acs.subscribe(url, name="OTHER")
        for schema in ("event_grid", "cloud_events"):
            with pytest.raises(SubscriptionRefused, match="403"):
                await scene.acs.subscribe(url, name="STRANGE", schema=schema)
        async with web.options(url, headers={"WebHook-Request-Origin": "evil.example"}) as response:
            assert response.status == 403


async def test_a_handshake_is_for_event_grid_alone(web: ClientSession) -> None:
    async with trial(FLOWS) as scene:
        url = f"{scene.url}/acs/events?key=lab-event-grid-key"
        for origin, status in (("eventgrid.azure.net", 200), ("evil.example", 400)):
            async with web.options(url, headers={"WebHook-Request-Origin": origin}) as response:
                assert response.status == status


@pytest.mark.parametrize(
    ("key", "reads", "edits"),
    [(KEY, 200, 400), (READ_KEY, 200, 403), ("another", 401, 401), (None, 401, 401)],
)
async def test_a_key_reads_or_edits(
    web: ClientSession, key: str | None, reads: int, edits: int
) -> None:
    headers = bearer(key) if key else {}
    async with trial(FLOWS, interlude_api_key=KEY) as scene:
        async with web.get(f"{scene.url}/metrics", headers=headers) as response:
            assert response.status == reads
        assert await post(web, f"{scene.url}/calls", headers) == edits


@pytest.mark.parametrize(
    ("roles", "reads", "edits"),
    [
        (["Interlude.Editor"], 200, 400),
        (["Interlude.Reader"], 200, 403),
        (["Interlude.Reader", "Interlude.Editor", "Other", 3], 200, 400),
        (["interlude.editor"], 403, 403),
        ([], 403, 403),
        ("Interlude.Editor", 403, 403),
        (None, 403, 403),
    ],
)
async def test_a_person_reads_or_edits_by_their_role(
    web: ClientSession, tenant: Entra, roles: Any, reads: int, edits: int
) -> None:
    async with trial(
        FLOWS, interlude_oidc_issuer=tenant.issuer, interlude_oidc_audience=AUDIENCE
    ) as scene:
        headers = bearer(tenant.sign(3_600, aud=AUDIENCE, roles=roles))
        async with web.get(f"{scene.url}/metrics", headers=headers) as response:
            assert response.status == reads
        assert await post(web, f"{scene.url}/calls", headers) == edits
        stranger = bearer(tenant.sign(3_600, aud="another", roles=roles))
        assert await post(web, f"{scene.url}/calls", stranger) == 401


async def test_refusals_are_counted(web: ClientSession) -> None:
    async with trial(FLOWS) as scene:
        await post(web, f"{scene.url}/acs/events?key=wrong", {})
        headers = bearer(READ_KEY)
        async with web.get(f"{scene.url}/metrics", headers=headers) as response:
            text = await response.text()
    assert 'interlude_doors_refused_total{door="events",why="wrong key"} 1.0' in text


async def test_with_nothing_asked_of_anybody_another_sites_name_opens_nothing(
    web: ClientSession,
) -> None:
    async with trial(FLOWS, interlude_auth="off", interlude_host="127.0.0.1") as scene:
        for host, status in (("127.0.0.1", 200), ("localhost", 200), ("evil.example", 403)):
            headers = {"Host": f"{host}:8080"}
            async with web.get(f"{scene.url}/metrics", headers=headers) as response:
                assert response.status == status
