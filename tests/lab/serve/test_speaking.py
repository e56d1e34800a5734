"""Voice Live directed by requests."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.lab.serve import Lab

from .conftest import Ask


class Client:
    """A client of Voice Live, as bare as can be."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def until(self, kind: str) -> dict[str, Any]:
        """The next event of a kind."""
        while True:
            event: dict[str, Any] = await self.ws.receive_json()
            if event["type"] == kind:
                return event

    async def asks(self, text: str) -> dict[str, Any]:
        """The response to something written."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.ws.send_json({"type": "conversation.item.create", "item": item})
        await self.ws.send_json({"type": "response.create"})
        done: dict[str, Any] = (await self.until("response.done"))["response"]
        return done


@pytest.fixture
async def client(lab: Lab) -> AsyncIterator[Client]:
    path = "/voice-live/realtime?api-version=2026-07-15&model=gpt-4.1&api-key=lab-key"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{lab.stage.voices.endpoint}{path}") as ws,
    ):
        client = Client(ws)
        await client.until("session.created")
        yield client


def words(response: dict[str, Any]) -> list[str]:
    return [item["content"][0]["transcript"] for item in response["output"] if "content" in item]


async def test_the_model_does_as_prescribed_and_then_by_its_rules(ask: Ask, client: Client) -> None:
    call = {"name": "weather", "arguments": {"city": "Rome"}}
    left = await ask(
        "POST",
        "/model",
        {"turns": [{"say": "One moment.", "calls": [call]}], "answers": [{"say": "Sunny."}]},
    )
    assert left == {"turns": 1, "answers": 1}
    message, called = (await client.asks("Weather?"))["output"]
    assert message["content"][0]["transcript"] == "One moment."
    assert (called["name"], called["arguments"]) == ("weather", '{"city": "Rome"}')
    output = {"type": "function_call_output", "call_id": called["call_id"], "output": "25"}
    await client.ws.send_json({"type": "conversation.item.create", "item": output})
    await client.ws.send_json({"type": "response.create"})
    assert words((await client.until("response.done"))["response"]) == ["Sunny."]
    assert words(await client.asks("And now?")) == [
        "I am a stand-in, and I have no answer to that."
    ]
    assert await ask("GET", "/model") == {"turns": 0, "answers": 0}


async def test_what_was_prescribed_can_be_taken_back(ask: Ask, client: Client) -> None:
    await ask("POST", "/model", {"turns": [{"say": "Never said."}]})
    assert await ask("DELETE", "/model") == {"turns": 0, "answers": 0}
    assert words(await client.asks("Hello?")) == ["I am a stand-in, and I have no answer to that."]


async def test_a_session_tells_what_it_saw(ask: Ask, client: Client) -> None:
    await client.asks("Hello?")
    (brief,) = await ask("GET", "/sessions")
    assert (brief["open"], brief["query"]["model"]) == (True, "gpt-4.1")
    session = await ask("GET", f"/sessions/{brief['id']}")
    assert [event["type"] for event in session["received"]] == [
        "conversation.item.create",
        "response.create",
    ]
    assert session["items"][0]["content"] == [{"type": "input_text", "text": "Hello?"}]
    assert session["spoken"][0]["kind"] == "answer"
    assert "agent_said" in [happening["kind"] for happening in session["happenings"]]
    assert session["configured"]["model"] == "gpt-4.1"


async def test_answers_are_spoilt_and_any_event_is_sent(ask: Ask, client: Client) -> None:
    await ask("POST", "/sessions/latest/spoil", {"answers": ["failed"]})
    assert (await client.asks("Hello?"))["status"] == "failed"
    warning = {"type": "warning", "warning": {"code": "x", "message": "Mind the gap."}}
    await ask("POST", "/sessions/latest/events", warning)
    assert await client.until("warning") == warning


async def test_a_session_is_closed_or_lost(ask: Ask, client: Client) -> None:
    for does in ("freezes", "thaws"):
        await ask("POST", "/sessions/latest/fault", {"does": does})
    closed = await ask("POST", "/sessions/latest/fault", {"does": "closes", "code": 1011})
    assert not closed["open"]
    frame = await client.ws.receive()
    assert (frame.type, frame.data) == (aiohttp.WSMsgType.CLOSE, 1011)


async def test_a_session_is_lost_without_a_word(ask: Ask, tries: Ask, client: Client) -> None:
    lost = await ask("POST", "/sessions/latest/fault", {"does": "drops"})
    assert not lost["open"]
    assert (await client.ws.receive()).type is aiohttp.WSMsgType.CLOSED
    assert await tries("POST", "/sessions/latest/events", {"type": "warning"}) == (
        409,
        {"error": "The client of that session has gone."},
    )
