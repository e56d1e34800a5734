"""While strangers try every door, callers notice nothing."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

from bridge import Callflow
from bridge.lab.acs import Phone, Switches
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage
from tests.calls.hostile import Attack, Victim
from tests.calls.hostile_table import ATTACKS
from tests.calls.test_sound import NO_TURNS

LINE = Callflow(number=NUMBER, silence=None, raw=NO_TURNS)
PATIENCE_S = 40
"""On the call's clock."""
GROWTH = 200
"""Objects that a thousand requests may leave behind in caches."""


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def outcomes(attacks: list[Attack], victim: Victim) -> dict[str, int]:
    async def run(attack: Attack) -> int:
        async with asyncio.timeout(PATIENCE_S):
            return await attack.run(victim)

    async with asyncio.TaskGroup() as tasks:
        running = {attack.name: tasks.create_task(run(attack)) for attack in attacks}
    return {name: task.result() for name, task in running.items()}


async def talking(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1.5)  # by then, all callbacks have come
    return phone


async def test_every_attack_is_refused_or_survived_and_a_call_beside_loses_nothing(
    stage: Stage,
    web: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = await stage(LINE)
    phone = await talking(scene)
    session = scene.voices.sessions[-1]
    numbers = (np.arange(30 * phone.rate_hz) + 1).astype("<u2").view("<i2")
    caplog.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.plays(numbers.tobytes()))
        tasks.create_task(phone.plays(numbers.tobytes(), phone.rate_hz))
        attacking = tasks.create_task(outcomes(ATTACKS, Victim.of(scene, web, 0)))
    await phone.waits(31)
    ended = attacking.result()
    badly = [each.name for each in ATTACKS if not each.ends_well(ended[each.name])]
    assert {name: ended[name] for name in badly} == {}
    errors = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert {type(error) for error in errors} <= {BadHttpMessage, LineTooLong}, "no HTTP at all"
    assert np.array_equal(np.frombuffer(phone.received, "<i2"), numbers)
    for heard in (phone.agent, session.audio_received):
        assert np.array_equal(np.trim_zeros(np.frombuffer(heard, "<i2")), numbers)
    assert len(scene.app[SWITCHBOARD].in_progress) == 1, "nobody else got a call"
    await phone.hangs_up()
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.underruns, record.frames_dropped) == ("caller", 0, 0)
    statuses = np.unique(list(ended.values()), return_counts=True)
    counts = ", ".join(f"{status}: {count}" for status, count in zip(*statuses, strict=True))
    with capsys.disabled():
        print(f"\nhostile requests: {len(ATTACKS)}, all refused or survived ({counts})")  # noqa: T201


def test_the_table_is_long_enough_and_names_each_once() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60


async def test_strangers_leave_nothing_in_memory(
    stage: Stage, web: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "aiohttp.server")  # a captured record keeps all its frames
    scene = await stage(LINE)
    await talking(scene)
    victim = Victim.of(scene, web, 0)
    sizes = []
    for _ in range(4):
        await outcomes(ATTACKS, victim)
        await asyncio.sleep(PATIENCE_S)
        gc.collect()
        sizes.append(len(gc.get_objects()))
    print(f"objects after {len(ATTACKS)} requests each: {sizes}")  # noqa: T201
    assert sizes[-1] - sizes[-2] < GROWTH


async def test_the_token_of_a_call_that_is_over_brings_no_other(
    stage: Stage, web: aiohttp.ClientSession
) -> None:
    scene = await stage(LINE)
    phone = await talking(scene)
    await phone.hangs_up()
    await scene.record()
    victim = Victim.of(scene, web, 0)
    assert await victim.opens(victim.media, {**victim.proof, **victim.named}) == 409
    assert len(scene.voices.sessions) == 1, "nobody talks to the model on our bill"


async def test_a_call_that_was_answered_and_not_heard_is_not_taken_by_its_url_alone(
    stage: Stage, web: aiohttp.ClientSession
) -> None:
    scene = await stage(LINE, acs_switches=Switches(media_delay_s=20))
    await scene.acs.dial(NUMBER)
    await asyncio.sleep(1)
    victim = Victim.of(scene, web, 0)
    assert await victim.opens(victim.media, victim.named) == 401
    assert await victim.opens(victim.media, {**victim.proof, **victim.named}) == 1006


@pytest.mark.parametrize(
    "frames",
    [
        ["x" * (300 << 10)],
        [b"\x00" * 960] * 50,
        ["[" * 200_000],
        ['{"kind":"AudioData"}', '{"kind":7}', "{}", "null", '{"kind":"DtmfData","dtmfData":{}}'],
        ['{"kind":"AudioData","audioData":{"data":"' + "A" * 200_000 + '"}}'] * 20,
        [],
    ],
    ids=["huge", "binary", "deep", "malformed", "minutes of sound", "silent"],
)
async def test_a_socket_that_speaks_nonsense_ends_and_the_call_goes_on_over_another(
    stage: Stage, web: aiohttp.ClientSession, frames: list[str | bytes]
) -> None:
    """It has all the proof there is: even ACS could be wrong."""
    scene = await stage(LINE, acs_switches=Switches(media_delay_s=60))
    phone = await scene.acs.dial(NUMBER)
    await asyncio.sleep(1)
    victim = Victim.of(scene, web, 0)
    async with web.ws_connect(victim.media, headers={**victim.proof, **victim.named}) as socket:
        for frame in frames:
            send: Any = socket.send_str if isinstance(frame, str) else socket.send_bytes
            with suppress(ConnectionError):  # it may have been cut by then
                await send(frame)
        async with asyncio.timeout(30):
            while not (await socket.receive()).type.name.startswith("CLOS"):
                pass
    await phone.answered()
    await phone.waits(1)
    await phone.hangs_up()
    record = await scene.record()
    assert record.end
    assert record.end.by == "caller"
