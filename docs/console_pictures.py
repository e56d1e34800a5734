"""The pictures of the console: its pages, with a service behind them that has something to show.

Run as `PYTHONPATH=. python docs/console_pictures.py`, with names of pages for these alone; it takes
two minutes, and a browser.
"""

import asyncio
import io
import random
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.record import Record, ToolUse, Turn, Wait, WaitEnd
from bridge.flow.call import Call
from bridge.flow.interim import Trigger
from bridge.lab.acs.phone import Phone
from bridge.service.bearer import Why
from bridge.service.flows import load_flows
from bridge.service.guards import Door, Operator, Role
from bridge.service.parts import AUDIT, HISTORY, LINES, PROMPTS, REFUSALS, SWITCHBOARD, VOICES
from bridge.trial import Trial, trial
from tests.console.browsing import NARROW, SCHEMES, WIDE, a_browser, a_tab

OUT = Path(__file__).parent / "images"
KEY = "0123456789abcdef0123456789abcdef"
NUMBER = "+18005550100"
FILE = f"""# Which number does what. Edited by hand, or in the console.
[numbers."{NUMBER}"]
flow = "order_status"
silence.after_ms = 60_000

[numbers."+442079460100"]
flow = "clinic"
"""
LATER = 'greeting = "Contoso, good day. How can I help?"\n'
ANN, BOB = (Operator(f"{name} (INTERLUDE_API_KEY)", Role.EDITOR) for name in ("Ann", "Bob"))
CALLERS = ("+14255550123", "+12065550176", "+14255550187", "+15035550119")
ELSEWHERE = """(pairs) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    for (const [here, there] of pairs)
      walker.currentNode.data = walker.currentNode.data.replaceAll(here, there);
}"""
"""Has a page tell of a machine that looks like anybody's."""
COLOURS = 128
"""Enough for a page, and a third of the bytes."""


def wait(lasted_ms: int) -> Wait:
    """A wait for the tool of the order line, under a threshold of half a second."""
    covered = lasted_ms > 500  # noqa: PLR2004 - the threshold
    return Wait(
        Trigger.TOOL,
        "bridge",
        WaitEnd.ANSWERED,
        lasted_ms,
        min(lasted_ms, 500),
        1_800 if covered else 0,
        int(covered),
        max(0, 2_300 - lasted_ms) if covered else 0,
        wasted=500 < lasted_ms < 800,  # noqa: PLR2004 - within 300 ms of the line
        tools=("order_status",),
    )


async def remember(scene: Trial) -> None:
    """Finished calls of an hour, versions, deeds and a stranger."""
    dice = random.Random(4)  # noqa: S311 - no secret
    for n in range(60):
        lengths = [round(dice.lognormvariate(7.4, 0.7)) for _ in range(dice.randint(1, 3))]
        record = Record(
            flow="order_status",
            version=1,
            voice_ready_ms=240,
            caller_turns=len(lengths) + 1,
            barge_ins=dice.randint(0, 1),
            tools=[ToolUse("order_status", ms, "ok") for ms in lengths],
            waits=[wait(ms) for ms in lengths],
            turns=[Turn(300, ms + 400, ms + 600) for ms in lengths],
            lasted_ms=dice.randint(20_000, 150_000),
            end=CallEnd(By.CALLER, Reason.HUNG_UP, Then.NOTHING),
        )
        call = Call(f"{n:016x}", f"+1425555{dice.randint(0, 9999):04}", NUMBER, "")
        scene.app[HISTORY].ended(call, record, None)
    await scene.app[HISTORY].settle()
    lines, audit = scene.app[LINES], scene.app[AUDIT]
    await audit.add(ANN, "numbers.publish", NUMBER, "The greeting names the house")
    await lines.publish(
        FILE.replace('"order_status"\n', f'"order_status"\n{LATER}'),
        by=ANN,
        note="The greeting names the house",
        base=lines.serving.number,
    )
    await audit.add(BOB, "call.transfer", f"{7:016x}", "+18005550199")
    await audit.add(BOB, "call.end", f"{9:016x}", "We call you back.")
    scene.app[REFUSALS].note(Door.OPERATORS, Why.WRONG_KEY)


async def asks(phone: Phone, after_s: float) -> None:
    """Somebody asks the same again and again, until cancelled."""
    await phone.waits(after_s)
    while True:
        await phone.says("Where is order four two seven one?")
        await phone.waits(12)


async def take(scene: Trial, call: str, names: dict[str, str], here: dict[str, str]) -> None:
    """A picture of each page, in both sizes and schemes; `here` is what tells of this machine."""
    async with a_browser() as browser:
        for scheme in SCHEMES:
            for size in (WIDE, NARROW):
                for name, path in names.items():
                    key = None if name == "login" else KEY
                    async with a_tab(browser, key=key, scheme=scheme, size=size) as tab:
                        await tab.page.goto(f"{scene.url}{path.format(call=call)}")
                        await tab.page.wait_for_timeout(700)
                        await tab.page.evaluate(ELSEWHERE, [list(pair) for pair in here.items()])
                        whole = name != "number"
                        shot = await tab.page.screenshot(full_page=whole)
                    file = OUT / f"console-{name}-{size['width']}-{scheme}.png"
                    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS)
                    picture.save(file, optimize=True)


PAGES = {
    "login": "/console/login",
    "calls": "/console",
    "call": "/console/calls/{call}",
    "numbers": "/console/numbers",
    "number": "/console/numbers/%2B18005550100",
    "versions": "/console/versions",
    "version": "/console/versions/2",
    "history": "/console/history",
    "history-call": f"/console/history/{7:016x}",
    "service": "/console/service",
    "audit": "/console/audit",
    "phone": "/console/phone",
}


async def main() -> None:
    """Have people call, and look at them."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "numbers.toml"
        settings: dict[str, Any] = {
            "interlude_state": Path(folder) / "state",
            "interlude_prompts": Path(folder) / "prompts",
        }
        await asyncio.to_thread(file.write_text, FILE)
        async with trial(
            load_flows("callflows"),
            interlude_api_key=KEY,
            interlude_numbers=file,
            interlude_secret=KEY,
            interlude_sessions_a_minute=30,
            **settings,
        ) as scene:
            await remember(scene)
            flow = scene.app[LINES].current.named("order_status")
            await scene.app[PROMPTS].render(flow, scene.app[VOICES])
            opens = datetime.now(UTC).replace(hour=10) + timedelta(days=1)
            scene.app[SWITCHBOARD].admission.now = lambda: opens
            phones = [await scene.acs.dial(NUMBER, caller=each) for each in CALLERS]
            for phone in phones:
                await phone.answered()
            call = scene.app[SWITCHBOARD].in_progress[0].id
            asking = [
                asyncio.create_task(asks(phone, after_s))
                for phone, after_s in zip(phones, (4, 6, 9), strict=False)
            ]
            await phones[-1].waits(18)
            chosen = {name: PAGES[name] for name in sys.argv[1:]} or PAGES
            here = {
                scene.url: "https://calls.example.com",
                "127.0.0.1,": "contoso.services.ai.azure.com,",
                socket.gethostname(): "interlude-0",
                str(settings["interlude_state"]): "/var/lib/interlude/state",
                str(settings["interlude_prompts"]): "/var/lib/interlude/prompts",
            }
            await take(scene, call, chosen, here)
            for task in asking:
                task.cancel()
            await asyncio.wait(asking)
            for phone in phones:
                await phone.hangs_up()


if __name__ == "__main__":
    asyncio.run(main())
