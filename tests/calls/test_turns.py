"""Every answer's delay is on the record, stage by stage."""

import pytest

from bridge import Trigger
from tests.calls.conftest import Stage
from tests.calls.waiting import ANSWER, Clock, ask, lines, look_up, static


async def test_the_stages_of_an_answer_add_up_to_what_the_caller_waited(stage: Stage) -> None:
    scene = await stage(look_up(static(Trigger.TOOL, "bridge"), takes_s=0.2))
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    waited_ms = lines(phone)[0].start_ms - phone.said[0].end_ms
    await phone.hangs_up()
    (turn,) = (await scene.record()).turns
    assert turn.response_ms is not None
    assert 0 <= turn.response_ms < turn.audio_ms <= turn.heard_ms
    noticed_ms = clock.ms(phone, "speech_stopped") - phone.said[0].end_ms
    assert noticed_ms + turn.heard_ms == pytest.approx(waited_ms, abs=50)


@pytest.mark.parametrize("delivery", ["service", "bridge"])
async def test_a_line_is_no_answer(stage: Stage, delivery: str) -> None:
    scene = await stage(look_up(static(Trigger.TOOL, delivery), takes_s=4))
    phone = await ask(scene)
    await phone.hears(ANSWER)
    await phone.hangs_up()
    (turn,) = (await scene.record()).turns
    assert turn.audio_ms > 4_000
