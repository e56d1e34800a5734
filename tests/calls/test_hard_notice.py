"""What is said in place of an agent, when the speech service fails in the middle of it."""

import asyncio
from datetime import datetime

import pytest

from bridge import Callflow, HangUp, Hours
from bridge.lab.voicelive import Happening
from bridge.service.parts import SWITCHBOARD
from tests.calls.conftest import NUMBER, Stage

CLOSED = "We are closed now. Please call tomorrow, between nine and five."


@pytest.mark.parametrize("how", ["lost", "frozen"])
async def test_a_notice_that_cannot_be_spoken_ends_in_the_fallback(stage: Stage, how: str) -> None:
    hours = Hours(zone="Europe/Berlin", week={"mon-sun": "09:00-17:00"}, closed=HangUp(say=CLOSED))
    scene = await stage(Callflow(number=NUMBER, hours=hours))
    at = datetime.fromisoformat("2026-11-23T20:00+01:00")
    scene.app[SWITCHBOARD].admission.now = lambda: at
    spoke = asyncio.Event()

    def look(_: Happening) -> None:
        spoke.set()

    scene.voices.watch(look)
    phone = await scene.acs.dial(NUMBER)
    await spoke.wait()
    if how == "lost":
        await scene.voices.sessions[-1].drops()
    else:
        scene.voices.sessions[-1].freezes()
    try:
        async with asyncio.timeout(60):
            await phone.ended()
    except TimeoutError:
        await phone.hangs_up()
        pytest.fail("the caller was left in silence for a minute")
