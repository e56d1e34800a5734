"""What a call is doing, as it does it."""

import asyncio

from bridge import Call, Callflow, Hours, StaticInterim, Transfer, Trigger, Voicemail
from bridge.lab.acs import Answers
from bridge.service.parts import SWITCHBOARD
from tests.service.floor.conftest import Sits, Stage
from tests.service.floor.desk import the_call

NUMBER = "+18005550100"
CALLER = "+18005550142"
GREETING = "Thanks for calling. How can I help?"
QUESTION = "Where is order 4271?"
ANSWER = "It is on its way."
LINE = "Please wait, I am looking."


def slow_line(*, interim: bool = False) -> tuple[Callflow, asyncio.Event]:
    """A flow whose tool returns when it is told to."""
    covered = StaticInterim(
        texts=(LINE,), triggers=(Trigger.TOOL,), latency_threshold_ms=200, delivery="bridge"
    )
    flow = Callflow(
        number=NUMBER, greeting=GREETING, silence=None, interim=covered if interim else None
    )
    found = asyncio.Event()

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await found.wait()
        return ANSWER

    return flow, found


async def test_a_call_is_seen_from_its_greeting_to_its_answer(stage: Stage, desks: Sits) -> None:
    flow, found = slow_line()
    scene = await stage(flow, prompts=True)
    reader, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER, caller=CALLER)
    await phone.answered()
    call_id = await the_call(reader)
    await reader.waits_until(call_id, "greeting")
    await phone.hears(GREETING)
    listening = await reader.waits_until(call_id, "listening")
    assert (listening["flow"], listening["dialled"], listening["caller"]) == (
        "line",
        NUMBER,
        "…42",
    )
    await phone.says(QUESTION)
    at_work = await editor.waits_until(call_id, "tool")
    assert (at_work["doing"]["detail"], at_work["caller"]) == ("order_status", CALLER)
    silent = await reader.sees_until(call_id, lambda detail: detail["call"]["dead_air_since"])
    assert silent["call"]["doing"]["kind"] == "tool"
    found.set()
    await reader.waits_until(call_id, "speaking")
    await phone.hears(ANSWER)
    heard = await reader.waits_until(call_id, "listening")
    assert heard["dead_air_since"] is None
    assert heard["dead_air_ms"] >= 250
    assert (heard["figures"]["caller_turns"], heard["figures"]["tools"]) == (1, 1)


async def test_the_timeline_says_who_spoke_when_and_the_transcript_what(
    stage: Stage, desks: Sits
) -> None:
    flow, found = slow_line(interim=True)
    scene = await stage(flow, prompts=True)
    reader, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER, caller=CALLER)
    await phone.hears(GREETING)
    call_id = await the_call(reader)
    await phone.says(QUESTION)
    covered = await reader.waits_until(call_id, "interim")
    assert covered["doing"]["detail"] == "order_status"
    await phone.hears(LINE)
    found.set()
    await phone.hears(ANSWER)
    await reader.waits_until(call_id, "listening")
    detail = await editor.sees(f"/calls/{call_id}")
    happened = [moment for moment in detail["timeline"] if moment["kind"] != "voice"]
    assert [(moment["kind"], moment["name"], moment["outcome"]) for moment in happened] == [
        ("agent", "", ""),
        ("caller", "", ""),
        ("wait", "", "answered"),
        ("tool", "order_status", "ok"),
        ("interim", "", ""),
        ("agent", "", ""),
    ]
    assert all(moment["to_ms"] is not None for moment in happened)
    sounds = [moment for moment in happened if moment["kind"] in ("agent", "interim")]
    for moment, heard in zip(sounds, phone.heard(), strict=True):
        assert abs(moment["from_ms"] - heard.start_ms) < 30
        assert abs(moment["to_ms"] - heard.end_ms) < 30
    assert abs(happened[2]["dead_air_ms"] - 200) < 10, "the threshold of the interim line"
    said = [(line["by"], line["text"]) for line in detail["said"]]
    assert said == [("agent", GREETING), ("caller", QUESTION), ("line", LINE), ("agent", ANSWER)]
    masked = await reader.sees(f"/calls/{call_id}")
    assert masked["said"][1]["text"] == "Where is order …71?"


async def test_a_call_that_the_line_places_rings_then_is_listened_to(
    stage: Stage, desks: Sits
) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)
    scene = await stage(flow, prompts=True)
    reader, _ = desks(scene)
    scene.acs.callees[CALLER] = Answers(after_s=5)
    call = await scene.app[SWITCHBOARD].place("line", CALLER)
    ringing = await reader.waits_until(call.id, "ringing")
    assert (ringing["is_placed"], ringing["caller"]) == (True, "…42")
    assert (await reader.sees(f"/calls/{call.id}"))["timeline"] == []
    phone = await scene.acs.callee(CALLER)
    await phone.says("Hello?")
    await phone.hears(GREETING)
    await reader.waits_until(call.id, "listening")


async def test_a_transfer_is_seen_while_it_rings(stage: Stage, desks: Sits) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)

    @flow.tool
    async def refund() -> Transfer:
        """Give money back, a refund."""
        return Transfer("+18005550199")

    scene = await stage(flow, prompts=True)
    reader, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    call_id = await the_call(reader)
    await phone.says("I want a refund.")
    await reader.waits_until(call_id, "transferring")
    for action, body in (("transfer", {"to": "+18005550198"}), ("say", {"text": "Hello."})):
        status, told = await editor.asks("POST", f"/calls/{call_id}/{action}", json=body)
        assert (status, told) == (409, "The caller is being transferred, or hung up on.")
    await phone.ended()


async def test_a_message_is_seen_to_be_left(stage: Stage, desks: Sits) -> None:
    closed = Hours(zone="UTC", week={}, closed=Voicemail("Leave a message."))
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None, hours=closed)
    scene = await stage(flow, prompts=True)
    reader, _ = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await reader.waits_until(await the_call(reader), "voicemail")


async def test_digits_that_are_waited_for_are_seen_and_none_of_them(
    stage: Stage, desks: Sits
) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)

    @flow.tool(timeout_ms=60_000)
    async def card(call: Call) -> str:
        """Pay by card."""
        await call.digits("Please enter it.", max_digits=4, secret=True)
        return "Thank you, that is paid."

    scene = await stage(flow, prompts=True)
    reader, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    call_id = await the_call(reader)
    await phone.says("I pay by card.")
    await phone.hears("Please enter it.")
    asked = await reader.waits_until(call_id, "digits")
    assert asked["doing"]["detail"] == "card"
    await phone.presses("4271")
    await phone.hears("that is paid")
    detail = await editor.sees(f"/calls/{call_id}")
    keys = [moment for moment in detail["timeline"] if moment["kind"] == "key"]
    assert len(keys) == 4
    assert {(key["name"], key["outcome"]) for key in keys} == {("", "")}
    assert [m["kind"] for m in detail["timeline"]].count("digits") == 1
    assert "4271" not in str(detail["said"])
