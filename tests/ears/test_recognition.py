"""How much the lab's ears understand: printed, and held to nine words of ten."""

import sys

import pytest
from rich.console import Console

from bench.ears import NOISY, TELEPHONE, VOICES, recognition, show, understood


@pytest.mark.usefixtures("ears")
@pytest.mark.parametrize("condition", [TELEPHONE, NOISY])
async def test_nine_words_of_ten_are_understood_on_the_telephone(
    condition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    results = await understood(VOICES["joe"], condition)
    with capsys.disabled():
        show("joe", condition, results, Console(file=sys.stdout, width=140))
    assert recognition(results) >= 0.9
