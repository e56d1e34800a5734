"""A thousand edits of the operators' file: what can serve serves, what cannot changes nothing."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Callflow, StaticInterim
from bridge.flow.overrides import PARTS
from bridge.lab.acs import Phone
from bridge.service.flows import Flows
from bridge.service.guards import Operator, Role
from bridge.service.numbers.editing import overrides_in, with_number
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import BadNumbers
from bridge.service.parts import LINES, SWITCHBOARD
from bridge.trial import Trial, trial

EDITS, CALLED_EVERY = 1_000, 50
ORDERS, CLINIC, NEW = "+18005550100", "+18005550101", "+18005550109"
FIRST = "This is the order line."
JANE = Operator("jane", Role.EDITOR)
ORDER_LINE = Callflow(
    number=ORDERS,
    greeting=FIRST,
    interim=StaticInterim(texts=("One moment.",)),
    silence=None,
    operators=tuple(PARTS),
)
CLINIC_LINE = Callflow(number=CLINIC, greeting="The clinic.", silence=None, operators=("greeting",))

TEXTS = st.sampled_from(["Hello there.", "Good day to you.", "How can I help?", "Welcome back."])
ANYTHING: st.SearchStrategy[Any] = st.booleans() | st.integers(-1, 9) | st.text(max_size=4)
NUMBERS = st.sampled_from(["+14255550123", "+18005550199", "555", "8:orgid:1-2", "sip:a@b"])
WHEN = st.integers(-1, 9_000)
OUTCOMES = st.one_of(
    st.fixed_dictionaries({"transfer": NUMBERS}, optional={"say": TEXTS, "after_ms": WHEN}),
    st.fixed_dictionaries({"hang_up": st.booleans()}, optional={"say": TEXTS}),
    st.fixed_dictionaries({"voicemail": TEXTS}),
)
STEPS = OUTCOMES | st.fixed_dictionaries({"say": TEXTS, "after_ms": WHEN})
HOURS = st.sampled_from(["24h", "closed", "08:00-18:00", "18:00-08:00", "8-18"])


def tables(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


FIELDS = tables(
    greeting=TEXTS | ANYTHING,
    voice=st.sampled_from(["en-US-AvaNeural", "de-DE-KatjaNeural", "marin"]),
    interim=tables(
        kind=st.sampled_from(["static", "llm", "off", "sung"]),
        texts=st.lists(TEXTS, max_size=2),
        latency_threshold_ms=st.integers(-1, 900) | st.sampled_from(["adaptive", "soon"]),
        then=st.lists(STEPS, max_size=2),
    ),
    silence=st.just("off") | tables(after_ms=st.integers(900, 5_000), reprompts=st.lists(TEXTS)),
    hours=st.just("off")
    | tables(
        zone=st.sampled_from(["UTC", "Europe/Berlin", "Mars"]),
        week=st.dictionaries(st.sampled_from(["mon-fri", "sat", "son"]), HOURS, max_size=2),
        holidays=st.sampled_from(["DE-BE", "US", "", "XX"]),
        special=st.dictionaries(st.sampled_from(["2026-12-24", "2026-24-12"]), HOURS, max_size=1),
        closed=OUTCOMES | st.builds(dict, flow=st.sampled_from(["clinic", "orders", "none"])),
    ),
    keypad=st.dictionaries(st.sampled_from(["0", "#", "A"]), OUTCOMES, max_size=2),
    limits=tables(
        blocked=st.lists(NUMBERS, max_size=2), refusal=TEXTS, most_calls=st.integers(0, 9) | TEXTS
    ),
    recording=st.sampled_from(["off", "on", {}, {"consent": "Recorded."}]),
    unknown=ANYTHING,
)
TABLES = st.fixed_dictionaries(
    {"flow": st.sampled_from(["orders", "orders", "orders", "clinic", "none"])},
    optional={"greeting": TEXTS},
).flatmap(lambda table: st.just(table) | FIELDS.map(lambda fields: {**fields, **table}))
SLIPS = st.tuples(st.integers(0, 400), st.text('[]"=.#\n', max_size=2))
EDIT = st.tuples(
    st.sampled_from([ORDERS, CLINIC, NEW, NEW, "555"]),
    TABLES,
    st.sampled_from(["publish", "disk"]),
    st.none() | st.none() | st.none() | SLIPS,
)
Edit = tuple[str, dict[str, Any], str, tuple[int, str] | None]


def thousand() -> list[Edit]:
    edits: list[Edit] = []

    @settings(max_examples=EDITS, database=None)
    @given(EDIT)
    def collect(edit: Edit) -> None:
        edits.append(edit)

    collect()
    return edits


def edited(text: str, edit: Edit) -> str:
    """The file as it would be, or as it may be in a slip of the hand."""
    number, table, _, slip = edit
    text = with_number(text, number, table)
    return text[: slip[0]] + slip[1] + text[slip[0] :] if slip else text


def save(file: Path, text: str) -> None:
    file.write_text(text)


async def attempted(lines: Lines, file: Path, text: str, way: str) -> bool:
    """Whether the edit was accepted."""
    before = lines.serving
    if way == "disk":
        save(file, text)
        await lines.reload()
        return lines.refused is None
    try:
        await lines.publish(text, by=JANE, base=before.number)
    except BadNumbers:
        return False
    return True


def check_served(lines: Lines, text: str) -> None:
    """Every number of the file has its flow, in its own words."""
    assert lines.serving.text == text
    for number, table in tomllib.loads(text).get("numbers", {}).items():
        flow = lines.current.answering(number)
        assert flow
        assert lines.current.name_at(number) == table["flow"]
        own = ORDER_LINE if table["flow"] == "orders" else CLINIC_LINE
        assert flow.greeting == (table.get("greeting", own.greeting) or None)


def calling(lines: Lines) -> tuple[str, str] | None:
    """A number that greets whoever calls, and its words."""
    for number, (_, flow) in reversed(lines.current.by_number.items()):
        unlike = flow.hours or flow.recording or flow.limits.blocked or not flow.greeting
        if not unlike and any(letter.isalpha() for letter in flow.greeting or ""):
            return number, flow.greeting or ""
    return None


async def hears_what_serves(scene: Trial, lines: Lines) -> bool:
    if not (chosen := calling(lines)):
        return False
    number, greeting = chosen
    phone: Phone = await scene.acs.dial(number)
    await phone.hears(greeting)
    await phone.hangs_up()
    assert (await scene.record()).version == lines.serving.number
    return True


async def test_a_thousand_edits_touch_no_live_call_and_what_is_refused_changes_nothing(
    tmp_path: Path,
) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text("")
    flows = Flows({"orders": ORDER_LINE, "clinic": CLINIC_LINE})
    counted: Counter[str] = Counter()
    async with trial(flows, interlude_numbers=file) as scene:
        lines = scene.app[LINES]
        live = await scene.acs.dial(ORDERS)
        await live.hears(FIRST)
        (call,) = scene.app[SWITCHBOARD].in_progress
        for n, edit in enumerate(thousand(), 1):
            before = lines.serving
            text = edited(before.text, edit)
            if await attempted(lines, file, text, edit[2]):
                counted["accepted"] += 1
                check_served(lines, text)
            else:
                counted["refused"] += 1
                assert lines.serving is before, "the version before serves on"
                assert lines.refused
                assert lines.refused.problems
            if n % CALLED_EVERY == 0:
                counted["called"] += await hears_what_serves(scene, lines)
            assert call in scene.app[SWITCHBOARD].in_progress
        await live.hangs_up()
        record = await scene.record()
    print(f"{dict(counted)}, version {lines.serving.number}")  # noqa: T201 - figures
    assert (record.version, record.flow) == (1, "orders")
    assert (record.underruns, record.frames_dropped, record.reconnects) == (0, 0, 0)
    assert record.end
    assert record.end.by == "caller"
    assert min(counted["accepted"], counted["refused"]) > EDITS / 5
    assert counted["called"] > EDITS / CALLED_EVERY / 2
    assert overrides_in(lines.serving.text, NEW)
