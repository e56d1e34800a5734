"""The operators' file is read whole, or refused with line, field and remedy of each fault."""

from pathlib import Path

import pytest

from bridge.service.flows import Flows, load_flows
from bridge.service.numbers.reading import LARGEST, BadNumbers, read
from tests.service.numbers.conftest import CLINIC, NEW, ORDERS

HOLD = Path("callflows/hold.wav")


def problems(text: str, flows: Flows) -> list[str]:
    with pytest.raises(BadNumbers) as refused:
        read(text, flows)
    return [str(problem) for problem in refused.value.problems]


def test_an_empty_file_leaves_each_flow_its_own_number(flows: Flows) -> None:
    assert read("", flows).by_number == flows.by_number


def test_a_number_has_its_flow_and_what_differs(flows: Flows) -> None:
    now = read(f'[numbers."{NEW}"]\nflow = "orders"\ngreeting = "Wholesale."', flows)
    name, flow = now.by_number[NEW]
    assert (name, flow.number, flow.greeting) == ("orders", NEW, "Wholesale.")
    assert now.answering(ORDERS) is flows.named("orders")
    assert now.named("orders") is flows.named("orders")
    assert [(name, each.number) for name, each in now.all] == [
        *(("orders", ORDERS), ("clinic", CLINIC), ("orders", NEW)),
    ]
    assert now.name_of(flow) == now.name_at(NEW) == "orders"


def test_a_flows_own_number_changes_it_wherever_its_name_is_used(flows: Flows) -> None:
    now = read(f'[numbers."{ORDERS}"]\nflow = "orders"\ngreeting = "New."', flows)
    assert now.named("orders").greeting == "New."
    assert now.answering(ORDERS) is now.named("orders")


def test_the_file_may_give_a_number_to_another_flow(flows: Flows) -> None:
    now = read(f'[numbers."{CLINIC}"]\nflow = "orders"', flows)
    assert now.name_at(CLINIC) == "orders"
    assert now.named("clinic").number == CLINIC


def test_every_problem_is_told_in_the_order_of_lines(flows: Flows) -> None:
    text = f"""
[numbers."{NEW}"]
flow = "odrers"
[numbers.555]
flow = "orders"
[numbers."{CLINIC}"]
flow = "clinic"
greeting = "Hello."
[numbers."{ORDERS}"]
flow = "orders"
limits.blocked = ["123"]
interim = {{ texts = ["x"], then = [
  {{ transfer = "7", after_ms = 9000 }},
] }}
"""
    assert problems(text, flows) == [
        f"line 3: numbers.\"{NEW}\".flow: there is no call flow 'odrers'; did you mean 'orders'?",
        "line 4: numbers.555: it is no number in international form, like '+18005550100'.",
        (
            f'line 8: numbers."{CLINIC}".greeting: greeting is not the operators\' to change in '
            'the call flow clinic; have its author write Callflow(operators=("greeting", ...)), or '
            "take this out."
        ),
        (
            f'line 11: numbers."{ORDERS}".limits: Limits(refusal=...) is what callers hear who are '
            "not served."
        ),
        (
            f"line 13: numbers.\"{ORDERS}\".interim.then[0]: Transfer('7') needs a number in "
            "international form, like '+18005550199', or the identifier of a Teams user, like "
            "'8:orgid:…'."
        ),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('greting = "x"', "greting: there is no such key; did you mean greeting?"),
        ("zzz = 1", "zzz: there is no such key; there are fallback, flow, greeting"),
        ("limits.bloked = []", "limits.bloked: there is no such key; did you mean blocked?"),
        ("greeting = 5", "greeting: input should be a valid string."),
        ("silence = 5", "silence: it is a table, or 'off'."),
        ('silence = "of"', "silence: it is a table, or 'off'."),
        ("silence.after_ms = true", "silence.after_ms: input should be a valid integer."),
        ("keypad.0 = {}", "keypad.0: it is a table with `transfer` or `hang_up`."),
        ("keypad.0 = 5", "keypad.0: it is a table with `transfer` or `hang_up`."),
        (
            "keypad.0 = { transfer = 5 }",
            "keypad.0.transfer: input should be a valid string.",
        ),
        (
            'keypad.0 = { hang_up = true, sya = "x" }',
            "keypad.0.sya: there is no such key; did you mean say?",
        ),
        (
            'interim.then = [{ say = "x" }]',
            "interim.then[0].after_ms: it is missing; add it.",
        ),
        (
            'interim.latency_threshold_ms = "soon"',
            'interim.latency_threshold_ms: it is a whole number, or "adaptive".',
        ),
        ("limits.most_calls = 1.5", 'limits.most_calls: it is a whole number, or "off".'),
        ("limits.most_calls = true", 'limits.most_calls: it is a whole number, or "off".'),
        (
            "machine.hang_up = false",
            "machine.hang_up: input should be True.",
        ),
    ],
)
def test_a_key_or_value_of_another_kind_is_told_with_its_remedy(
    flows: Flows, given: str, told: str
) -> None:
    (problem,) = problems(f'[numbers."{NEW}"]\nflow = "orders"\n{given}', flows)
    assert problem.startswith(f'line 3: numbers."{NEW}".{told}')


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('[numbers."+1"\n', 1, "Expected ']' at the end of a table declaration"),
        ('\n[numbers."+1"]\nflow = orders', 3, "Invalid value"),
        ('a = "x', 1, "Unterminated string"),
        ("a = 1\na = 2", 2, "Cannot overwrite a value"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    flows: Flows, text: str, line: int, told: str
) -> None:
    (problem,) = problems(text, flows)
    assert problem.startswith(f"line {line}: the file: it is no TOML here: {told}")


def test_a_file_without_end_is_refused_unread(flows: Flows) -> None:
    assert problems("#" * (LARGEST + 1), flows) == [
        "line ?: the file: it is longer than 1 MB; shorten it."
    ]


def test_a_flow_that_is_to_answer_at_night_must_be_there_and_leave_it_to_no_third(
    flows: Flows,
) -> None:
    closed = f"""[numbers."{NEW}"]
flow = "orders"
hours = {{ zone = "UTC", week = {{ mon = "24h" }}, closed = {{ flow = "NAME" }} }}
[numbers."{ORDERS}"]
flow = "orders"
hours = {{ zone = "UTC", week = {{ mon = "24h" }}, closed = {{ flow = "clinic" }} }}
"""
    assert read(closed.replace("NAME", "clinic"), flows).answering(NEW)
    for name, told in (("nigth", "no such call flow"), ("orders", "leaves it to clinic in turn")):
        (problem,) = problems(closed.replace("NAME", name), flows)
        assert problem.startswith(f'line 3: numbers."{NEW}".hours: ')
        assert told in problem


def test_a_sound_must_be_in_the_folder_of_flows(flows: Flows, tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "hold.wav").write_bytes(HOLD.read_bytes())
    (folder / "noise.wav").write_bytes(b"noise")
    (tmp_path / "out.wav").write_bytes(HOLD.read_bytes())
    there = Flows(flows.by_name, folder)

    def plays(file: str) -> str:
        then = f'then = [{{ play = "{file}", after_ms = 9000 }}]'
        return f'[numbers."{NEW}"]\nflow = "orders"\ninterim = {{ texts = ["x"], {then} }}'

    assert read(plays("hold.wav"), there).answering(NEW)
    for file, told in (
        ("../out.wav", "is not in the folder of flows"),
        (str(tmp_path / "out.wav"), "is not in the folder of flows"),
        ("none.wav", "there is no file"),
        ("noise.wav", "cannot be played"),
    ):
        (problem,) = problems(plays(file), there)
        assert told in problem


def test_the_example_in_the_documentation_serves() -> None:
    served = read(Path("docs/numbers.toml").read_text(), load_flows("callflows"))
    assert {number: name for number, (name, _) in served.by_number.items()} == {
        "+493023125100": "billing_de",
        "+442079460100": "clinic",
        "+18005550100": "order_status",
        "+18005550110": "order_status",
    }
