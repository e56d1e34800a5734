"""Clips that speak beside the model."""

from types import SimpleNamespace

from bridge.audio.pcm import silence
from bridge.call.events import AgentAudio, CallerSaid
from bridge.call.speaker import play_clip
from bridge.call.transcript import Transcript
from tests.call.test_playout import RATE, playing


async def test_every_clip_has_a_name_of_its_own_whatever_was_forgotten_meanwhile() -> None:
    """An answer began, turned out to be silence, and a line had been said in between."""
    async with playing() as (playout, _, _):
        transcript = Transcript()
        one = SimpleNamespace(transcript=transcript, playout=playout)

        def play(text: str) -> str:
            return play_clip(one, text, silence(100, RATE))  # type: ignore[arg-type]  # the two parts it uses

        transcript.saw(CallerSaid("Where is my order?"), RATE)
        transcript.saw(AgentAudio("r", "i", silence(500, RATE)), RATE)
        first = play("One moment.")
        transcript.forget("i")
        second = play("Still looking.")
        assert first != second
        assert [said.text for said in transcript.said()] == [
            "Where is my order?",
            "One moment.",
            "Still looking.",
        ]


async def test_what_a_clip_says_is_known_and_how_long_it_takes() -> None:
    async with playing() as (playout, _, _):
        transcript = Transcript()
        one = SimpleNamespace(transcript=transcript, playout=playout)
        name = play_clip(one, "Hello.", silence(250, RATE), "agent")  # type: ignore[arg-type]
        assert transcript.lasts_ms(name) == 250
        assert playout.left_s > 0
        (said,) = transcript.said()
        assert (said.by, said.text) == ("agent", "Hello.")
        (cut,) = await playout.interrupt()
        assert cut.item_id == name
