"""Tests of what needs the extras `ears` and `voices`: make test-ears."""

import os

import pytest

from bridge.lab import piper
from bridge.lab.recogniser import EarsMissing, Recogniser
from bridge.lab.speech import Mouth

JOE = Mouth(piper.VOICE)


@pytest.fixture(scope="session")
def ears() -> Recogniser:
    """The recogniser; without it tests are skipped, but for continuous integration's."""
    try:
        piper.spoken("Hello.", 1.0, 1.0)
        return Recogniser()
    except (EarsMissing, piper.VoiceMissing) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
