"""The softphone's line: sound, keys and words both ways, and who may have one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError

from bridge import Callflow, HangUp, Transfer
from bridge.console.phone import MOST_LINES
from bridge.console.phone_talk import in_words
from bridge.lab.acs import LineEnd
from bridge.lab.acs.ends import CALLER_GAVE_UP, NOT_ANSWERED, redirected
from bridge.lab.speech import Studio
from bridge.service.flows import Flows
from bridge.service.parts import AUDIT, SWITCHBOARD
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, READ_KEY, visitor
from tests.console.softphone import dialled, on_the_line

NUMBER, COLLEAGUE = "+18005550100", "+18005550199"
GREETING = "Good morning, this is the order line."
NINE = "You pressed nine. Goodbye."
BRIEF = "A caller for you. Press one to take the call."
LONG = "This takes a while to say, so that somebody can say something before it has ended, at last."


def order_line() -> Callflow:
    keypad = {"9": HangUp(say=NINE)}
    flow = Callflow(number=NUMBER, greeting=GREETING, keypad=keypad)

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        return "It is on its way."

    @flow.tool
    async def read_terms() -> str:
        """Read the terms."""
        return LONG

    @flow.tool
    async def connect_person() -> Transfer:
        """Connect the caller with a person."""
        return Transfer(COLLEAGUE, say="I will put you through.")

    @flow.tool
    async def ask_colleague() -> Transfer:
        """Ask a colleague."""
        return Transfer(COLLEAGUE, say="I will ask.", brief=BRIEF, music="hold.wav")

    @flow.tool
    async def end_call() -> HangUp:
        """End the call."""
        return HangUp(say="Goodbye.")

    return flow


@pytest.fixture
async def scene(studio: Studio) -> AsyncIterator[Trial]:
    flows = Flows({"line": order_line()}, Path("callflows"))
    async with trial(flows, studio=studio, interlude_api_key=EDIT_KEY) as running:
        yield running


@pytest.mark.parametrize("rate_hz", [24_000, 48_000])
async def test_greeting_question_and_answer_go_through_a_browser(
    scene: Trial, studio: Studio, rate_hz: int
) -> None:
    async with dialled(scene, studio, NUMBER, rate_hz=rate_hz) as talker:
        await talker.state("connected")
        await talker.hears(GREETING)
        (call,) = scene.app[SWITCHBOARD].in_progress
        assert (call.caller, call.dialled) == ("+12065550100", NUMBER)
        await talker.says("Where is my order?")
        await talker.hears("It is on its way.")
        assert talker.call_id == call.id
        assert talker.captions == [
            ("agent", GREETING),
            ("caller", "Where is my order?"),
            ("agent", "It is on its way."),
        ]
        await talker.hangs_up()
        over = await talker.state("over")
    assert over == {"state": "over", "words": "You hung up.", "gaps": 0, "skipped_ms": 0}
    assert [each["state"] for each in talker.states] == ["ringing", "connected", "over"]
    assert scene.voices.sessions[0].heard == ["Where is my order?"]
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == ("caller", "hung_up")
    assert scene.acs.requests == [], "no carrier but the softphone's own has heard of it"
    (entry,) = await scene.app[AUDIT].entries()
    assert (entry.who, entry.did, entry.about) == ("INTERLUDE_API_KEY", "softphone.call", NUMBER)


async def test_a_key_reaches_the_line_which_may_hang_up(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.hears(GREETING)
        await talker.presses("x")
        await talker.presses("9")
        assert (await talker.state("over"))["words"] == "The line hung up."
    assert NINE in talker.heard()


async def test_what_is_said_over_the_agent_drops_what_is_queued(
    scene: Trial, studio: Studio
) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.hears(GREETING)
        await talker.says("Read me the terms.")
        await talker.until(lambda me: any(line.text == LONG for line in me.lines()))
        await talker.says("Where is my order?")
        await talker.hears("It is on its way.")
        assert [line.complete for line in talker.lines() if line.text == LONG] == [False]
        await talker.hangs_up()
        await talker.state("over")
    assert (await scene.record()).barge_ins == 1


async def test_a_transfer_is_told_and_ends_the_call(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.hears(GREETING)
        await talker.says("Connect me with a person.")
        words = (await talker.state("over"))["words"]
    assert words == f"Transferred, to {COLLEAGUE}. On a real line that telephone would ring now."
    assert "I will put you through." in talker.heard()


async def test_a_colleague_who_is_asked_takes_the_call(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.hears(GREETING)
        await talker.says("Ask a colleague.")
        words = (await talker.state("over"))["words"]
    assert words.startswith(f"Transferred, to {COLLEAGUE}.")
    states = [each["state"] for each in talker.states]
    assert states == ["ringing", "connected", "held", "connected", "over"]


async def test_whoever_closes_the_page_has_hung_up(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.hears(GREETING)
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == ("caller", "hung_up")


async def test_whoever_hangs_up_while_it_rings_is_told(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.state("ringing")
        await talker.hangs_up()
        assert (await talker.state("over"))["words"] == "You hung up."
    assert [each["state"] for each in talker.states] == ["ringing", "over"]


async def test_a_line_that_does_not_take_the_call_says_so(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, "+18005550111") as talker:
        assert (await talker.state("over"))["words"].startswith("Turned down: nobody has")


async def test_a_line_that_is_full_is_busy(studio: Studio) -> None:
    flows = Flows({"line": order_line()})
    async with (
        trial(flows, studio=studio, interlude_api_key=EDIT_KEY, interlude_most_calls=1) as scene,
        dialled(scene, studio, NUMBER) as first,
    ):
        await first.state("connected")
        async with dialled(scene, studio, NUMBER) as second:
            assert (await second.state("over"))["words"].startswith("Busy:")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (redirected(COLLEAGUE), f"Redirected before it was answered, to {COLLEAGUE}."),
        (NOT_ANSWERED, "Nobody answered for half a minute."),
        (CALLER_GAVE_UP, "You hung up."),
    ],
)
def test_every_end_has_words(end: LineEnd, words: str) -> None:
    assert in_words(end).startswith(words)


async def test_there_are_so_many_lines_and_no_more(scene: Trial, studio: Studio) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MOST_LINES):
            one = await stack.enter_async_context(dialled(scene, studio, NUMBER))
            await one.state("connected")
        async with dialled(scene, studio, NUMBER) as another:
            assert "are in use" in (await another.state("over"))["words"]
        await one.hangs_up()
        await one.state("over")
        await one.closed()
        async with dialled(scene, studio, NUMBER) as another:
            await another.state("connected")


async def test_a_process_that_drains_takes_no_call(scene: Trial, studio: Studio) -> None:
    scene.app[SWITCHBOARD].take_no_more()
    async with dialled(scene, studio, NUMBER) as talker:
        assert "about to stop" in (await talker.state("over"))["words"]


async def test_a_service_that_stops_ends_the_call(scene: Trial, studio: Studio) -> None:
    async with dialled(scene, studio, NUMBER) as talker:
        await talker.hears(GREETING)
        scene.app[SWITCHBOARD].end_all()
        assert (await talker.state("over"))["words"] == "The line hung up."


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ({"dial": "911", "caller": "+12065550100", "rate_hz": 24_000}, "international form"),
        ({"dial": NUMBER, "caller": "Ann", "rate_hz": 24_000}, "international form"),
        ({"dial": NUMBER, "caller": "+12065550100", "rate_hz": 44_100}, "44100 Hz"),
        ({"dial": NUMBER}, "Load the page again"),
        ([], "Load the page again"),
    ],
)
async def test_what_cannot_be_dialled_is_told_in_words(
    scene: Trial, first: object, words: str
) -> None:
    async with visitor(scene, EDIT_KEY) as session, on_the_line(session, scene) as socket:
        await socket.send_json(first)
        assert words in (await socket.receive_json())["words"]
        assert (await socket.receive()).data == 1000


@pytest.mark.parametrize("raw", ["{", b"\0\0"])
async def test_noise_in_place_of_a_number_is_told_in_words(scene: Trial, raw: str | bytes) -> None:
    async with visitor(scene, EDIT_KEY) as session, on_the_line(session, scene) as socket:
        await (socket.send_str(raw) if isinstance(raw, str) else socket.send_bytes(raw))
        assert "Load the page again" in (await socket.receive_json())["words"]


async def test_whoever_dials_nothing_is_let_go(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as session, on_the_line(session, scene) as socket:
        assert (await socket.receive_json())["words"] == "Nothing was dialled."


async def test_noise_in_a_call_does_no_harm(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as session, on_the_line(session, scene) as socket:
        await socket.send_json({"dial": NUMBER, "caller": "+12065550100", "rate_hz": 24_000})
        for state in ("ringing", "connected"):
            assert (await socket.receive_json())["state"] == state
        for noise in (
            "{",
            "[]",
            '{"key": 5}',
            '{"key": "55"}',
            '{"hang_up": "no"}',
            '{"dial": ""}',
        ):
            await socket.send_str(noise)
        await socket.send_bytes(b"odd")
        await socket.send_json({"hang_up": True})
        async for message in socket:
            over = message
        assert over.json()["words"] == "You hung up."


async def test_other_sites_readers_and_strangers_get_no_line(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as editor:
        for origin in ("http://elsewhere.example", None):
            with pytest.raises(WSServerHandshakeError, match="403"):
                await editor.ws_connect("/console/phone/line", origin=origin)
    async with visitor(scene, READ_KEY) as reader:
        with pytest.raises(WSServerHandshakeError, match="403"):
            await reader.ws_connect("/console/phone/line", origin=scene.url)
    async with visitor(scene) as stranger:
        with pytest.raises(WSServerHandshakeError):
            await stranger.ws_connect("/console/phone/line", origin=scene.url)
    assert scene.app[SWITCHBOARD].in_progress == []
