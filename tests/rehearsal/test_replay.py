"""A recorded call against the bridge of today: the same, unless the caller would notice."""

import asyncio
import gzip
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from bridge import Call, Callflow, Say, StaticInterim, Trigger
from bridge.call.cover import Cover
from bridge.lab.script import Backend, Scene
from bridge.lab.voicelive import Switches
from bridge.rehearsal.replay import Replay, play_again
from bridge.rehearsal.stage import dialled
from bridge.service.flights import VERSION
from bridge.service.flows import Flows
from bridge.service.recorded import BadFlight, Recorded

LINE = "Let me look that up for you."
LINES = (LINE, "One moment while I check on that.")
STILL = "Still looking, thanks for your patience."


@pytest.fixture
async def recorded(shipped: Flows, clips: Path) -> Recorded:
    """A call about an order, whose look-up takes five seconds."""
    scene = Scene(
        flow="order_status",
        tools={"order_status": Backend(takes_s=5, returns="Soon.")},
        voice_live=Switches(first_token_s=0.8),
    )
    async with dialled(shipped, scene, clips) as call:
        await call.hears("How can I help?")
        await call.waits(0.5)
        await call.says("Where is order four two seven one?")
        await call.hears("Soon.")
        await call.waits(1)
        await call.hangs_up()
        return Recorded.of(await call.flight(), "it")


async def again(flows: Flows, recorded: Recorded, clips: Path) -> Replay:
    return await play_again(flows, recorded, "again", clips)


def both(replay: Replay) -> tuple[Recorded, Recorded]:
    return replay.before, replay.after


def changes(replay: Replay) -> list[tuple[str, str]]:
    return [(line.sign, line.text) for line in replay.lines if line.sign != " "]


def other(flows: Flows, interim: StaticInterim) -> Flows:
    flow = flows.by_name["order_status"]
    changed = replace(flow, interim=interim)
    changed.tools.update({name: replace(t, interim=interim) for name, t in flow.tools.items()})
    return Flows({"order_status": changed}, flows.folder)


async def test_a_call_that_is_played_again_unchanged_is_the_same(
    recorded: Recorded, shipped: Flows, clips: Path
) -> None:
    replay = await again(shipped, recorded, clips)
    assert replay.is_same, list(replay.lines)
    greeting, line, *rest = replay.before.lines
    assert greeting == "Thanks for calling Contoso. How can I help?"
    assert line in LINES
    assert rest == [STILL, "Soon."]
    assert replay.before.of_kind("tool")[0].took_ms == pytest.approx(5_000, abs=50)
    assert replay.after.of_kind("tool")[0].took_ms == pytest.approx(5_000, abs=50)
    first_ms = [[turn.first_ms for turn in each.of_kind("model")] for each in both(replay)]
    assert first_ms == [[pytest.approx(800, abs=20)] * 2] * 2
    assert replay.after.notes[-1].at_ms == pytest.approx(replay.before.notes[-1].at_ms, abs=500)


async def test_without_sound_the_words_are_spoken(
    recorded: Recorded, shipped: Flows, clips: Path
) -> None:
    silent = replace(
        recorded,
        head=recorded.head.model_copy(update={"has_sound": False}),
        notes=[note for note in recorded.notes if note.kind != "sound"],
    )
    replay = await again(shipped, silent, clips)
    assert replay.is_same, list(replay.lines)


async def test_another_interim_line_is_named(
    recorded: Recorded, shipped: Flows, clips: Path
) -> None:
    says = StaticInterim(
        texts=("Just a second.",),
        triggers=(Trigger.TOOL,),
        latency_threshold_ms=500,
        then=(Say(STILL, after_ms=4_500),),
    )
    replay = await again(other(shipped, says), recorded, clips)
    assert not replay.is_same
    gone, new = changes(replay)
    assert gone in [("-", line) for line in LINES]
    assert new == ("+", "Just a second.")


async def test_a_line_that_comes_later_is_no_other_line(
    recorded: Recorded, shipped: Flows, clips: Path
) -> None:
    late = StaticInterim(
        texts=LINES,
        triggers=(Trigger.TOOL,),
        latency_threshold_ms=2_000,
        then=(Say(STILL, after_ms=4_500),),
    )
    replay = await again(other(shipped, late), recorded, clips)
    assert replay.is_same, list(replay.lines)
    assert [line.text in LINES for line in replay.lines if line.is_moved] == [True]
    assert replay.verdict == "The caller hears what they heard, but not when: see the times."


async def test_a_slower_threshold_leaves_a_line_out(
    recorded: Recorded, shipped: Flows, clips: Path
) -> None:
    late = StaticInterim(texts=LINES, triggers=(Trigger.TOOL,), latency_threshold_ms=4_000)
    replay = await again(other(shipped, late), recorded, clips)
    assert changes(replay) == [("-", STILL)]
    assert replay.outcome.experience.dead_air_s > 3


async def test_a_fault_of_the_bridge_is_seen(
    recorded: Recorded, shipped: Flows, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def says_nothing(*_: object) -> None:
        """The fault."""

    monkeypatch.setattr(Cover, "_say", says_nothing)
    replay = await again(shipped, recorded, clips)
    assert any(("-", line) in changes(replay) for line in LINES)


async def test_a_caller_who_interrupts_interrupts_again(shipped: Flows, clips: Path) -> None:
    async with dialled(shipped, Scene(flow="order_status"), clips) as call:
        await call.hears("How can I help?")
        await call.says("Where is order four two seven one?")
        await call.hears("", by="interim")
        await call.talks_over("And where is order one one three eight?")
        await call.hears("on Friday", within_s=30)
        await call.hangs_up()
        recorded = Recorded.of(await call.flight(), "it")
    assert any(line.endswith("…") for line in recorded.lines)
    replay = await again(shipped, recorded, clips)
    assert replay.is_same, list(replay.lines)


async def test_a_key_that_was_pressed_is_pressed_again(shipped: Flows, clips: Path) -> None:
    async with dialled(shipped, Scene(flow="order_status"), clips) as call:
        await call.hears("How can I help?")
        await call.waits(1)
        await call.presses("50")
        await call.is_transferred_to("+18005550199")
        recorded = Recorded.of(await call.flight(), "it")
    assert [note.key for note in recorded.of_kind("key")] == ["x", "0"]
    replay = await again(shipped, recorded, clips)
    assert replay.is_same, list(replay.lines)
    assert replay.after.notes[-1].reason == "transferred"


async def test_a_tool_that_fails_fails_again(shipped: Flows, clips: Path) -> None:
    tools = {"order_status": Backend(takes_s=1, fails="The warehouse is gone.")}
    async with dialled(shipped, Scene(flow="order_status", tools=tools), clips) as call:
        await call.hears("How can I help?")
        await call.says("Where is order four two seven one?")
        await call.hears("failed")
        await call.hangs_up()
        recorded = Recorded.of(await call.flight(), "it")
    replay = await again(shipped, recorded, clips)
    assert replay.is_same, list(replay.lines)
    assert [note.outcome for each in both(replay) for note in each.of_kind("tool")] == [
        "failed"
    ] * 2


async def test_a_tool_that_never_came_back_does_not_now(shipped: Flows, clips: Path) -> None:
    tools = {"order_status": Backend(takes_s=0, hangs=True)}
    async with dialled(shipped, Scene(flow="order_status", tools=tools), clips) as call:
        await call.hears("How can I help?")
        await call.says("Where is order four two seven one?")
        await call.is_transferred_to("+18005550199", within_s=60)
        recorded = Recorded.of(await call.flight(), "it")
    replay = await again(shipped, recorded, clips)
    assert replay.is_same, list(replay.lines)


async def test_a_tool_that_asks_for_digits_asks_again(clips: Path) -> None:
    flow = Callflow(number="+18005550100", greeting="Good morning.")

    @flow.tool
    async def charge(call: Call) -> str:
        """Charge my card."""
        await asyncio.sleep(1)
        digits = await call.digits("Your card, please.", max_digits=4, secret=True)
        await asyncio.sleep(1)
        return f"{len(digits)} digits were charged."

    flows = Flows({"line": flow})
    async with dialled(flows, Scene(flow="line"), clips) as call:
        await call.hears("Good morning.")
        await call.says("Please charge my card.")
        await call.hears("Your card, please.")
        await call.waits(1)
        await call.presses("4289")
        await call.hears("were charged")
        await call.hangs_up()
        flight = await call.flight()
    recorded = Recorded.of(flight, "it")
    assert [note.key for note in recorded.of_kind("key")] == ["x"] * 4
    replay = await again(flows, recorded, clips)
    assert replay.is_same, list(replay.lines)
    assert "Your card, please." in replay.before.lines


def packed(*lines: object) -> bytes:
    return gzip.compress(b"\n".join(map(orjson.dumps, lines)))


HEAD = {
    "interlude_flight": VERSION,
    "flow": "order_status",
    "language": "en-US",
    "rate_hz": 16_000,
    "has_sound": False,
    "is_whole": True,
}
NEWER = f"it is a flight of format {VERSION + 1}, and this Interlude reads {VERSION}: update it."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is cut short: copy it whole."),
        (b"hello", "it is no flight: it is not compressed by gzip."),
        (packed(HEAD)[:-9], "it is cut short: copy it whole."),
        (gzip.compress(b"{"), "it is no flight: a line is no JSON."),
        (gzip.compress(bytes(200 << 20), 1), "it is no flight: it is larger than any."),
        (packed({"flow": "order_status"}), "it is no flight: its first line does not say so."),
        (packed({**HEAD, "interlude_flight": VERSION + 1}), NEWER),
        (packed({**HEAD, "rate_hz": 7}), "it is a flight that cannot be played: see rate_hz."),
        (packed(HEAD, {"kind": "end"}), "it is a flight that cannot be played: see 0.at_ms."),
        (packed(HEAD), "it is a flight without an end: it was cut short."),
    ],
)
def test_what_is_no_flight_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadFlight) as refused:
        Recorded.of(content, "it")
    assert str(refused.value) == sentence
