"""Scripts are read whole, or refused with line, field and remedy."""

from pathlib import Path

import orjson
import pytest

from bridge.lab.script import BadScript, read_scripts
from bridge.lab.script import steps as does
from bridge.lab.script.reading import schema

DOCS = Path(__file__).parent.parent.parent / "docs"
GOOD = """
flow: order_status
voice_live: {first_token_s: 2}
calls:
  - name: one
    acs: {line: {g711: true, loss: 0.02}, noise_dbfs: -50}
    tools: {order_status: {takes_s: 3}}
    steps:
      - hears: [Thanks, Welcome]
        within_s: 4
        by: agent
      - presses: "42#"
      - hangs_up: true
  - name: two
    flow: clinic
    steps: [{says: Hello.}]
"""


def read(folder: Path, text: str) -> list[str]:
    file = folder / "script.yaml"
    file.write_text(text)
    with pytest.raises(BadScript) as refused:
        list(read_scripts(file))
    return str(refused.value).replace(str(file), "script.yaml").splitlines()


def test_calls_of_a_file_share_what_stands_beside_them(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "script.yml").write_text(GOOD)
    (one, two) = (script for _, script in read_scripts(tmp_path))
    assert (one.flow, two.flow) == ("order_status", "clinic")
    assert one.voice_live.first_token_s == two.voice_live.first_token_s == 2
    assert (one.acs.line.g711, one.acs.noise_dbfs) == (True, -50)
    assert one.steps == (
        does.Hears(hears=("Thanks", "Welcome"), within_s=4, by="agent"),
        does.Presses(presses="42#"),
        does.HangsUp(hangs_up=True),
    )


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("name: x\nflow: y\nsteps: []\n", ["script.yaml:3: steps: Tuple should have at least 1"]),
        (
            "name: x\nflow: y\nsteps:\n  - say: z\n",
            ["script.yaml:4: steps.0: a step has one of the verbs says, plays, talks_over"],
        ),
        (
            "name: x\nflow: y\nsteps:\n  - hears: z\n    within: 3\n  - presses: 1x\n",
            [
                "script.yaml:5: steps.0.within: Extra inputs are not permitted.",
                "script.yaml:6: steps.1: String should match pattern",
            ],
        ),
        (
            "name: x\nflow: y\nvoice_live:\n  frist: 3\nsteps:\n  - waits: 1\n",
            ["script.yaml:4: voice_live.frist: Unexpected keyword argument."],
        ),
        (
            "name: x\nflow: y\ntools: {t: {fails: a, hangs: true}}\nsteps: [{waits: 1}]\n",
            ["script.yaml:3: tools.t: a back end returns, fails, refuses or hangs: one of them."],
        ),
        ("flow: y\ncalls: {}\n", ["script.yaml: `calls` is a list of calls"]),
        ("[1, 2]\n", ["script.yaml: a script is a mapping; begin with `name:` and `flow:`."]),
        ("a: [\n", ["script.yaml: it is no YAML:"]),
        (
            "flow: y\ncalls:\n" + 2 * "  - name: a\n    steps: [{waits: 1}]\n",
            ["script.yaml: script.yaml has a call named 'a', too."],
        ),
    ],
)
def test_what_is_no_script_is_told_by_line_and_field(
    tmp_path: Path, text: str, sentences: list[str]
) -> None:
    told = read(tmp_path, text)
    for sentence in sentences:
        assert any(line.startswith(sentence) for line in told), told


def test_a_folder_without_scripts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadScript, match="there is no script"):
        list(read_scripts(tmp_path))


def test_the_published_schema_is_that_of_the_scripts() -> None:
    published = orjson.loads((DOCS / "script.schema.json").read_bytes())
    assert published == orjson.loads(orjson.dumps(schema())), "write it anew: docs/schema.py"
