"""Operators change what the author left to them, by the rules that the author's flow obeys."""

from typing import Any

import pytest

from bridge import (
    Callflow,
    Ended,
    Fallback,
    FlowError,
    HangUp,
    Hours,
    Limits,
    LlmInterim,
    Play,
    Recording,
    Say,
    Silence,
    StaticInterim,
    Transfer,
    Trigger,
    Voicemail,
)
from bridge.flow.operated import NotOperated, operated
from bridge.flow.overrides import PARTS, Overrides

NUMBER, OTHER = "+18005550100", "+18005550109"
LINE = StaticInterim(texts=("One moment.",), triggers=(Trigger.TOOL,), latency_threshold_ms=500)
REMEDY = (
    "{0} is not the operators' to change in the call flow orders; have its author write "
    'Callflow(operators=("{0}", ...)), or take this out.'
)
HOURS = Hours(zone="Europe/Berlin", week={"mon": "24h"}, closed=HangUp())


def line(**more: Any) -> Callflow:
    marked = {"operators": tuple(PARTS), **more}
    return Callflow(number=NUMBER, **marked)


def changed(flow: Callflow, **given: Any) -> Callflow:
    return operated(flow, "orders", flow.number, Overrides.model_validate(given))


def faults(flow: Callflow, **given: Any) -> list[tuple[str, str]]:
    with pytest.raises(NotOperated) as refused:
        changed(flow, **given)
    return [(".".join(map(str, fault.place)), fault.sentence) for fault in refused.value.faults]


def test_a_number_without_overrides_has_the_authors_flow_itself() -> None:
    flow = line()
    assert changed(flow) is flow
    assert operated(flow, "orders", OTHER, Overrides()).number == OTHER


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"greeting": "Good day."}, "greeting", "Good day."),
        ({"greeting": ""}, "greeting", None),
        ({"silence": "off"}, "silence", None),
        ({"recording": "off"}, "recording", None),
        ({"recording": {"consent": ""}}, "recording", Recording()),
        ({"recording": {"consent": "Recorded."}}, "recording", Recording(consent="Recorded.")),
        ({"hours": "off"}, "hours", None),
        ({"hours": {"closed": {"flow": "night"}}}, "hours", HOURS),
        ({"machine": {"hang_up": True, "say": "Call us."}}, "machine", HangUp(say="Call us.")),
        (
            {"keypad": {"0": {"transfer": "+18005550199"}, "9": {"hang_up": True}}},
            "keypad",
            {"0": Transfer("+18005550199"), "9": HangUp()},
        ),
        (
            {"limits": {"blocked": ["+14255550123"], "refusal": "No.", "calls_per_hour": "off"}},
            "limits",
            Limits(longest_s=90, blocked=frozenset({"+14255550123"}), refusal="No."),
        ),
        (
            {"limits": {"overflow": {"voicemail": "Full. Speak.", "longest_s": 60}}},
            "limits",
            Limits(
                longest_s=90, calls_per_hour=9, refusal="x", overflow=Voicemail("Full. Speak.", 60)
            ),
        ),
    ],
)
def test_what_is_given_takes_the_place_of_the_authors(
    given: dict[str, Any], field: str, value: object
) -> None:
    limits = Limits(longest_s=90, calls_per_hour=9, refusal="x")
    flow = line(hours=HOURS, limits=limits, recording=Recording(consent="Old."), greeting="Old.")
    now = changed(flow, **given)
    if field == "hours" and value is HOURS:
        assert now.hours
        assert (now.hours.closed, now.hours.zone, now.hours.week) == (
            *("night", HOURS.zone, HOURS.week),
        )
    else:
        assert getattr(now, field) == value


def test_an_interim_response_keeps_what_is_not_given() -> None:
    now = changed(line(interim=LINE), interim={"texts": ["Bear with me."]}).interim
    assert now == StaticInterim(
        texts=("Bear with me.",), triggers=(Trigger.TOOL,), latency_threshold_ms=500
    )


def test_an_interim_response_is_given_whole_with_a_ladder() -> None:
    ladder = [
        {"say": "Still looking.", "after_ms": 4_000, "every_ms": 2_000, "times": 2},
        {"play": "hold.wav", "after_ms": 9_000},
        {"transfer": "+18005550199", "say": "A colleague.", "after_ms": 20_000},
    ]
    given = {"kind": "static", "texts": ["x"], "latency_threshold_ms": "adaptive", "then": ladder}
    now = changed(line(), interim=given).interim
    assert now == StaticInterim(
        texts=("x",),
        latency_threshold_ms="adaptive",
        then=(
            Say("Still looking.", 4_000, 2_000, 2),
            Play("hold.wav", 9_000),
            Transfer("+18005550199", "A colleague.", 20_000),
        ),
    )


def test_an_interim_response_may_become_a_models_and_a_models_none() -> None:
    flow = line(interim=LINE)
    made_up = changed(flow, interim={"kind": "llm", "instructions": "Be brief."}).interim
    assert made_up == LlmInterim(
        instructions="Be brief.",
        texts=LINE.texts,
        triggers=LINE.triggers,
        latency_threshold_ms=LINE.latency_threshold_ms,
    )
    own = line(interim=made_up)
    assert changed(own, interim={"kind": "static"}).interim == LINE
    assert changed(own, interim={"kind": "off"}).interim is None


def test_tools_follow_the_flows_new_interim_response_and_keep_their_own() -> None:
    own = StaticInterim(texts=("I ask the warehouse.",))
    flow = line(interim=LINE)

    @flow.tool
    async def follows() -> str:
        """Look."""
        return ""

    @flow.tool(interim="Checking {order}.")
    async def has_a_line(order: str) -> str:
        """Look."""
        return order

    @flow.tool(interim=own)
    async def has_its_own() -> str:
        """Look."""
        return ""

    @flow.tool(interim=None)
    async def is_silent() -> str:
        """Look."""
        return ""

    now = changed(flow, interim={"texts": ["Bear with me."], "latency_threshold_ms": 900})
    assert now.tools["follows"].interim is now.interim
    assert now.tools["has_a_line"].interim == StaticInterim(
        texts=("Checking {order}.",), triggers=(Trigger.TOOL,), latency_threshold_ms=900
    )
    assert now.tools["has_its_own"] == flow.tools["has_its_own"]
    assert now.tools["is_silent"].interim is None
    off = changed(flow, interim={"kind": "off"})
    assert [tool.interim and tool.interim.texts for tool in off.tools.values()] == [
        *(None, None, own.texts, None),
    ]


def test_tools_follow_an_interim_response_where_the_author_had_none() -> None:
    flow = line()

    @flow.tool
    async def follows() -> str:
        """Look."""
        return ""

    @flow.tool(interim=None)
    async def is_silent() -> str:
        """Look."""
        return ""

    now = changed(flow, interim={"texts": ["One moment."]})
    assert now.tools["follows"].interim is now.interim
    assert now.tools["is_silent"].interim is None


def test_hooks_are_called_as_before() -> None:
    flow = line()

    @flow.on_end
    async def keep(ended: Ended) -> None:
        del ended

    assert changed(flow, greeting="Good day.").ended_hooks == [keep]


def test_the_language_follows_the_voice_where_the_author_gave_no_words() -> None:
    flow = line(voice="en-US-AvaNeural", silence=Silence(reprompts=("Hello?",)))
    now = changed(flow, voice="de-DE-SeraphinaNeural")
    assert now.language == "de-DE"
    assert now.silence == Silence(reprompts=("Hello?",), then=HangUp(say="Auf Wiederhören."))
    assert now.fallback.say.startswith("Es tut mir leid")


def test_the_apology_follows_what_comes_after_it() -> None:
    now = changed(line(), fallback={"then": {"transfer": "+18005550199"}})
    assert now.fallback == Fallback(then=Transfer("+18005550199")).in_words("en-US")


def test_what_the_author_did_not_mark_is_refused_with_the_remedy() -> None:
    flow = line(operators=("greeting", "limits.blocked"))
    changed(flow, greeting="x")
    changed(flow, limits={"blocked": []})
    assert faults(flow, limits={"blocked": [], "longest_s": 9}, silence="off") == [
        (
            "limits.longest_s",
            REMEDY.format("limits.longest_s"),
        ),
        (
            "silence",
            REMEDY.format("silence"),
        ),
    ]


def test_every_fault_is_told_with_its_place() -> None:
    ladder = [{"say": " ", "after_ms": 3_000}, {"transfer": "7", "after_ms": 4_000}]
    found = faults(
        line(),
        interim={"texts": ["x"], "then": ladder},
        keypad={"0": {"transfer": "sip:x@y"}},
        limits={"blocked": ["123"], "refusal": "No."},
        hours={"zone": "Europe/Berln", "week": {}, "closed": {"hang_up": True}},
        silence={"after_ms": 5},
    )
    assert [place for place, _ in found] == [
        "hours.zone",
        "interim.then.0",
        "interim.then.1",
        "keypad.0",
        "limits.blocked",
        "silence.after_ms",
    ]
    assert "like 'Europe/Berlin'" in found[0][1]


@pytest.mark.parametrize(
    ("given", "place", "remedy"),
    [
        ({"keypad": {"A": {"hang_up": True}}}, "keypad", "keys are 0123456789"),
        ({"interim": {"texts": ["Order {id}."]}}, "interim", "give it to @flow.tool"),
        ({"hours": {"zone": "UTC"}}, "hours", "so it needs week, closed, too"),
        (
            {"interim": {"texts": ["x"], "instructions": "y"}},
            "interim.instructions",
            'kind = "llm"',
        ),
        (
            {"interim": {"texts": ["x"], "delivery": "service"}, "voice": "marin"},
            "interim",
            "Azure",
        ),
        ({"interim": {"texts": []}}, "interim", "at least one text"),
        ({"fallback": {"then": {"hang_up": True, "say": "x"}}}, "fallback.then", "leave say out"),
    ],
)
def test_the_flows_own_rules_hold(given: dict[str, Any], place: str, remedy: str) -> None:
    ((where, sentence),) = faults(line(), **given)
    assert where == place
    assert remedy in sentence


@pytest.mark.parametrize(
    ("marks", "remedy"),
    [
        (("greting",), "did you mean 'greeting'?"),
        (("limits.bloked",), "did you mean 'limits.blocked'?"),
        (("model",), "operators names 'model', which operators cannot change"),
        ("greeting", r"is a tuple: operators=\(\"greeting\",\)"),
    ],
)
def test_a_mark_that_means_nothing_is_refused(marks: Any, remedy: str) -> None:
    with pytest.raises(FlowError, match=remedy):
        line(operators=marks)
