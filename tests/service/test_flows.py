"""A number has the flow that says so, or none; a flow that cannot be loaded is said aloud."""

from pathlib import Path

import pytest

from bridge import FlowError
from bridge.service.flows import load_flows

FLOW = "from bridge import Callflow\nflow = Callflow(number={!r})\n"
CLOSING = """
from bridge import Callflow, Hours
hours = Hours(zone="Europe/Berlin", week={{"mon": "24h"}}, closed={!r})
flow = Callflow(number={!r}, hours=hours)
"""
DAY, NIGHT = "+18005550101", "+18005550102"


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of flows with a name of its own: imported modules are remembered by name."""
    made = tmp_path / f"lines_{abs(hash(request.node.nodeid))}"
    made.mkdir()
    return made


def test_the_flows_of_the_product_load() -> None:
    flows = load_flows("callflows")
    assert list(flows.by_name) == ["billing_de", "clinic", "order_status"]
    assert flows.answering("+18005550100") is flows.named("order_status")
    assert flows.answering("+19995550199") is None


def test_a_folder_of_modules_is_enough(folder: Path) -> None:
    (folder / "sales.py").write_text(FLOW.format("+18005550101"))
    (folder / "_shared.py").write_text("raise AssertionError('helpers are not flows')")
    assert list(load_flows(str(folder)).by_name) == ["sales"]


def test_a_flow_may_answer_for_one_that_is_closed(folder: Path) -> None:
    (folder / "day.py").write_text(CLOSING.format("night", DAY))
    (folder / "night.py").write_text(FLOW.format(NIGHT))
    assert list(load_flows(str(folder)).by_name) == ["day", "night"]


@pytest.mark.parametrize(
    ("modules", "sentence"),
    [
        ({}, "holds no call flow"),
        ({"sales.py": "x = 1"}, "has no `flow = Callflow"),
        ({"sales.py": "import nonsense_"}, "cannot be imported: ModuleNotFoundError"),
        ({"sales.py": FLOW.format("555")}, "sales: Callflow.*international form"),
        (
            {"a.py": FLOW.format("+18005550101"), "b.py": FLOW.format("+18005550101")},
            r"b and a both answer \+18005550101",
        ),
        (
            {"day.py": CLOSING.format("nigth", DAY), "night.py": FLOW.format(NIGHT)},
            "day: when closed, 'nigth' is to answer, and there is no such .* are day, night",
        ),
        (
            {"day.py": CLOSING.format("night", DAY), "night.py": CLOSING.format("day", NIGHT)},
            "day: when closed, night is to answer, which leaves it to day in turn",
        ),
        (
            {"day.py": CLOSING.format("day", DAY)},
            "day: when closed, day is to answer, which leaves it to day in turn",
        ),
    ],
)
def test_a_flow_that_cannot_answer_is_said_aloud(
    folder: Path, modules: dict[str, str], sentence: str
) -> None:
    for name, text in modules.items():
        (folder / name).write_text(text)
    with pytest.raises(FlowError, match=sentence):
        load_flows(str(folder))


def test_unknown_names_are_said_aloud() -> None:
    with pytest.raises(FlowError, match="neither a folder nor a package"):
        load_flows("no_such_package_")
    with pytest.raises(FlowError, match="There is no call flow 'sales'; there are billing_de"):
        load_flows("callflows").named("sales")
