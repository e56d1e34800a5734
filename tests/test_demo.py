"""`interlude call`: one call, and what it leaves behind."""

import asyncio
import io
import json
import wave
from pathlib import Path

import numpy as np
from rich.console import Console

from bridge import Callflow
from bridge.demo import place_call
from bridge.lab.speech import Studio, agent_mouth, caller_mouth
from bridge.service.flows import load_flows
from bridge.service.recorded import Recorded

NUMBER = "+18005550100"


async def test_the_demo_leaves_sound_picture_and_figures(tmp_path: Path, studio: Studio) -> None:
    flow = load_flows("callflows").named("order_status")
    lines = ["Where is order four two seven one?", "Thank you, goodbye."]
    screen = io.StringIO()
    await place_call("order_status", flow, lines, tmp_path, Console(file=screen, width=200))

    assert flow.greeting
    assert flow.interim
    answer = "order 4 2 7 1, status on its way, arrives tomorrow before noon"
    spoken = [flow.greeting, *flow.interim.texts, answer, "Thank you for calling. Goodbye."]
    for text in spoken:
        await studio.speak(text, agent_mouth("en-US"))
    for text in lines:
        await studio.speak(text, caller_mouth("en-US"))
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 16_000, 2)
        channels = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    caller = studio.hear(channels[:, 0].tobytes(), 16_000)
    agent = studio.hear(channels[:, 1].tobytes(), 16_000)
    assert [heard.text for heard in caller] == lines
    greeting, interim, told, goodbye = agent
    assert all(heard.complete for heard in agent)
    assert greeting.text == flow.greeting
    assert interim.text in flow.interim.texts
    assert (told.text, goodbye.text) == (answer, "Thank you for calling. Goodbye.")
    assert told.start_ms > caller[0].end_ms + 4_000, "the lookup takes four seconds"

    figures = json.loads((tmp_path / "call.json").read_bytes())
    who = [spell["who"] for spell in figures["heard"]]
    assert who == ["agent", "caller", "interim", "agent", "caller", "agent"]
    assert figures["bridge"]["end"] == {
        "by": "agent",
        "reason": "hung_up",
        "then": "hang_up",
        "detail": "",
    }
    assert 0 < figures["longest_silence_ms"] < 3_000
    assert [event["kind"] for event in figures["events"]].count("tool_called") == 2
    assert (tmp_path / "timeline.png").read_bytes().startswith(b"\x89PNG")
    assert [note.name for note in Recorded.read(tmp_path / "call.call").of_kind("tool")] == [
        tool["name"] for tool in figures["bridge"]["tools"]
    ]
    page = (tmp_path / "call.html").read_text("utf-8")
    for text in (*lines, *(heard.text for heard in agent), "order_status"):
        assert text in page
    for text in (*lines, "interim", "order_status", "longest silence", "call.html"):
        assert text in screen.getvalue()


async def test_a_caller_who_waits_in_vain_hangs_up(tmp_path: Path) -> None:
    flow = Callflow(number=NUMBER)

    @flow.tool(timeout_ms=100_000)
    async def look_up() -> str:
        """Look it up."""
        await asyncio.sleep(90)
        return "Too late."

    screen = io.StringIO()
    await place_call("slow", flow, ["Please look it up."], tmp_path, Console(file=screen))
    assert "the caller waited 45 s in vain" in screen.getvalue()
    assert json.loads((tmp_path / "call.json").read_bytes())["bridge"]["end"]["by"] == "caller"
