"""What becomes of responses when another session takes the place of the one that made them."""

import pytest

from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    ResponseEnded,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
)
from bridge.call.gate import Gate
from bridge.call.record import Record
from bridge.call.responses import Response
from tests.call.test_gate import Asked

SOUND, DONE = AgentAudio("r", "i", b"\0\0"), AgentAudioDone("r", "i")
CALLED = ToolCalled("r", "call_1", "look_up", "{}")


def gate_of(asked: Asked) -> Gate:
    return Gate(asked("respond"), asked.cancel, asked.give_up, Record())


@pytest.mark.parametrize(
    ("came", "is_owed"),
    [
        ((), True),
        ((SOUND,), True),
        ((SOUND, DONE), False),
        ((SOUND, DONE, SOUND), True),
        ((SOUND, CALLED), False),
        ((CALLED,), False),
    ],
)
def test_an_answer_is_owed_until_it_came_to_its_end_or_a_tool_will_see_to_it(
    came: tuple[AgentAudio | AgentAudioDone | ToolCalled, ...], *, is_owed: bool
) -> None:
    response = Response(0.0, 0.0)
    for event in came:
        response.saw(event)
    assert response.is_owed is is_owed


@pytest.mark.parametrize(
    "response",
    [
        Response(0.0, 0.0, answers=False),
        Response(0.0, 0.0, was_interrupted=True),
        Response(0.0, 0.0, is_superseded=True),
    ],
    ids=["a line", "the caller spoke", "another answers"],
)
def test_nobody_waits_for_the_rest_of(response: Response) -> None:
    response.saw(SOUND)
    assert not response.is_owed


@pytest.mark.parametrize("begun", [True, False])
async def test_what_was_asked_for_and_has_not_sounded_is_asked_of_the_next_session(
    *, begun: bool
) -> None:
    asked = Asked()
    gate = gate_of(asked)
    settled = await gate.ask(asked("line"))
    if begun:
        gate.started("r", "line")
    assert not gate.renewed()
    assert asked.sent == ["line"]
    await gate.resume()
    assert asked.sent == ["line", "line"]
    assert not settled.is_set()
    gate.started("again", "line")
    await gate.ended(ResponseEnded("again", "completed"))
    assert settled.is_set()


async def test_a_line_that_has_begun_to_sound_is_said_from_its_beginning() -> None:
    asked = Asked()
    respond = asked("respond")
    gate = Gate(respond, asked.cancel, asked.give_up, Record())
    settled = await gate.ask(asked("line"))
    gate.started("r", "line")
    gate.saw(SOUND)
    assert not gate.renewed(), "a line is no answer"
    assert not settled.is_set()
    await gate.resume()
    assert asked.sent == ["line", "line"]


async def test_a_line_that_has_come_whole_is_not_said_again() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    settled = await gate.ask(asked("line"))
    gate.started("r", "line")
    gate.saw(SOUND)
    gate.saw(AgentAudioDone("r", "i"))
    assert not gate.renewed()
    assert settled.is_set()
    await gate.resume()
    assert asked.sent == ["line"]


async def test_the_rest_of_an_answer_is_owed_whoever_asked_for_it() -> None:
    asked = Asked()
    respond = asked("respond")
    gate = Gate(respond, asked.cancel, asked.give_up, Record())
    settled = await gate.ask(respond)
    gate.started("r", "respond")
    gate.saw(SOUND)
    assert gate.renewed()
    assert settled.is_set()
    gate.started("r", None)
    gate.saw(SOUND)
    assert gate.renewed()
    await gate.resume()
    assert asked.sent == ["respond"], "to ask for it is left to others"


async def test_an_answer_that_the_caller_interrupted_is_not_owed() -> None:
    gate = gate_of(Asked())
    gate.started("r", None)
    gate.saw(SOUND)
    gate.saw(SpeechStarted())
    assert not gate.renewed()


async def test_of_the_session_before_nothing_is_under_way_any_more() -> None:
    asked = Asked()
    gate = gate_of(asked)
    gate.started("own", None)
    await gate.ask(asked("line"))
    assert gate.is_busy
    gate.renewed()
    assert gate.active == set()
    assert asked.sent == []
    await gate.resume()
    assert asked.sent == ["line"]
    await gate.ended(ResponseEnded("own", "completed"))
    assert gate.is_busy
    gate.started("r", "line")
    await gate.ended(ResponseEnded("r", "completed"))
    assert not gate.is_busy


async def test_requests_keep_their_order_over_a_loss() -> None:
    asked = Asked()
    gate = gate_of(asked)
    for name in ("first", "second", "third"):
        await gate.ask(asked(name))
    gate.renewed()
    await gate.resume()
    for name in ("first", "second", "third"):
        gate.started(name, name)
        await gate.ended(ResponseEnded(name, "completed"))
    assert asked.sent == ["first", "first", "second", "third"]


async def test_what_nobody_wants_any_more_is_not_asked_of_the_next_session() -> None:
    asked, wanted = Asked(), True
    gate = gate_of(asked)
    settled = await gate.ask(asked("line"), lambda: wanted)
    gate.renewed()
    wanted = False
    await gate.resume()
    assert asked.sent == ["line"]
    assert settled.is_set()
    assert not gate.is_busy


async def test_a_caller_who_spoke_into_the_loss_does_not_hold_up_the_next_session() -> None:
    asked = Asked()
    gate = gate_of(asked)
    gate.saw(SpeechStarted())
    await gate.ask(asked("line"))
    assert asked.sent == []
    gate.renewed()
    await gate.resume()
    assert asked.sent == ["line"]


async def test_a_caller_whose_answer_had_not_begun_is_not_waited_for() -> None:
    asked = Asked()
    respond = asked("respond")
    gate = Gate(respond, asked.cancel, asked.give_up, Record())
    gate.saw(SpeechStarted())
    gate.saw(SpeechStopped())
    await gate.caller_said("Where is my order?")
    assert not gate.renewed()
    settled = await gate.ask(respond)
    assert asked.sent == ["respond"]
    gate.started("r", "respond")
    await gate.ended(ResponseEnded("r", "completed"))
    assert settled.is_set()


async def test_an_answer_to_a_tool_that_had_not_sounded_is_asked_for_once() -> None:
    asked = Asked()
    respond = asked("respond")
    gate = Gate(respond, asked.cancel, asked.give_up, Record())
    first = await gate.ask(respond)
    gate.started("r", "respond")
    gate.renewed()
    assert await gate.ask(respond) is first
    await gate.resume()
    assert asked.sent == ["respond", "respond"]
