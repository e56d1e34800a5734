"""How a resampler sounds, how long it holds sound back, and what it costs."""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from bench.resamplers import CANDIDATES, OURS, Convert

FRAME_S = 0.02
PAIRS = ((24_000, 16_000), (16_000, 24_000))
"""What ACS and Voice Live may need."""
OWN_PAIRS = ((24_000, 8_000), (8_000, 24_000))
"""What only the product's is measured at."""

_AMPLITUDE = 32768 * 10 ** (-3 / 20)
_TONE_S, _EDGE_S = 1.5, 0.3
_WIDE = {"snr": (301, 997, 3001, 6997), "flat": (300, 1000, 2000, 3400, 5000, 6000, 7000)}
_NARROW = {"snr": (301, 997, 1999, 3397), "flat": (300, 700, 1000, 2000, 3000, 3400)}
_NARROW_HZ = 8_000
_ALIASES = {16_000: (8501, 9001, 10007, 11003, 11497), 8_000: (4401, 5003, 6007, 9001, 11497)}
"""Tones above half of the lower rate, which must not come back mirrored."""
_IMAGES = {16_000: (4503, 5501, 6997, 7499), 8_000: (1501, 2501, 3397, 3599)}
"""Tones whose mirror above half of the lower rate must not be added."""
_STEP_HZ = 100
"""Between the tones of a sweep."""
_BLOCKS, _BLOCK_FRAMES, _STREAMS = 15, 50, 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """One resampler from one rate to another. Levels in dB."""

    name: str
    from_hz: int
    to_hz: int
    tones_hz: tuple[int, ...]
    snr_db: tuple[float, ...]
    """At those tones: the fitted sine over all else; 16 bits allow about 90."""
    rejection_db: float
    """Of the worst alias (going down) or image (going up)."""
    flatness_db: float
    """From the loudest to the softest tone up to 7 kHz (3.4 kHz at 8 kHz)."""
    held_mean_ms: float
    held_most_ms: float
    """Sound that is owed after a frame has gone in."""
    delay_ms: float
    """Of what does come out, against its place in the stream."""
    cost_us: float
    """For a frame."""
    memory_kib: float
    """For a stream."""


@dataclass(frozen=True)
class Sweep:
    """What becomes of tones of all pitches on the way down in rate. Levels in dB."""

    name: str
    passed: list[tuple[float, float]]
    """Below half of the lower rate: pitch in Hz, and level of the tone that comes out."""
    mirrored: list[tuple[float, float]]
    """Above it: pitch in Hz, and level of all that comes out, where nothing should."""
    late_ms: float
    """The delay of sound that is played on without a gap."""


def sweeps(from_hz: int, to_hz: int) -> list[Sweep]:
    """One for each candidate that is installed."""
    return [_sweep(name, make, from_hz, to_hz) for name, make in _installed(from_hz, to_hz)]


def _sweep(name: str, make: Callable[[int, int], Convert], from_hz: int, to_hz: int) -> Sweep:
    def heard(tone_hz: float) -> Floats:
        return _through(make(from_hz, to_hz), tone_hz, from_hz, to_hz)[1]

    # Off the round numbers, so that a mirrored tone does not fall upon a tone.
    tones = [float(tone) for tone in range(_STEP_HZ + 1, from_hz // 2, _STEP_HZ)]
    low = [tone for tone in tones if tone < to_hz / 2]
    high = [tone for tone in tones if tone > to_hz / 2]
    held_ms, _ = _through(make(from_hz, to_hz), _STEP_HZ, from_hz, to_hz)
    return Sweep(
        name,
        passed=[(tone, _level(heard(tone), to_hz, tone)[0]) for tone in low],
        mirrored=[(tone, _rest_db(heard(tone), to_hz)) for tone in high],
        late_ms=float(held_ms.max()) + _delay_ms(heard, to_hz),
    )


def _installed(from_hz: int, to_hz: int) -> Iterator[tuple[str, Callable[[int, int], Convert]]]:
    for name, make in CANDIDATES.items():
        try:
            make(from_hz, to_hz)
        except ModuleNotFoundError:
            continue
        yield name, make


def verdicts() -> list[Verdict | str]:
    """One verdict for each candidate and pair of rates; a name alone is not installed."""
    found: list[Verdict | str] = []
    for pair in PAIRS:
        for name, make in CANDIDATES.items():
            try:
                make(*pair)
            except ModuleNotFoundError:
                found.append(name)
            else:
                found.append(_verdict(name, make, *pair))
    return found + [_verdict(OURS, CANDIDATES[OURS], *pair) for pair in OWN_PAIRS]


def _verdict(name: str, make: Callable[[int, int], Convert], from_hz: int, to_hz: int) -> Verdict:
    lower_hz = min(from_hz, to_hz)
    tones = _NARROW if lower_hz == _NARROW_HZ else _WIDE

    def heard(tone_hz: float) -> Floats:
        return _through(make(from_hz, to_hz), tone_hz, from_hz, to_hz)[1]

    gains = [_level(heard(tone), to_hz, tone)[0] for tone in tones["flat"]]
    if from_hz > to_hz:
        rejected = [_rest_db(heard(tone), to_hz) for tone in _ALIASES[lower_hz]]
    else:
        rejected = [
            _level(heard(tone), to_hz, tone, lower_hz - tone)[1] for tone in _IMAGES[lower_hz]
        ]
    held_ms, _ = _through(make(from_hz, to_hz), 997, from_hz, to_hz)
    return Verdict(
        name,
        from_hz,
        to_hz,
        tones_hz=tones["snr"],
        snr_db=tuple(_snr_db(heard(tone), to_hz, tone) for tone in tones["snr"]),
        rejection_db=-max(rejected),
        flatness_db=max(gains) - min(gains),
        held_mean_ms=float(held_ms.mean()),
        held_most_ms=float(held_ms.max()),
        delay_ms=_delay_ms(heard, to_hz),
        cost_us=_cost_us(make, from_hz, to_hz),
        memory_kib=_memory_kib(make, from_hz, to_hz),
    )


def _through(convert: Convert, tone_hz: float, from_hz: int, to_hz: int) -> tuple[Floats, Floats]:
    """A dithered tone, frame by frame: what is held back after each in ms, and what came out."""
    random = np.random.default_rng(1)
    at = np.arange(int(_TONE_S * from_hz)) / from_hz
    dither = random.random(len(at)) - random.random(len(at))
    tone = np.rint(_AMPLITUDE * np.sin(2 * np.pi * tone_hz * at) + dither).astype("<i2")
    frame = int(FRAME_S * from_hz)
    pieces, held_ms, delivered = [], [], 0
    for start in range(0, len(tone), frame):
        piece = convert(tone[start : start + frame].tobytes())
        pieces.append(piece)
        delivered += len(piece) // 2
        held_ms.append((start + frame) / from_hz * 1000 - delivered / to_hz * 1000)
    steady = np.array(held_ms[len(held_ms) // 5 :])
    return steady, np.frombuffer(b"".join(pieces), "<i2").astype(np.float64)


def _fit(sound: Floats, rate_hz: int, *tones_hz: float) -> tuple[list[complex], Floats]:
    """Least squares of tones and an offset: their phasors at the start, and what is left."""
    edge = int(_EDGE_S * rate_hz)
    middle = sound[edge : len(sound) - edge]
    at = (np.arange(len(middle)) + edge) / rate_hz
    columns = [np.ones_like(at)]
    for tone_hz in tones_hz:
        columns += [np.sin(2 * np.pi * tone_hz * at), np.cos(2 * np.pi * tone_hz * at)]
    basis = np.stack(columns, axis=1)
    weights = np.linalg.lstsq(basis, middle, rcond=None)[0]
    phasors = [complex(*weights[n : n + 2]) for n in range(1, len(weights), 2)]
    return phasors, middle - basis @ weights


def _rest_db(sound: Floats, rate_hz: int) -> float:
    """All that came out, where nothing should."""
    return _db(float(np.std(_fit(sound, rate_hz)[1])) * 2**0.5 / _AMPLITUDE)


def _level(sound: Floats, rate_hz: int, *tones_hz: float) -> list[float]:
    """Levels of tones against the one that went in."""
    return [_db(abs(phasor) / _AMPLITUDE) for phasor in _fit(sound, rate_hz, *tones_hz)[0]]


def _snr_db(sound: Floats, rate_hz: int, tone_hz: float) -> float:
    phasors, rest = _fit(sound, rate_hz, tone_hz)
    return _db(abs(phasors[0]) / 2**0.5 / float(np.std(rest)))


def _delay_ms(
    heard: Callable[[float], Floats], rate_hz: int, low: int = 997, up: int = 1027
) -> float:
    """Group delay around 1 kHz, from the phases of two tones; within 16 ms either way."""
    first, second = (_fit(heard(tone), rate_hz, tone)[0][0] for tone in (low, up))
    turn = float(np.angle(second / first))
    return -turn / (2 * np.pi * (up - low)) * 1000


def _cost_us(make: Callable[[int, int], Convert], from_hz: int, to_hz: int) -> float:
    """Processor time of a frame, the median of blocks."""
    convert = make(from_hz, to_hz)
    frame = np.random.default_rng(1).integers(-8000, 8000, int(FRAME_S * from_hz)).astype("<i2")
    pcm = frame.tobytes()
    blocks = []
    for _ in range(_BLOCKS):
        began = time.process_time()
        for _ in range(_BLOCK_FRAMES):
            convert(pcm)
        blocks.append((time.process_time() - began) / _BLOCK_FRAMES * 1e6)
    return median(blocks)


def _memory_kib(make: Callable[[int, int], Convert], from_hz: int, to_hz: int) -> float:
    """Resident memory of a stream that has begun, over many."""
    before = _rss_kib()
    streams = [make(from_hz, to_hz) for _ in range(_STREAMS)]
    for stream in streams:
        stream(bytes(int(FRAME_S * from_hz) * 2))
    return max(0.0, (_rss_kib() - before) / _STREAMS)


def _rss_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def _db(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-9)))
