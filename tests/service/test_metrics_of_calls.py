"""Figures of whole calls, as `/metrics` shows them."""

import asyncio

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.lab.acs import CallRefused, Switches
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import READ_KEY, trial
from tests.service.test_metrics import NUMBER, STRANGE, Figures

GREETING = "Good morning."


async def look_at(url: str) -> Figures:
    bearer = {"Authorization": f"Bearer {READ_KEY}"}
    async with ClientSession(headers=bearer) as web, web.get(f"{url}/metrics") as response:
        return Figures(await response.text())


async def test_a_number_without_a_flow_is_counted_as_one() -> None:
    async with trial(Flows({"line": Callflow(number=NUMBER)})) as scene:
        phone = await scene.acs.dial(STRANGE)
        with pytest.raises(CallRefused):
            await phone.answered()
        seen = await look_at(scene.url)
        assert seen.of("calls_ended_total", flow="_unknown", by="bridge", reason="no_flow") == 1


async def test_a_call_is_in_progress_from_its_answer_to_its_end() -> None:
    switches = Switches(media_delay_s=20)
    async with trial(Flows({"line": Callflow(number=NUMBER)}), acs_switches=switches) as scene:
        await scene.acs.dial(NUMBER)
        await asyncio.sleep(0.5)  # answered after 0.1 s
        assert (await look_at(scene.url)).of("calls_in_progress", flow="line") == 1
        scene.app[SWITCHBOARD].end_all()
        seen = await look_at(scene.url)
        assert seen.of("calls_in_progress", flow="line") == 0
        assert seen.of("calls_ended_total", flow="line", by="bridge", reason="shutdown") == 1


async def test_a_whole_call_is_counted_once() -> None:
    flows = Flows({"line": Callflow(number=NUMBER, greeting=GREETING)})
    async with trial(flows) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.hangs_up()
        record = await scene.record()
        seen = await look_at(scene.url)
        assert seen.of("calls_ended_total", flow="line", by="caller", reason="hung_up") == 1
        assert seen.of("call_duration_seconds_sum", flow="line") == record.lasted_ms / 1000
        assert seen.of("voice_setup_duration_seconds_count", flow="line") == 1


async def test_tokens_of_a_call_are_counted_by_kind() -> None:
    async with trial(Flows({"line": Callflow(number=NUMBER, greeting=GREETING)})) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.says("Can you help me?")
        await phone.hears("I am a stand-in")
        await phone.hangs_up()
        tokens = (await scene.record()).tokens
        assert min(tokens.text_in, tokens.audio_in, tokens.text_out, tokens.audio_out) > 0
        seen = await look_at(scene.url)
    assert seen.of("tokens_total", flow="line", type="audio_out") == tokens.audio_out
    assert seen.of("tokens_total", flow="line", type="text_in") == tokens.text_in
