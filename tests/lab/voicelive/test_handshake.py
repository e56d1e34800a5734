import asyncio
import re
from typing import Any

import aiohttp
import pytest
from azure.ai.voicelive.aio import ConnectionClosed, connect
from azure.ai.voicelive.aio import ConnectionError as HandshakeError
from azure.core.credentials import AzureKeyCredential

from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from tests.lab.voicelive.line import Token, calling

KEY = AzureKeyCredential("lab-key")


@pytest.mark.parametrize(
    ("status", "target"),
    [
        (401, {"model": "gpt-4.1", "credential": AzureKeyCredential("wrong")}),
        (401, {"agent_name": "anna", "project_name": "shop", "credential": KEY}),
        (400, {"model": None, "credential": KEY}),
        (400, {"model": "gpt-4.1", "credential": KEY, "api_version": "2020-01-01"}),
        (400, {"model": None, "credential": Token(), "query": {"agent-name": "anna"}}),
    ],
)
async def test_a_wrong_handshake_is_answered_by_http(status: int, target: dict[str, Any]) -> None:
    async with VoiceLiveStandIn(Studio()) as service:
        with pytest.raises(HandshakeError, match=str(status)):
            await connect(endpoint=service.endpoint, **target).__aenter__()
        assert not service.sessions


@pytest.mark.parametrize("status", [400, 401, 429])
async def test_the_upgrade_can_be_refused_at_will(status: int) -> None:
    async with VoiceLiveStandIn(Studio(), switches=Switches(handshake=status)) as service:
        with pytest.raises(HandshakeError, match=str(status)):
            await connect(endpoint=service.endpoint, credential=KEY, model="gpt-4.1").__aenter__()


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_service_can_refuse_the_next_upgrade_and_take_the_one_after(status: int) -> None:
    async with calling() as line:
        line.service.switches = Switches(handshake=status)
        with pytest.raises(HandshakeError, match=str(status)):
            await line.again().__aenter__()
        line.service.switches = Switches()
        async with line.again() as other:
            await other.configure()
        await line.configure()


async def test_a_service_can_grow_slow_and_then_silent() -> None:
    async with calling() as line:
        await line.configure()
        line.service.switches = Switches(handshake_s=12, no_session_updated=True)
        before_s = asyncio.get_running_loop().time()
        async with line.again() as other:
            assert asyncio.get_running_loop().time() - before_s == pytest.approx(12, abs=0.1)
            await other.send("session.update", session={"instructions": "Be brief."})
            await other.quiet(60)
            assert other.kinds() == ["session.created"]
            assert other.session.configured["instructions"] == "Be brief."


async def test_the_upgrade_can_be_slow() -> None:
    async with calling(switches=Switches(handshake_s=12)) as line:
        await line.next()
        assert asyncio.get_running_loop().time() == pytest.approx(12, abs=0.1)


async def test_a_key_may_stand_in_the_query() -> None:
    async with (
        VoiceLiveStandIn(Studio(), api_key="other") as service,
        aiohttp.ClientSession() as web,
    ):
        query = {"api-version": "2026-07-15", "model": "gpt-4.1", "api-key": "other"}
        url = f"{service.endpoint}/voice-live/realtime"
        async with web.ws_connect(url, params=query) as socket:
            assert (await socket.receive_json())["type"] == "session.created"
        assert service.sessions[0].query["model"] == "gpt-4.1"


@pytest.mark.parametrize(
    ("model", "query", "code"),
    [
        ("gpt-6", {}, "invalid_model"),
        ("gpt-5.4-mini", {}, "invalid_model"),
        ("mine", {"profile": "byom-unheard-of"}, "invalid_profile"),
    ],
)
async def test_an_unknown_model_is_told_after_the_upgrade(
    model: str, query: dict[str, str], code: str
) -> None:
    async with calling(model, query=query) as line:
        assert (await line.next())["error"]["code"] == code
        with pytest.raises(ConnectionClosed):
            await line.next()
        assert not line.service.sessions


@pytest.mark.parametrize(
    ("profile", "size"),
    [("byom-azure-openai-realtime", 21), ("byom-azure-openai-chat-completion", 22)],
)
async def test_a_profile_decides_the_pipeline_of_a_deployment(profile: str, size: int) -> None:
    async with calling("mine", query={"profile": profile}) as line:
        session = (await line.next())["session"]
        assert re.fullmatch(rf"sess_\w{{{size}}}", session["id"])


async def test_an_agent_is_named_in_its_session() -> None:
    async with calling(None, agent="anna") as line:
        agent = (await line.next())["session"]["agent"]
        assert (agent["type"], agent["name"]) == ("agent", "anna")
        assert {"description", "agent_id", "thread_id"} <= agent.keys()


async def test_an_agent_that_does_not_exist_cannot_be_reached() -> None:
    async with calling(None, agent="anna", switches=Switches(agents=("otto",))) as line:
        assert (await line.next())["error"]["code"] == "agent_initialization_failed"
    async with calling(None, agent="anna", switches=Switches(agents=("anna",))) as line:
        assert (await line.next())["type"] == "session.created"


async def test_what_is_given_at_connection_is_kept() -> None:
    async with calling() as line:
        await line.next()
        assert line.session.query["api-version"] == "2026-07-15"
        assert line.session.open
    assert not line.session.open
