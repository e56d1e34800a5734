"""Operators see how busy the process is, and set what it may take."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.lab.acs import CallRefused
from bridge.service.flows import Flows
from bridge.trial import READ_KEY, Trial, trial

NUMBER = "+18005550100"
KEY = "0123456789abcdef0123456789abcdef"
FLOWS = Flows({"line": Callflow(number=NUMBER, silence=None)})
SENTENCE = 'The body must be JSON like {"most_calls": 80, "sessions_a_minute": 30}.'


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS, interlude_api_key=KEY, interlude_sessions_a_minute=30) as running:
        yield running


async def ask(scene: Trial, method: str, key: str, **body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        ClientSession(headers=headers) as web,
        web.request(method, f"{scene.url}/api/v1/capacity", **body) as answer,
    ):
        is_json = answer.content_type == "application/json"
        return answer.status, await (answer.json() if is_json else answer.text())


async def test_a_reader_sees_the_limits_and_what_is_used_of_them(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    status, told = await ask(scene, "GET", READ_KEY)
    assert status == 200
    assert (told["most_calls"], told["sessions_a_minute"], told["calls"]) == (80, 30, 1)
    assert told["free_sessions"] == 23, "a fifth of 30 is for calls in progress, and one is begun"
    assert told["turned_away"] == {}


async def test_an_editor_sets_them_for_the_next_call_and_none_in_progress_ends(
    scene: Trial,
) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    limits = {"most_calls": 1, "sessions_a_minute": 0}
    status, told = await ask(scene, "PUT", KEY, json=limits)
    assert (status, told["most_calls"], told["free_sessions"]) == (200, 1, None)
    with pytest.raises(CallRefused):
        await (await scene.acs.dial(NUMBER)).answered()
    assert (await ask(scene, "GET", READ_KEY))[1]["turned_away"] == {"full": 1}
    await phone.hangs_up()
    for _ in range(2):
        assert (await scene.record()).end


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", SENTENCE),
        (b"[]", SENTENCE),
        (b'{"most_calls": 3}', SENTENCE),
        (b'{"most_calls": true, "sessions_a_minute": 1}', SENTENCE),
        (b'{"most_calls": 3, "sessions_a_minute": 1, "more": 1}', SENTENCE),
        (
            b'{"most_calls": 0, "sessions_a_minute": 1}',
            "most_calls is 1 or more: to take no calls, stop the process.",
        ),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    scene: Trial, body: bytes, sentence: str
) -> None:
    assert await ask(scene, "PUT", KEY, data=body) == (400, sentence)
    assert (await ask(scene, "GET", READ_KEY))[1]["most_calls"] == 80


async def test_a_reader_sets_nothing(scene: Trial) -> None:
    assert (await ask(scene, "PUT", READ_KEY, json={}))[0] == 403
    assert (await ask(scene, "GET", "nobody's"))[0] == 401
