"""A number has the flow that says so, or none; a flow that cannot be loaded is said aloud."""

from pathlib import Path

import pytest

from bridge import FlowError
from bridge.service.flows import load_flows

FLOW = "from bridge import Callflow\nflow = Callflow(number={!r})\n"


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
