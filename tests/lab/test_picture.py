"""The picture of a call."""

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.image import imread

from bridge.lab.picture import write_picture
from bridge.lab.report import CallReport
from tests.lab.tones import a_call, track

CALL = a_call(
    ("caller asks", 1, 2), ("interim", 3, 4), ("music", 5, 6), ("agent answers", 8, 9), lasts_s=10
)
TOOLS = a_call(tools=[("look", 1, 3), ("look", 2, 5)], lasts_s=10)


def drawn(report: CallReport, folder: Path) -> bytes:
    write_picture(report, folder / "call.png")
    return bytes(imread(folder / "call.png").tobytes())


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, caller=track(10)),
        replace(CALL, said=[]),
        replace(CALL, heard=CALL.heard[:1]),
        replace(CALL, events=[]),
        replace(CALL, agent=track(10, (3, 4), (8, 9))),
        replace(CALL, events=[*CALL.events, *TOOLS.events]),
    ],
    ids=["waveform", "said", "heard", "interim", "music", "tools"],
)
def test_whatever_happens_is_in_the_picture(tmp_path: Path, other: CallReport) -> None:
    assert drawn(CALL, tmp_path) == drawn(replace(CALL), tmp_path)
    assert drawn(CALL, tmp_path) != drawn(other, tmp_path)
