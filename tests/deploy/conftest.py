"""The files of `deploy/`, and a call to hold them against."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bridge.call.record import Generation, Record
from bridge.flow.call import Call
from bridge.service.flows import Flows, load_flows
from bridge.service.parts import METRICS
from bridge.trial import READ_KEY, trial

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
SETTINGS: dict[str, Any] = {
    "interlude_sessions_a_minute": 30,
    "interlude_secret": "a-secret-of-the-test-0123456789abcdef",
    "redis_url": "redis://127.0.0.1:1/0",  # nobody is there
}
"""Of a service that has all figures there are."""


@pytest.fixture
async def families() -> list[Metric]:
    """What `/metrics` has after a call with a tool and a wait, a response that was cancelled, a
    refusal and a hold-up."""
    flow = load_flows("callflows").by_name["order_status"]
    async with trial(Flows({"order_status": flow}), **SETTINGS) as scene:
        phone = await scene.acs.dial(flow.number)
        await phone.hears("How can I help?")
        await phone.says("Where is order four two seven one?")
        await phone.hears("on its way")
        await phone.hangs_up()
        await scene.record()
        scene.app[METRICS].count_hold_up(0.2)
        cancelled = Record(generations=[Generation(300, None, "cancelled", 0, 0)])
        scene.app[METRICS].count(Call("a1", "", flow.number, ""), cancelled)
        async with aiohttp.ClientSession() as web:
            bearer = {"Authorization": f"Bearer {READ_KEY}"}
            await web.post(f"{scene.url}/acs/events", json=[])
            async with web.get(f"{scene.url}/metrics", headers=bearer) as response:
                return list(text_string_to_metric_families(await response.text()))
