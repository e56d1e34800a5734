"""Where in its sound each word of a line is, as `response.audio_timestamp.delta` tells it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.audio.pcm import SAMPLE_BYTES, duration_ms, level_dbfs, samples_in

_BLOCK_MS = 10
_PAUSE_MS = 150
"""A silence so long is a pause; shorter ones belong to consonants."""
_FAINTEST_DBFS = -45
_DIGIT = 4
"""A digit is a word to say: it takes as long as so many letters."""

Span = tuple[float, float]
"""From and to, in milliseconds of the line's audio."""


@dataclass(frozen=True)
class WordTime:
    """A word, without its punctuation, and when it is heard."""

    text: str
    offset_ms: int
    duration_ms: int


def word_times(text: str, pcm: bytes, rate_hz: int) -> list[WordTime]:
    """An estimate for each word of a line, from its PCM16.

    The voice gives no times of words, so the speech between pauses is shared out by letters, phrase
    by phrase where there are as many pauses as punctuation marks promise. Of 127 words in eleven
    lines, half ended within 60 ms of the estimate and nine in ten within 170 ms; where a voice
    pauses for no mark, a word may be off by a second.
    """
    words = [word for word in text.split() if _letters(word)]
    spans = _spans(pcm, rate_hz) or [(0.0, duration_ms(pcm, rate_hz))]
    phrases = _phrases(words)
    if len(phrases) != len(spans):
        return _shared_out(words, spans)
    both = zip(phrases, spans, strict=True)
    return [time for phrase, span in both for time in _shared_out(phrase, [span])]


def _spans(pcm: bytes, rate_hz: int) -> list[Span]:
    """What lies between the pauses."""
    size = samples_in(_BLOCK_MS, rate_hz) * SAMPLE_BYTES
    spans: list[Span] = []
    for number, at in enumerate(range(0, len(pcm), size)):
        if level_dbfs(pcm[at : at + size]) > _FAINTEST_DBFS:
            start_ms, end_ms = float(number * _BLOCK_MS), float((number + 1) * _BLOCK_MS)
            if spans and start_ms - spans[-1][1] < _PAUSE_MS:
                start_ms = spans.pop()[0]
            spans.append((start_ms, end_ms))
    return spans


def _phrases(words: Sequence[str]) -> list[list[str]]:
    phrases: list[list[str]] = [[]]
    for word in words:
        phrases[-1].append(word)
        if not word[-1].isalnum():
            phrases.append([])
    return [phrase for phrase in phrases if phrase]


def _shared_out(words: Sequence[str], spans: Sequence[Span]) -> list[WordTime]:
    letters = sum(map(_letters, words))
    speech_ms = sum(end_ms - start_ms for start_ms, end_ms in spans)
    times, said = [], 0
    for word in words:
        start_ms = _at_ms(speech_ms * said / letters, spans)
        said += _letters(word)
        end_ms = _at_ms(speech_ms * said / letters, spans, ends=True)
        text = re.sub(r"^\W+|\W+$", "", word)
        times.append(WordTime(text, round(start_ms), round(end_ms - start_ms)))
    return times


def _at_ms(spoken_ms: float, spans: Sequence[Span], *, ends: bool = False) -> float:
    """Where in the audio so much speech has passed; where a pause is, before or after it."""
    for start_ms, end_ms in spans:
        left_ms = spoken_ms - (end_ms - start_ms)
        if left_ms < 0 or (ends and left_ms < 1):
            return min(end_ms, start_ms + spoken_ms)
        spoken_ms = left_ms
    return spans[-1][1]


def _letters(word: str) -> int:
    return sum(_DIGIT if letter.isdigit() else letter.isalpha() for letter in word)
