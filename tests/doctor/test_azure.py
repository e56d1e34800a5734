"""ACS and Voice Live: each refusal has a remedy of its own."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bridge import Agent, Callflow
from bridge.doctor.azure import check_acs, check_identity, check_voices
from bridge.doctor.finding import Finding
from bridge.lab.acs import AcsStandIn
from bridge.lab.entra import entra
from bridge.lab.identity import managed_identity
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.service.flows import Flows
from bridge.service.settings import Settings, read_settings
from tests.doctor.servers import RESOURCE_ID, serving, silent

KEY = "c2VjcmV0LWtleQ=="
FLOW = Callflow(number="+18005550100")
LED = Callflow(number="+18005550101", agent=Agent("clinic", "desk"))
FLOWS = Flows({"line": FLOW})


def settings(**given: Any) -> Settings:
    return read_settings(**given)[0]


async def acs(endpoint: str, key: str = KEY) -> Finding:
    (found,) = await check_acs(settings(acs_endpoint=endpoint, acs_access_key=key))
    return found


async def voices(service: VoiceLiveStandIn, flows: Flows = FLOWS, **more: Any) -> list[Finding]:
    given = {"voicelive_endpoint": service.endpoint, "voicelive_api_key": service.api_key}
    return await check_voices(settings(**given | more), flows)


async def test_acs_knows_the_key_of_its_own(studio: Studio) -> None:
    async with AcsStandIn(studio) as cloud:
        found = await acs(cloud.endpoint, cloud.access_key)
        assert (found.verdict, found.says) == ("ok", "takes this service's key.")
        wrong = await acs(cloud.endpoint)
    assert (wrong.verdict, wrong.says) == ("problem", "answered 401 Denied.")
    assert "Copy the key" in wrong.remedy
    assert "clock" in wrong.remedy


@pytest.mark.parametrize(
    ("status", "code", "verdict", "remedy"),
    [
        (404, "8522", "ok", ""),
        (400, "8501", "ok", ""),
        (401, "Denied", "problem", "Copy the key of this very resource again"),
        (403, "7504", "problem", "See that the resource is not disabled"),
        (404, "NotFound", "problem", "Correct the endpoint"),
        (200, "", "problem", "Correct the endpoint"),
        (429, "TooManyRequests", "warning", "Ask again in a minute"),
        (503, "", "problem", "Ask again in a minute"),
    ],
)
async def test_what_acs_answers(status: int, code: str, verdict: str, remedy: str) -> None:
    asked: list[str] = []

    def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        body = {"error": {"code": code, "message": "of the service"}} if code else {}
        return web.json_response(body, status=status)

    async with serving(answer) as url:
        found = await acs(url)
    assert (found.name, found.verdict) == ("ACS", verdict)
    assert found.remedy.startswith(remedy)
    assert len(asked) == 1, "asked once, whatever the answer"
    assert "of the service" not in repr(found)


async def test_acs_is_waited_for_five_seconds() -> None:
    began_s = asyncio.get_running_loop().time()
    async with silent() as there:
        found = await acs(f"http://{there}")
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(5, abs=0.1)
    assert (found.verdict, found.says) == ("problem", "no answer within 5 s.")


async def test_acs_may_break_off() -> None:
    async def hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hangs_up, "127.0.0.1", 0) as server:
        found = await acs(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert found.verdict == "problem"
    assert found.says.startswith("ACS was not reached: ")


async def test_what_is_no_key_is_not_shown_to_acs() -> None:
    found = await acs("http://127.0.0.1:9", "no key")
    assert (found.verdict, found.says) == ("skipped", "was not asked: the key is none.")


async def test_an_identity_may_have_no_token_for_acs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    async with managed_identity():
        monkeypatch.setenv("IDENTITY_HEADER", "another")
        (found,) = await check_acs(settings(acs_endpoint="https://127.0.0.1:9"))
    assert found.verdict == "problem"
    assert found.says == "ACS was not asked: ClientAuthenticationError."


async def test_a_session_is_opened_once_for_each_model_and_closed(studio: Studio) -> None:
    other = Callflow(number="+18005550102", model="gpt-realtime")
    twin = Callflow(number="+18005550103", greeting="Hi.")
    async with VoiceLiveStandIn(studio) as service:
        found = await voices(service, Flows({"line": FLOW, "twin": twin, "other": other}))
        assert [session.open for session in service.sessions] == [False, False]
    assert [(each.name, each.verdict, each.says) for each in found] == [
        ("Voice Live, gpt-4.1-mini", "ok", "opens a session."),
        ("Voice Live, gpt-realtime", "ok", "opens a session."),
    ]


async def test_no_more_than_four_sessions_are_opened(studio: Studio) -> None:
    models = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-realtime", "gpt-5")
    many = {
        model: Callflow(number=f"+1800555010{number}", model=model)
        for number, model in enumerate(models)
    }
    async with VoiceLiveStandIn(studio) as service:
        found = await voices(service, Flows(many))
        assert len(service.sessions) == 4
    assert found[-1].verdict == "skipped"
    assert found[-1].says == "2 more models or agents were not tried."


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "Leave out VOICELIVE_API_VERSION"),
        (401, "Copy the key of this very resource again"),
        (403, "Copy the key of this very resource again"),
        (404, "Correct VOICELIVE_ENDPOINT"),
        (429, "Ask for more quota"),
        (503, "Ask again in a minute"),
    ],
)
async def test_what_voice_live_answers(studio: Studio, status: int, remedy: str) -> None:
    async with VoiceLiveStandIn(studio, switches=Switches(handshake=status)) as service:
        (found,) = await voices(service)
    assert (found.verdict, found.says) == (
        "problem",
        f"no session: it answers {status}.",
    )
    assert found.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("switches", "says", "remedy"),
    [
        (Switches(no_session_updated=True), "no session within 5 s", "Ask again in a minute"),
        (Switches(error_instead_of_updated=True), "", "Have the flow use a model, a voice"),
    ],
    ids=["silent", "refused"],
)
async def test_a_session_that_cannot_be_set_up(
    studio: Studio, switches: Switches, says: str, remedy: str
) -> None:
    async with VoiceLiveStandIn(studio, switches=switches) as service:
        (found,) = await voices(service)
    assert found.verdict == "problem"
    assert says in found.says
    assert found.remedy.startswith(remedy)


async def test_an_agent_is_not_asked_for_with_a_key(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service:
        assert await voices(service, Flows({"led": LED})) == []


@pytest.mark.parametrize("status", [401, 403])
async def test_an_identity_without_a_role(studio: Studio, status: int) -> None:
    switches = Switches(handshake=status)
    async with managed_identity(), VoiceLiveStandIn(studio, switches=switches) as service:
        flows = Flows({"line": FLOW, "led": LED})
        model, agent = await voices(service, flows, voicelive_api_key=None)
    assert "Cognitive Services User on the Foundry resource;" in model.remedy
    assert agent.name == "Voice Live, agent clinic"
    assert "and Foundry User on the agent's project" in agent.remedy


async def test_an_identity_that_has_tokens() -> None:
    async with managed_identity():
        found = await check_identity()
    assert (found.verdict, found.says) == ("ok", "Entra gives it tokens.")
    async with entra() as tenant, managed_identity(tenant.sign(300, oid=RESOURCE_ID)):
        found = await check_identity()
    assert found.says.endswith(f"az role assignment list --all --assignee {RESOURCE_ID}")


async def test_an_identity_that_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    async with managed_identity():
        monkeypatch.setenv("IDENTITY_HEADER", "another")
        found = await check_identity()
    assert found.verdict == "problem"
    assert "az login" in found.remedy
    assert "another" not in repr(found)
