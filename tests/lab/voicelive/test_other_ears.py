import asyncio

from bridge.audio.pcm import silence
from bridge.lab.speech import Heard
from bridge.lab.voicelive import ScriptBrain, Thought
from tests.lab.voicelive.line import calling

MANY, MOST = 30, 18
"""Turns that are committed; and those before the client waits: one is listened to, 16 wait, and one
has been announced."""


class Daydreamer:
    """Hears something else, once woken."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()

    async def recognise(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        await self.woken.wait()
        assert len(pcm) == rate_hz
        return [Heard("Did you", 0, 200, complete=True), Heard("call?", 300, 500, complete=True)]


async def test_callers_are_understood_by_other_ears_and_no_faster_than_these_can() -> None:
    ears = Daydreamer()
    async with calling(brain=ScriptBrain([Thought("Yes.")]), ears=ears) as line:
        await line.configure(turn_detection=None)
        for _ in range(MANY):
            await line.append(silence(500, 24_000))
            await line.send("input_audio_buffer.commit")
        await line.quiet(5)
        assert len(line.all("input_audio_buffer.committed")) == MOST
        ears.woken.set()
        await line.until("input_audio_buffer.committed", MANY - MOST)
        await line.until("conversation.item.created")
        assert line.session.heard[0] == "Did you call?"
