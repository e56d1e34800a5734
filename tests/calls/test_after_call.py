"""What flow authors and operators get of a call once it is over, and what that costs callers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge import Call, Callflow, Ended, HangUp, Hours, StaticInterim, Trigger
from bridge.lab.acs import BUSY
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial, trial
from tests.calls.conftest import NUMBER, Stage
from tests.logs import written_logs
from tests.service.crm import KEY, SECRET, Crm

GREETING = (
    "Good morning, this is the order line. Please note that our warehouse is closed on Sundays, "
    "and that parcels sent on Friday arrive on Monday."
)
QUESTION, THANKS = "Where is my order?", "Thank you, goodbye."
INTERIM = "One moment, I am looking."
ANSWER = "It is on its way."
GOODBYE = "Thank you for calling."
PIN = "4711"


def line(**more: Any) -> Callflow:
    flow = Callflow(
        **{"number": NUMBER, "greeting": GREETING, **more},
        voice="en-US-AvaNeural",
        interim=StaticInterim(
            texts=(INTERIM,),
            triggers=(Trigger.TOOL,),
            latency_threshold_ms=300,
            delivery="bridge",
        ),
    )

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(4)
        return ANSWER

    @flow.tool(interim=None)
    async def say_goodbye() -> HangUp:
        """End the call when the caller says goodbye."""
        return HangUp(say=GOODBYE)

    @flow.tool(interim=None)
    async def check_pin(call: Call) -> str:
        """Check the pin of a caller."""
        pin = await call.digits("Please enter it.", max_digits=4, secret=True)
        return f"The pin {pin.reveal()} is right."

    return flow


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


def posting_to(crm: Crm) -> dict[str, Any]:
    return {"interlude_webhook_url": crm.url, "interlude_webhook_secret": SECRET}


async def interrupting_call(scene: Trial) -> None:
    """A caller who does not listen to the whole greeting, asks, is answered, and says goodbye."""
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    await phone.says(QUESTION)
    await phone.hears(ANSWER, within_s=30)
    await phone.says(THANKS)
    await phone.ended()


async def test_all_that_was_said_and_heard_is_told(stage: Stage, crm: Crm) -> None:
    flow, told = line(), asyncio.Queue[Ended]()

    @flow.on_end
    async def keep(ended: Ended) -> None:
        told.put_nowait(ended)

    scene = await stage(flow, **posting_to(crm))
    await interrupting_call(scene)
    ended = await told.get()
    assert [(said.by, said.text) for said in ended.said] == [
        ("agent", GREETING),
        ("caller", QUESTION),
        ("line", INTERIM),
        ("agent", ANSWER),
        ("caller", THANKS),
        ("agent", GOODBYE),
    ]
    greeting, *others = ended.said
    assert greeting.heard
    assert GREETING.startswith(greeting.heard)
    assert 3 < len(greeting.heard.split()) < len(GREETING.split()) - 3
    assert [said.heard for said in others] == [None] * 5
    times = [said.at_s for said in ended.said]
    assert times == sorted(times)
    assert 0 <= times[0] < 3 < times[1] < times[-1] < ended.lasted_s
    assert (ended.by, ended.reason) == ("agent", "hung_up")
    assert ended.figures["tools"][0] == {"name": "order_status", "took_ms": 4000, "outcome": "ok"}
    assert (ended.call.dialled, ended.call.caller) == (NUMBER, "+14255550123")

    await crm.has(1)
    (post,) = crm.posts
    assert post.is_signed(KEY)
    assert post.event_id == ended.call.id
    content = post.content
    assert content["type"] == "call.ended"
    assert content["call"]["flow"] == "line"
    assert content["said"] == [
        {"by": said.by, "at_s": said.at_s, "text": said.text, "heard": said.heard}
        for said in ended.said
    ]
    assert (content["lasted_s"], content["figures"]) == (ended.lasted_s, ended.figures)


async def test_the_log_tells_of_the_end_and_nothing_of_what_was_said(
    stage: Stage, crm: Crm
) -> None:
    with written_logs() as written:
        scene = await stage(line(), **posting_to(crm))
        await interrupting_call(scene)
        await crm.has(1)
    (ended,) = written.of("call.ended")
    assert ended["call_id"] == crm.posts[0].event_id
    assert [use["name"] for use in ended["tools"]] == ["order_status", "say_goodbye"]
    for text in (GREETING, QUESTION, THANKS, ANSWER, GOODBYE):
        for words in (text, text[:12]):
            assert words not in written.text
    assert INTERIM not in str(ended)
    assert NUMBER[2:-2] not in written.text
    assert "42555501" not in written.text


async def test_a_secret_is_in_nothing_that_is_told(stage: Stage, crm: Crm) -> None:
    scene = await stage(line(greeting="Hello."), **posting_to(crm))
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    await phone.says("Please check my pin.")
    await phone.hears("Please enter it.")
    await phone.presses(PIN)
    await phone.hears("is right")
    await phone.hangs_up()
    await crm.has(1)
    said = [said["text"] for said in crm.posts[0].content["said"]]
    assert {"Please enter it.", "The pin *** is right."} <= set(said)
    assert PIN not in str(said)


async def test_nothing_is_kept_where_no_webhook_is_set(stage: Stage, tmp_path: Path) -> None:
    scene = await stage(line(), interlude_outbox=tmp_path / "outbox")
    await interrupting_call(scene)
    await scene.record()
    assert not (tmp_path / "outbox").exists()


async def test_functions_that_raise_or_hang_cost_no_call_anything(stage: Stage, crm: Crm) -> None:
    flow, begun, told = line(greeting="Hello."), asyncio.Event(), asyncio.Queue[Ended]()

    @flow.on_end
    async def raises(_: Ended) -> None:
        raise RuntimeError(QUESTION)

    @flow.on_end
    async def hangs(_: Ended) -> None:
        begun.set()
        await asyncio.get_running_loop().create_future()

    @flow.on_end
    async def keep(ended: Ended) -> None:
        told.put_nowait(ended)

    crm.always = 500
    with written_logs() as written:
        scene = await stage(flow, **posting_to(crm))
        for _ in range(2):
            phone = await scene.acs.dial(NUMBER)
            await phone.hears("Hello.")
            await phone.says(THANKS)
            assert (await phone.ended()).by == "bridge"
            assert (await told.get()).reason == "hung_up"
            assert begun.is_set()
            begun.clear()
    assert not scene.app[SWITCHBOARD].in_progress
    failed = written.of("hook.failed")
    assert [line["hook"] for line in failed] == ["raises"] * 2
    assert all(line["exception"].endswith("RuntimeError") for line in failed)
    assert QUESTION not in written.text


async def test_the_flow_that_served_a_call_is_told_of_its_end(crm: Crm) -> None:
    """Out of hours another flow answers: its functions are called, not those of the number's."""
    told: list[str] = []
    never = Hours(zone="UTC", week={}, closed="night")
    day, night = line(hours=never), line(number="+18005550101", greeting="Good night.")

    @day.on_end
    async def by_day(_: Ended) -> None:
        told.append("day")

    @night.on_end
    async def by_night(_: Ended) -> None:
        told.append("night")

    async with trial(Flows({"day": day, "night": night}), **posting_to(crm)) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears("Good night.")
        await phone.hangs_up()
        await crm.has(1)
    assert told == ["night"]
    assert crm.posts[0].content["call"]["flow"] == "night"
    assert crm.posts[0].content["call"]["dialled"] == NUMBER


async def test_a_call_that_nobody_took_is_told_of(stage: Stage, crm: Crm) -> None:
    scene = await stage(line(), **posting_to(crm))
    scene.acs.callees["+14255550123"] = BUSY
    call = await scene.app[SWITCHBOARD].place("line", "+14255550123")
    await crm.has(1)
    (post,) = crm.posts
    assert (post.event_id, post.content["call"]["caller"]) == (call.id, "+14255550123")
    assert (post.content["by"], post.content["said"]) == ("carrier", [])


async def test_stopping_the_process_tells_of_the_calls_it_ends(crm: Crm) -> None:
    async with trial(Flows({"line": line()}), **posting_to(crm)) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
    (post,) = crm.posts
    assert (post.content["by"], post.content["reason"]) == ("bridge", "shutdown")
    assert [said["text"] for said in post.content["said"]] == [GREETING]
