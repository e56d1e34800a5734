"""What is sent of a line, and when: words, the sound that goes with them, the words' times."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from bridge.lab.voicelive.sound import Format
from bridge.lab.voicelive.switches import Switches
from bridge.lab.voicelive.timing import WordTime

_SYNTHESIS_S = 0.137
"""From the first word to the first audio, in recorded traffic."""
_WORD_S = 0.012
"""Between words that no audio goes with."""


@dataclass(frozen=True)
class Step:
    """Words; then, after a pause, audio; then the times of words that begin in it."""

    words: Sequence[str]
    pause_s: float
    audio: bytes = b""
    times: Sequence[WordTime] = ()


def steps(
    text: str, audio: bytes, sound: Format, times: Sequence[WordTime], switches: Switches
) -> Iterator[Step]:
    """A line in the order in which it is sent; `audio` may be empty."""
    words = re.findall(r"\s*\S+", text)
    if not audio:
        yield from (Step([word], _WORD_S) for word in words)
        return
    size = sound.rate_hz * switches.delta_ms // 1000 * sound.sample_bytes
    first = size - 1 if switches.odd_bytes else size
    cuts = [0, *range(first, len(audio), size), len(audio)]
    share = ceil(len(words) / (len(cuts) - 1))
    begun_ms = [sound.play_ms(audio[:cut]) for cut in cuts]
    for index, (start, end) in enumerate(pairwise(cuts)):
        pause_s = switches.delta_ms / 1000 / switches.delta_factor if index else _SYNTHESIS_S
        if index and index == len(cuts) // 2:
            pause_s += switches.stall_in_item_s
        from_ms, to_ms = begun_ms[index : index + 2]
        yield Step(
            words[index * share : (index + 1) * share],
            pause_s,
            audio[start:end],
            [time for time in times if from_ms <= time.offset_ms < to_ms],
        )
