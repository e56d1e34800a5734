"""Who did what is kept, by the name in their token or of their key."""

from pathlib import Path

from aiohttp import ClientSession
from structlog.testing import capture_logs

from bridge import Callflow
from bridge.lab.entra import entra
from bridge.service.parts import LEDGER
from tests.service.floor.conftest import Sits, Stage
from tests.service.floor.desk import EDIT_KEY, Desk, the_call

NUMBER = "+18005550100"
GREETING = "Thanks for calling. How can I help?"
FLOW = Callflow(number=NUMBER, greeting=GREETING, silence=None)
AUDIENCE = "api://interlude"
LINE = "Your order 4271 is on its way."


async def test_the_log_has_who_and_what_and_only_editors_read_the_digits(
    stage: Stage, desks: Sits, web: ClientSession
) -> None:
    async with entra() as tenant:
        scene = await stage(
            FLOW,
            prompts=True,
            interlude_oidc_issuer=tenant.issuer,
            interlude_oidc_audience=AUDIENCE,
        )
        reader, machine = desks(scene)
        token = tenant.sign(
            3_600,
            aud=AUDIENCE,
            roles=["Interlude.Editor"],
            preferred_username="jane@contoso.example",
        )
        jane = Desk(scene.url, web, token)
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        call_id = await the_call(jane)
        with capture_logs() as lines:
            await jane.asks("POST", f"/calls/{call_id}/say", json={"text": LINE})
            await phone.hears(LINE)
            await machine.asks("POST", f"/calls/{call_id}/end")
            await scene.record()
    acts = [line for line in lines if line["event"] == "operator.acts"]
    assert [(act["did"], act["about"]) for act in acts] == [
        ("call.say", call_id),
        ("call.end", call_id),
    ]
    assert "jane" not in str(acts)
    assert LINE not in str(acts)
    told = (await machine.sees("/audit"))["entries"]
    assert [(e["who"], e["role"], e["did"], e["about"], e["detail"]) for e in told] == [
        ("INTERLUDE_API_KEY", "editor", "call.end", call_id, ""),
        ("jane@contoso.example", "editor", "call.say", call_id, LINE),
    ]
    masked = (await reader.sees("/audit?who=jane@contoso.example"))["entries"]
    assert [entry["detail"] for entry in masked] == ["Your order …71 is on its way."]
    assert (await reader.sees(f"/audit?before={told[0]['id']}&limit=1"))["entries"] == masked
    assert (await reader.sees("/audit?about=another"))["entries"] == []


async def test_it_outlasts_the_process(stage: Stage, desks: Sits, tmp_path: Path) -> None:
    scene = await stage(FLOW, prompts=True, interlude_state=tmp_path)
    _, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await editor.asks("POST", f"/calls/{await the_call(editor)}/end")
    again = await stage(FLOW, interlude_state=tmp_path)
    reader, _ = desks(again)
    assert [entry["did"] for entry in (await reader.sees("/audit"))["entries"]] == ["call.end"]


async def test_a_disk_that_refuses_costs_the_entry_and_not_the_deed(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(FLOW, prompts=True)
    _, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await scene.app[LEDGER].do(lambda database: database.execute("DROP TABLE audit"))
    with capture_logs() as lines:
        assert (await editor.asks("POST", f"/calls/{await the_call(editor)}/end"))[0] == 202
    assert [line["did"] for line in lines if line["event"] == "audit.not_kept"] == ["call.end"]
    assert (await scene.record()).end


async def test_placing_calls_and_setting_limits_is_in_it_too(
    stage: Stage, desks: Sits, web: ClientSession
) -> None:
    scene = await stage(FLOW)
    _, editor = desks(scene)
    limits = {"most_calls": 3, "sessions_a_minute": 30}
    assert (await editor.asks("PUT", "/capacity", json=limits))[0] == 200
    order = {"flow": "line", "to": "+18005550142"}
    headers = {"Authorization": f"Bearer {EDIT_KEY}"}
    async with web.post(f"{scene.url}/calls", json=order, headers=headers) as answer:
        assert answer.status == 201
    told = (await editor.sees("/audit"))["entries"]
    assert [(entry["did"], entry["about"], entry["detail"]) for entry in told] == [
        ("call.place", "line", "+18005550142"),
        ("capacity.set", "capacity", "3 calls, 30 sessions a minute"),
    ]
