"""The operators' file decides which flow answers, and with which words."""

from pathlib import Path

import pytest

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.reading import BadNumbers
from bridge.trial import trial
from tests.calls.conftest import NUMBER

WHOLESALE = "+18005550110"
FLOW = Callflow(number=NUMBER, greeting="The order line.", silence=None, operators=("greeting",))
FILE = f"""
[numbers."{WHOLESALE}"]
flow = "orders"
greeting = "The wholesale line."
"""


async def test_a_number_of_the_file_is_answered_in_its_words(tmp_path: Path) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text(FILE)
    async with trial(Flows({"orders": FLOW}), interlude_numbers=file) as scene:
        for number, greeting in ((WHOLESALE, "The wholesale line."), (NUMBER, "The order line.")):
            phone = await scene.acs.dial(number)
            await phone.hears(greeting)
            await phone.hangs_up()
            assert (await scene.record()).flow == "orders"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is not there: create it"),
        (b"\xff", "is not UTF-8"),
        (
            FILE.replace("greeting", "greting").encode(),
            'numbers.toml: line 4: numbers."[+]18.*mean',
        ),
    ],
)
async def test_a_file_that_cannot_serve_stops_the_start(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "numbers.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises((BadNumbers, NumbersFileError), match=told):
        async with trial(Flows({"orders": FLOW}), interlude_numbers=file):
            pass
