"""What an editor has a call do, and what the caller hears of it."""

import asyncio
from typing import Any

import pytest

from bridge import Callflow
from bridge.call.ends import By, Reason, Then
from bridge.lab.acs import Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.voicelive import Switches as VoiceSwitches
from bridge.trial import Trial
from tests.service.floor.conftest import Sits, Stage
from tests.service.floor.desk import Desk, the_call

NUMBER = "+18005550100"
COLLEAGUE = "+18005550199"
GREETING = "Thanks for calling. How can I help?"
LINE = "A colleague is listening in."
FLOW = Callflow(number=NUMBER, greeting=GREETING, silence=None)


async def listens(scene: Trial, desk: Desk) -> tuple[Phone, str]:
    """A caller who has heard the greeting, and the id of the call."""
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    call_id = await the_call(desk)
    await desk.waits_until(call_id, "listening")
    return phone, call_id


async def test_an_editor_ends_a_call_at_once(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone, call_id = await listens(scene, editor)
    assert await editor.asks("POST", f"/calls/{call_id}/end") == (202, {"id": call_id})
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason, end.then) == (By.OPERATOR, Reason.HUNG_UP, Then.HANG_UP)
    await phone.ended()
    assert (await editor.asks("POST", f"/calls/{call_id}/end"))[0] == 404


async def test_a_call_is_ended_after_a_line_that_the_caller_hears(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone, call_id = await listens(scene, editor)
    said = {"say": "We have to end here. Goodbye."}
    assert (await editor.asks("POST", f"/calls/{call_id}/end", json=said))[0] == 202
    await phone.hears(said["say"])
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.OPERATOR, Reason.HUNG_UP)


async def test_a_call_is_ended_while_speech_is_not_connected_and_can_do_nothing_else_then(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(FLOW, prompts=True)
    scene.voices.switches = VoiceSwitches(handshake_s=30)
    _, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    call_id = await the_call(editor)
    connecting = await editor.waits_until(call_id, "connecting")
    assert connecting["doing"]["detail"] == ""
    status, told = await editor.asks("POST", f"/calls/{call_id}/say", json={"text": LINE})
    assert (status, told) == (
        409,
        "The agent is not connected with the caller now; wait, or end the call.",
    )
    assert (await editor.asks("POST", f"/calls/{call_id}/end"))[0] == 202
    end = (await scene.record()).end
    assert end
    assert end.by is By.OPERATOR


async def test_the_caller_is_transferred_after_a_line(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone, call_id = await listens(scene, editor)
    order = {"to": COLLEAGUE, "say": "I will connect you."}
    assert (await editor.asks("POST", f"/calls/{call_id}/transfer", json=order))[0] == 202
    await phone.hears(order["say"])
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason, end.then) == (By.OPERATOR, Reason.TRANSFERRED, Then.NOTHING)


async def test_after_a_transfer_that_fails_the_agent_talks_on(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True, acs_switches=AcsSwitches(transfer_result=(603, 0)))
    _, editor = desks(scene)
    phone, call_id = await listens(scene, editor)
    await editor.asks("POST", f"/calls/{call_id}/transfer", json={"to": COLLEAGUE})
    detail = await editor.sees_until(
        call_id,
        lambda detail: any(m["kind"] == "transfer" and m["to_ms"] for m in detail["timeline"]),
    )
    (failed,) = [m for m in detail["timeline"] if m["kind"] == "transfer"]
    assert failed["outcome"]
    await phone.hears_a_sound()


async def test_a_line_is_said_when_nobody_speaks_and_the_model_learns_of_it(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    call_id = await the_call(editor)
    await editor.sees_until(call_id, lambda detail: detail["takes_lines"])
    assert (await editor.asks("POST", f"/calls/{call_id}/say", json={"text": LINE}))[0] == 202
    await phone.hears(LINE)
    assert [heard.text for heard in phone.heard()] == [GREETING, LINE], "never over the greeting"
    detail = await editor.sees_until(call_id, lambda detail: len(detail["said"]) == 2)
    assert [(line["by"], line["text"]) for line in detail["said"]][1] == ("line", LINE)
    (session,) = scene.voices.sessions
    assert f"A colleague has had the line say to the caller: {LINE}" in str(session.items)


@pytest.mark.parametrize(
    ("action", "body", "sentence"),
    [
        ("transfer", {"to": "0800 COLLEAGUE"}, "needs a number in international form"),
        ("transfer", {"say": "Goodbye."}, 'The body must be JSON like {"to": "…", "say": "…"}'),
        ("say", {"text": "  "}, 'The body must be JSON like {"text": "…"}'),
        ("say", {"text": "x" * 501}, "each text of 1 to 500 characters"),
        ("end", {"now": True}, 'The body must be JSON like {"say": "…"}'),
    ],
)
async def test_what_makes_no_sense_is_refused_with_the_remedy(
    stage: Stage, desks: Sits, action: str, body: Any, sentence: str
) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    _, call_id = await listens(scene, editor)
    status, told = await editor.asks("POST", f"/calls/{call_id}/{action}", json=body)
    assert status == 400
    assert sentence in told


async def test_a_reader_acts_on_nothing(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True)
    reader, _ = desks(scene)
    _, call_id = await listens(scene, reader)
    for action in ("end", "transfer", "say"):
        assert (await reader.asks("POST", f"/calls/{call_id}/{action}", json={}))[0] == 403


async def test_so_many_lines_wait_until_nobody_speaks_and_no_more(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    call_id = await the_call(editor)
    await editor.sees_until(call_id, lambda detail: detail["takes_lines"])
    texts = ["One.", "Two.", "Three.", "Four.", "Five."]
    said = [await editor.asks("POST", f"/calls/{call_id}/say", json={"text": t}) for t in texts]
    assert [status for status, _ in said] == [202, 202, 202, 202, 409], "one is taken, three wait"
    assert said[-1][1] == "Lines wait to be said already; let the caller hear them first."
    await phone.hears("Four.")
    assert [heard.text for heard in phone.heard()] == [GREETING, *texts[:4]]


async def test_a_caller_hears_no_line_while_they_speak(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone, call_id = await listens(scene, editor)
    speaking = asyncio.create_task(phone.says("I have been waiting for a week now, and nothing."))
    heard = await editor.waits_until(call_id, "listening")
    if not heard["doing"]["detail"]:
        await editor.sees_until(call_id, lambda d: d["call"]["doing"]["detail"] == "caller speaks")
    await editor.asks("POST", f"/calls/{call_id}/say", json={"text": LINE})
    await speaking
    await phone.hears(LINE)
    (said,) = phone.said
    line = next(heard for heard in phone.heard() if heard.text == LINE)
    assert line.start_ms > said.end_ms
