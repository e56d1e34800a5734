"""`POST /calls` opens to the bearer of a key, has calls placed, and repeats nothing it was sent."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from bridge import Callflow, HangUp, Hours
from bridge.lab.acs import AcsStandIn
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial, trial
from tests.logs import written_logs

NUMBER, THEM = "+18005550100", "+14255550123"
GREETING = "Good morning, your parcel has arrived."
KEY = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": f"Bearer {KEY}"}
ORDER = {"flow": "line", "to": THEM}
NEVER = Hours(zone="UTC", week={}, closed=HangUp())
FLOWS = Flows(
    {
        "line": Callflow(number=NUMBER, greeting=GREETING),
        "closed": Callflow(number="+18005550101", hours=NEVER),
    }
)
SENTENCE = 'The body must be JSON like {"flow": "order_status", "to": "+18005550100"}.'


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS, interlude_api_key=KEY) as running:
        yield running


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def ask(
    web: ClientSession, scene: Trial, headers: Any = BEARER, **body: Any
) -> tuple[int, str]:
    body = body or {"json": ORDER}
    async with web.post(f"{scene.url}/calls", headers=headers, **body) as answer:
        return answer.status, await answer.text()


def placed(acs: AcsStandIn) -> int:
    return sum(request.operation == "create" for request in acs.requests)


async def test_somebody_is_called_and_hears_the_flow(scene: Trial, web: ClientSession) -> None:
    async with web.post(f"{scene.url}/calls", headers=BEARER, json=ORDER) as answer:
        assert (answer.status, answer.content_type) == (201, "application/json")
        told = await answer.json()
    (call,) = scene.app[SWITCHBOARD].in_progress
    assert told == {"id": call.id}
    phone = await scene.acs.callee(THEM)
    await phone.hears(GREETING)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Basic {KEY}", KEY],
)
async def test_strangers_have_no_calls_placed(
    scene: Trial, web: ClientSession, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with web.post(f"{scene.url}/calls", headers=headers, json=ORDER) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert placed(scene.acs) == 0


@pytest.mark.parametrize(
    ("door", "header"), [("calls", b"Authorization: Bearer "), ("acs/events", b"x-eventgrid-key: ")]
)
async def test_a_key_in_no_alphabet_is_a_wrong_key(scene: Trial, door: str, header: bytes) -> None:
    host, port = scene.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /{door} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n".encode())
    writer.write(header + b"\xff\xfe\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 401 Unauthorized\r\n"
    writer.close()
    await writer.wait_closed()


async def test_without_a_key_the_door_is_shut_and_says_which_setting_opens_it(
    web: ClientSession,
) -> None:
    async with trial(FLOWS, interlude_read_key=None) as scene:
        status, sentence = await ask(web, scene)
        assert status == 403
        assert "INTERLUDE_API_KEY" in sentence


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"line"',
        b'{"flow": "line"}',
        b'{"flow": "line", "to": 14255550123}',
        b'{"flow": null, "to": "+14255550123"}',
        b'{"flow": "line", "to": "+14255550123", "form": "+18005550100"}',
        b'{"flow": "line", "to": "\xff"}',
        b"[" * 4_000,
    ],
)
async def test_what_is_no_order_is_refused(scene: Trial, web: ClientSession, body: bytes) -> None:
    assert await ask(web, scene, data=body) == (400, SENTENCE)


@pytest.mark.parametrize("to", ["14255550123", "sip:14255550123@example.com", "", "+1 425 5550123"])
async def test_what_is_no_number_is_refused(scene: Trial, web: ClientSession, to: str) -> None:
    status, sentence = await ask(web, scene, json={"flow": "line", "to": to})
    assert status == 400
    assert "international form" in sentence
    assert "4255550123" not in sentence


async def test_an_order_has_4_kb_at_most(scene: Trial, web: ClientSession) -> None:
    order = b'{"flow": "line", "to": "+14255550123"}'
    assert (await ask(web, scene, data=order.ljust(4_096)))[0] == 201
    assert (await ask(web, scene, data=order.ljust(4_097)))[0] == 413
    assert (await ask(web, scene, data=order.ljust(1 << 18)))[0] == 413
    assert placed(scene.acs) == 1


async def test_a_flow_that_is_not_there_is_not_found(scene: Trial, web: ClientSession) -> None:
    assert await ask(web, scene, json={"flow": THEM, "to": THEM}) == (
        404,
        "There is no call flow of this name.",
    )


async def test_a_closed_line_calls_nobody(scene: Trial, web: ClientSession) -> None:
    status, sentence = await ask(web, scene, json={"flow": "closed", "to": THEM})
    assert (status, placed(scene.acs)) == (409, 0)
    assert "closed by its hours" in sentence
    assert THEM not in sentence


async def test_a_line_calls_two_at_a_time(scene: Trial, web: ClientSession) -> None:
    assert [(await ask(web, scene))[0] for _ in range(2)] == [201, 201]
    status, sentence = await ask(web, scene)
    assert status == 409
    assert "calls under way" in sentence
    assert THEM not in sentence
    assert placed(scene.acs) == 2


async def test_a_process_about_to_stop_calls_nobody(scene: Trial, web: ClientSession) -> None:
    await scene.app[SWITCHBOARD].drain()
    assert (await ask(web, scene))[0] == 503


async def test_nobody_is_called_while_speech_is_down(web: ClientSession) -> None:
    async with trial(FLOWS, interlude_api_key=KEY, voicelive_api_key="wrong") as scene:
        for _ in range(3):
            await scene.acs.dial(NUMBER)
            await scene.record()
        status, sentence = await ask(web, scene)
        assert (status, placed(scene.acs)) == (503, 0)
        assert "Voice Live cannot be reached" in sentence


async def test_nobody_is_called_by_a_process_that_is_full(web: ClientSession) -> None:
    async with trial(FLOWS, interlude_api_key=KEY, interlude_most_calls=1) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.answered()
        status, sentence = await ask(web, scene)
        assert (status, placed(scene.acs)) == (503, 0)
        assert "as many calls as it may have" in sentence


async def test_what_acs_refuses_is_told(web: ClientSession) -> None:
    async with trial(FLOWS, interlude_api_key=KEY, acs_access_key="d3Jvbmc=") as scene:
        status, sentence = await ask(web, scene)
        assert status == 502
        assert sentence.startswith("The call could not be placed: ACS answered 401")
        assert THEM not in sentence


async def test_there_are_60_requests_a_minute(scene: Trial, web: ClientSession) -> None:
    for _ in range(100):
        assert (await ask(web, scene, headers={}))[0] == 401, "strangers do not count"
    began_s = asyncio.get_running_loop().time()
    for _ in range(59):
        assert (await ask(web, scene, data=b""))[0] == 400
    await asyncio.sleep(20)
    assert (await ask(web, scene, data=b""))[0] == 400
    async with web.post(f"{scene.url}/calls", headers=BEARER, json=ORDER) as answer:
        assert answer.status == 429
        wait_s = int(answer.headers["Retry-After"])
    assert asyncio.get_running_loop().time() + wait_s - began_s == pytest.approx(60, abs=1)
    await asyncio.sleep(wait_s)
    assert (await ask(web, scene))[0] == 201


async def test_no_number_and_no_key_reaches_the_log(scene: Trial, web: ClientSession) -> None:
    with written_logs() as written:
        await ask(web, scene, headers={"Authorization": "Bearer of-a-stranger"})
        await ask(web, scene, json={"flow": THEM, "to": THEM})
        await ask(web, scene, json={"flow": "closed", "to": THEM})
        await ask(web, scene)
    assert {"door.refused", "call.placed"} <= {line["event"] for line in written.lines}
    for private in (THEM[2:-2], NUMBER[2:-2], KEY, "of-a-stranger"):
        assert private not in written.text
