"""The speech service fails at a moment of a call: what the caller hears then, and when."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from bridge import Call, Callflow, Fallback, HangUp, Say, StaticInterim, Transfer, Trigger
from bridge.lab.acs import LineDead, Phone
from bridge.lab.voicelive import Happening, Switches
from bridge.trial import Trial
from tests.calls.conftest import NUMBER

GREETING = "Good morning, this is the order line."
MEANWHILE = "One moment, please."
SORRY = "I am sorry, we have a technical problem."
LINE = "Let me look that up for you."
ANSWER = "It is on its way, and will be with you tomorrow before noon."
ORDER, PIN, COLLEAGUE = "Where is my order?", "Please check my pin.", "Give me a colleague."


def line() -> Callflow:
    flow = Callflow(
        number=NUMBER,
        greeting=GREETING,
        voice="en-US-AvaNeural",
        silence=None,
        fallback=Fallback(meanwhile=MEANWHILE, say=SORRY, then=HangUp()),
        interim=StaticInterim(
            texts=(LINE,),
            triggers=(Trigger.TOOL,),
            latency_threshold_ms=800,
            delivery="bridge",
            then=(Say("I am still on it.", after_ms=4_500),),
        ),
    )

    @flow.tool(timeout_ms=60_000)
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(4)
        return ANSWER

    @flow.tool(interim=None)
    async def check_pin(call: Call) -> str:
        """Check the pin of a caller."""
        pin = await call.digits("Please enter your pin.", max_digits=4)
        return f"The pin has {len(pin)} digits."

    @flow.tool(interim=None)
    async def colleague() -> Transfer:
        """Give a caller to a colleague."""
        return Transfer("+18005550199", say="I will connect you.")

    return flow


@dataclass(frozen=True)
class Moment:
    """When the service fails: so long after a happening that follows the caller's words."""

    name: str
    says: str | None
    after: str
    by_s: float = 0.0
    comes: str | None = None
    """What the caller was waiting for, and gets from the next session."""


MOMENTS = (
    Moment("as the media opens", None, "answered", 0.01, GREETING),
    Moment("during the greeting", None, "answered", 1.5),
    Moment("while it listens", None, "greeted", 1.0),
    Moment("while the caller speaks", ORDER, "speech_started", 0.5, ANSWER),
    Moment("as the caller has spoken", ORDER, "speech_stopped", 0.0, ANSWER),
    Moment("while it thinks", ORDER, "speech_stopped", 0.4, ANSWER),
    Moment("as a tool begins", ORDER, "tool_called", 0.3, ANSWER),
    Moment("during an interim line", ORDER, "tool_called", 1.5, ANSWER),
    Moment("while a tool works on", ORDER, "tool_called", 3.4, ANSWER),
    Moment("as a tool has ended", ORDER, "tool_answered", 0.0, ANSWER),
    Moment("while it speaks", ORDER, "agent_said", 0.2),
    Moment("when all has come and is playing", ORDER, "agent_said", 1.2, ANSWER),
    Moment("while keys are awaited", PIN, "tool_called", 3.0, "The pin has 4 digits."),
    Moment("while a transfer rings", COLLEAGUE, "tool_called", 3.0),
)

AWAY = {
    "killed": Switches(),
    "frozen": Switches(),
    "slow": Switches(handshake_s=3.0),
    "refusing": Switches(handshake=401),
    "busy": Switches(handshake=429),
    "gone": Switches(handshake=503),
}
"""For each fault, how the service meets whoever comes back."""


@dataclass
class Failed:
    """What came of it."""

    phone: Phone
    at_ms: float
    """When it happened, on the caller's clock."""

    @property
    def word_ms(self) -> float | None:
        """From the fault, or the end of what was being heard, to the next line; None without."""
        since_ms = self.at_ms
        for line in self.phone.heard():
            if line.start_ms > self.at_ms:
                return line.start_ms - since_ms
            since_ms = max(since_ms, line.end_ms)
        return None


async def fails(scene: Trial, moment: Moment, fault: str) -> Failed:
    """Place a call, and let the service fail at the moment."""
    loop = asyncio.get_running_loop()
    happened: asyncio.Queue[str] = asyncio.Queue()

    def look(happening: Happening) -> None:
        happened.put_nowait(happening.kind)

    scene.voices.watch(look)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    speech = None
    if moment.after != "answered":
        await phone.hears(GREETING)
        await phone.waits(0.3)
    if moment.says:
        speech = asyncio.create_task(_says(phone, moment.says))
        while await happened.get() != moment.after:
            pass
    await asyncio.sleep(moment.by_s)
    scene.voices.switches = AWAY[fault]
    session = scene.voices.sessions[-1]
    at_ms = (loop.time() - phone.opened_s) * 1000
    if fault == "frozen":
        session.freezes()
    else:
        await session.drops()
    if speech:
        await speech
    return Failed(phone, at_ms)


async def _says(phone: Phone, words: str) -> None:
    with suppress(LineDead):
        await phone.says(words)
