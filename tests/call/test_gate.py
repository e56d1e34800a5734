"""One response at a time, whoever asked for it."""

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from bridge.call.events import (
    ResponseEnded,
    SpeechStarted,
    SpeechStopped,
    VoiceProblem,
)
from bridge.call.gate import ALREADY_ACTIVE, Gate
from bridge.call.record import Record


class Asked:
    """Requests, in the order in which they were let through."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.given_up: list[str] = []
        """Why sessions were given up."""

    def __call__(self, name: str) -> Callable[[], Awaitable[str]]:
        async def send() -> str:
            self.sent.append(name)
            return name

        return send

    async def cancel(self, response_id: str) -> None:
        self.sent.append(f"cancel {response_id}")

    async def give_up(self, why: str) -> None:
        self.given_up.append(why)


def refusal(code: str, about: str | None) -> VoiceProblem:
    return VoiceProblem(code, "", about)


async def test_a_request_waits_for_the_response_before_it() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    first = await gate.ask(asked("greeting"))
    second = await gate.ask(asked("answer"))
    assert asked.sent == ["greeting"]
    gate.started("r1", None)
    assert gate.active == {"r1"}
    await gate.ended(ResponseEnded("r1", "completed"))
    assert first.is_set()
    assert not second.is_set()
    assert asked.sent == ["greeting", "answer"]


async def test_a_request_waits_for_the_services_own_response() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    gate.started("own", None)
    await gate.ask(asked("answer"))
    assert asked.sent == []
    await gate.ended(ResponseEnded("own", "completed"))
    assert asked.sent == ["answer"]


async def test_a_request_that_crossed_with_the_services_own_response_is_sent_again() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    settled = await gate.ask(asked("answer"))
    gate.started("own", None)
    await gate.refused(refusal(ALREADY_ACTIVE, None))
    assert asked.sent == ["answer"]
    await gate.ended(ResponseEnded("own", "completed"))
    assert asked.sent == ["answer", "answer"]
    assert not settled.is_set()
    gate.started("ours", None)
    await gate.ended(ResponseEnded("ours", "completed"))
    assert settled.is_set()


async def test_a_refused_request_does_not_hold_up_the_next() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    first = await gate.ask(asked("first"))
    await gate.ask(asked("second"))
    with capture_logs() as logs:
        await gate.refused(refusal("invalid_request_error", "first"))
    assert first.is_set()
    assert asked.sent == ["first", "second"]
    assert logs[0]["event"] == "response.refused"


async def test_refusals_of_other_things_change_nothing() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    await gate.refused(refusal("whatever", None))
    first = await gate.ask(asked("first"))
    await gate.refused(refusal("item_not_found", "something else"))
    gate.started("r1", None)
    await gate.refused(refusal("late", None))
    assert not first.is_set()
    assert asked.sent == ["first"]


async def test_when_the_services_own_response_is_refused_the_caller_is_still_answered() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    greeting = await gate.ask(asked("greeting"))
    gate.started("ours", "greeting")
    await gate.refused(refusal(ALREADY_ACTIVE, None))
    await gate.ended(ResponseEnded("ours", "completed"))
    assert greeting.is_set()
    assert asked.sent == ["greeting", "respond"]


async def test_a_response_that_names_our_request_is_ours_even_if_another_came_first() -> None:
    asked = Asked()
    gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
    answer = await gate.ask(asked("answer"))
    gate.started("interim", None)
    gate.started("ours", "answer")
    await gate.ended(ResponseEnded("interim", "completed"))
    assert not answer.is_set()
    await gate.ended(ResponseEnded("ours", "completed"))
    assert answer.is_set()


async def test_requests_to_answer_that_wait_become_one() -> None:
    asked = Asked()
    respond = asked("respond")
    gate = Gate(respond, asked.cancel, asked.give_up, Record())
    gate.started("r1", None)
    first, second = await gate.ask(respond), await gate.ask(respond)
    await gate.ended(ResponseEnded("r1", "completed"))
    gate.started("r2", "respond")
    await gate.ended(ResponseEnded("r2", "completed"))
    assert first is second
    assert asked.sent == ["respond"]


class TestWhileTheCallerSpeaks:
    """Nothing is asked for: the caller would be talked over."""

    async def test_a_request_waits_and_noise_lets_it_through(self) -> None:
        asked = Asked()
        gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
        gate.saw(SpeechStarted())
        await gate.ask(asked("answer"))
        gate.saw(SpeechStopped())
        assert asked.sent == []
        await gate.caller_said("")
        assert asked.sent == ["answer"]

    async def test_the_services_own_response_serves_for_what_was_known_before(self) -> None:
        asked = Asked()
        respond = asked("respond")
        gate = Gate(respond, asked.cancel, asked.give_up, Record())
        gate.saw(SpeechStarted())
        known = await gate.ask(respond)
        gate.saw(SpeechStopped())
        await gate.caller_said("Okay.")
        gate.started("own", None)
        assert not known.is_set()
        await gate.ended(ResponseEnded("own", "completed"))
        assert known.is_set()
        assert asked.sent == []

    @pytest.mark.parametrize("before", [True, False])
    async def test_what_came_after_the_callers_words_is_asked_for(self, *, before: bool) -> None:
        asked = Asked()
        respond = asked("respond")
        gate = Gate(respond, asked.cancel, asked.give_up, Record())
        gate.saw(SpeechStarted())
        if before:
            await gate.ask(respond)
        gate.saw(SpeechStopped())
        await gate.ask(respond)
        await gate.caller_said("Okay.")
        gate.started("own", None)
        await gate.ended(ResponseEnded("own", "completed"))
        assert asked.sent == ["respond"]

    async def test_words_of_ours_are_said_after_the_services_own_response(self) -> None:
        asked = Asked()
        gate = Gate(asked("respond"), asked.cancel, asked.give_up, Record())
        gate.saw(SpeechStarted())
        await gate.ask(asked("goodbye"))
        gate.saw(SpeechStopped())
        gate.started("own", None)
        assert asked.sent == []
        await gate.ended(ResponseEnded("own", "completed"))
        assert asked.sent == ["goodbye"]
