"""Never a dead line: whatever the speech service does, at any moment of a call.

With `-s`, each cell of the matrix is printed.
"""

import pytest

from bridge.call.ends import By, Reason
from tests.calls.conftest import Stage
from tests.calls.faults import (
    AWAY,
    COLLEAGUE,
    MOMENTS,
    PIN,
    SORRY,
    Failed,
    Moment,
    fails,
    line,
)

GIVEN_UP = ("refusing", "busy", "gone")
WORD_MS = 1_000
NOTICED_MS = 3_100
"""A frozen service is noticed by a ping that is not answered."""


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
@pytest.mark.parametrize("fault", AWAY)
async def test_the_caller_hears_a_word(stage: Stage, moment: Moment, fault: str) -> None:
    scene = await stage(line(), prompts=True)
    failed = await fails(scene, moment, fault)
    phone = failed.phone
    if moment.says == PIN and fault not in GIVEN_UP:
        await phone.presses("1234")
    gives_up = fault in GIVEN_UP and moment.says != COLLEAGUE
    if not gives_up and moment.comes:
        await phone.hears(moment.comes, within_s=25)
    if gives_up or moment.says == COLLEAGUE:
        await phone.ended()
    else:
        await phone.waits(3)
        await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    print(f"{moment.name} | {fault} | {_heard(failed)} | {end.by} {end.reason}")  # noqa: T201
    if moment.says == COLLEAGUE:
        assert (end.by, end.reason) == (By.AGENT, Reason.TRANSFERRED)
    elif gives_up:
        assert end.by is By.VOICE
        assert phone.heard()[-1].text == SORRY
    else:
        assert end.by is By.CALLER
    if moment.says == COLLEAGUE:
        return
    word_ms = failed.word_ms
    if fault == "slow" or fault in GIVEN_UP:
        assert word_ms is not None
        assert word_ms <= WORD_MS, "a word within a second"
    if fault == "frozen" and word_ms is not None:
        assert word_ms <= NOTICED_MS + WORD_MS


def _heard(failed: Failed) -> str:
    lines = [heard for heard in failed.phone.heard() if heard.end_ms > failed.at_ms]
    said = [f"{(line.start_ms - failed.at_ms) / 1000:+.1f} s {line.text!r}" for line in lines]
    word = "no word" if failed.word_ms is None else f"{failed.word_ms:.0f} ms to a word"
    return f"{word}; " + ", ".join(said)
