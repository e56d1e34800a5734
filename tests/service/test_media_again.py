"""Another media socket for a call: taken when the one before broke, and by nobody else's leave."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from bridge import Callflow
from bridge.lab.acs import Switches
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.service.tokens import FIRST_MEDIA_S
from bridge.trial import Trial, trial

NUMBER = "+18005550100"
GREETING = "Good morning."
FLOWS = Flows({"line": Callflow(number=NUMBER, greeting=GREETING)})


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def headers(scene: Trial) -> dict[str, str]:
    """What ACS shows when it brings the media of the first call."""
    (connection_id,) = scene.acs.connection_ids
    return {**scene.acs.proof, "x-ms-call-connection-id": connection_id}


def media_url(scene: Trial) -> str:
    url: str = scene.acs.requests[0].body["mediaStreamingOptions"]["transportUrl"]
    return url


async def test_a_call_goes_on_over_another_socket(web: ClientSession) -> None:
    async with trial(FLOWS) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.drops_media()
        await phone.waits(1)
        await phone.says("Where is my order?")
        await phone.hears("")
        with pytest.raises(WSServerHandshakeError, match="409"):
            await web.ws_connect(media_url(scene), headers=headers(scene))
        assert len(scene.app[SWITCHBOARD].in_progress) == 1
        await phone.hangs_up()
        record = await scene.record()
        assert record.end
        assert record.end.by == "caller"
        assert scene.app[SWITCHBOARD].in_progress == []


async def test_a_place_to_which_no_socket_came_is_still_free() -> None:
    switches = Switches(media_restart_fails=True, media_reconnects_s=3)
    async with trial(FLOWS, acs_switches=switches) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.drops_media()
        await phone.waits(1)
        async with ClientSession() as web:
            url = media_url(scene).replace("ws", "http", 1)
            half = {**headers(scene), "Upgrade": "websocket"}
            async with web.get(url, headers=half) as response:
                assert response.status == 400, "it is half a WebSocket"
        await phone.waits(3)
        await phone.says("Where is my order?")
        await phone.hears("")


async def test_an_old_token_brings_no_first_media(
    web: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trial(FLOWS, acs_switches=Switches(media_delay_s=60)) as scene:
        await scene.acs.dial(NUMBER)
        await asyncio.sleep(0.5)  # answered after 0.1 s
        token = media_url(scene).rpartition("/")[2]
        late = _made_at(token) + FIRST_MEDIA_S + 1
        shown = headers(scene)
        monkeypatch.setattr("cryptography.fernet.time.time", lambda: late)
        with pytest.raises(WSServerHandshakeError, match="409"):
            await web.ws_connect(media_url(scene), headers=shown)


def _made_at(token: str) -> int:
    """Seconds since 1970; a Fernet token has them in clear."""
    return int.from_bytes(base64.urlsafe_b64decode(token)[1:9], "big")
