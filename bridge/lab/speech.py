"""Mouths and ears of the lab: speech made offline, and recognised among what was ever said.

The voices are SVOX Pico's (package `py-nanotts`, Apache-2.0). The ears know every line the lab has
spoken and find it again in what arrives, by correlation. They cannot hear anything else, nor a
line that was distorted on the way: what they report has come through. Pico's pauses depend on what
it spoke before, so ears must be of the studio in which the mouth spoke. For all other voices
there is `bridge.lab.recogniser`. Without the extra `lab` nobody speaks, and all else works.
"""

import asyncio
import audioop
import threading
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from bridge.audio.pcm import frame_bytes, level_dbfs
from bridge.audio.resample import Resampler
from bridge.lab import piper
from bridge.lab.hearing import Recording, Samples, narrowed

RATE_HZ = 16_000
"""Rate at which the voices speak."""

_LOUDNESS = 0.5
"""Pico speaks at full scale; people on the telephone do not."""
_FAINTEST_DBFS = -45
"""Level at which a line begins and ends; the engine adds half a second of next to nothing."""
_ENGINE = threading.Lock()
"""Pico is not said to be thread-safe."""


@dataclass(frozen=True)
class Mouth:
    """One of Pico's voices, or `joe` (`bridge.lab.piper`); `pitch` and `speed` are factors."""

    voice: str
    pitch: float = 1.0
    speed: float = 1.0


_AGENTS = {"de": Mouth("de-DE"), "es": Mouth("es-ES"), "fr": Mouth("fr-FR"), "it": Mouth("it-IT")}
_PEOPLE = {"calm": (1.0, 0.9), "brisk": (1.0, 1.2), "deep": (0.75, 1.0), "young": (1.3, 1.05)}
"""Pitch and speed of callers, by what one would say of their voices."""


def agent_mouth(language: str) -> Mouth:
    """Voice of an agent for a BCP-47 tag; English where Pico does not speak the language."""
    return _AGENTS.get(language[:2], Mouth("en-US"))


def caller_mouth(language: str) -> Mouth:
    """Voice of a caller, other than the agent's."""
    agent = _AGENTS.get(language[:2])
    return Mouth(agent.voice, pitch=0.75) if agent else Mouth("en-GB", speed=0.95)


def caller_mouths(language: str) -> dict[str, Mouth]:
    """Voices of callers by name: `calm`, `brisk`, `deep` and `young`."""
    voice = caller_mouth(language).voice
    return {name: Mouth(voice, pitch, speed) for name, (pitch, speed) in _PEOPLE.items()}


@dataclass(frozen=True)
class Heard:
    """A line found in a recording: from where to where, and how much of it came through."""

    text: str
    start_ms: float
    end_ms: float
    complete: bool
    """Whether the line is there to its last syllable."""

    def overlaps(self, other: "Heard") -> bool:
        """Whether more than half of this was at the time of the other."""
        shared_ms = min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms)
        return shared_ms > (self.end_ms - self.start_ms) / 2

    def has(self, text: str) -> bool:
        """Whether this contains `text`, whatever the case of its letters."""
        return text.casefold() in self.text.casefold()


class Ears(Protocol):
    """Whoever finds words in a sound, without holding up the event loop."""

    async def recognise(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        """Return the lines that PCM16 holds, in order of time; there are none in a noise."""
        ...


class Studio:
    """Speaks lines, and remembers them for the ears."""

    def __init__(self, booth: Executor | None = None) -> None:
        """Speak in `booth`, or in threads, though the engine lets no other run meanwhile."""
        self._booth = booth
        self._takes: dict[tuple[str, Mouth], bytes] = {}

    async def speak(self, text: str, mouth: Mouth) -> bytes:
        """PCM16 at 16 kHz of `text`, without the engine's silence before and after.

        `VoiceMissing` if the voice is in an extra that is not installed.
        """
        loop = asyncio.get_running_loop()
        self._takes[text, mouth] = await loop.run_in_executor(self._booth, _rendered, text, mouth)
        return self._takes[text, mouth]

    async def speak_at(self, rate_hz: int, text: str, mouth: Mouth) -> bytes:
        """The same at another rate; a long line takes too long for the thread of the calls."""
        return await asyncio.to_thread(_resampled, await self.speak(text, mouth), rate_hz)

    def hear(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        """The lines of this studio that `pcm` holds, in order of time; one at a time."""
        recording = Recording(pcm, rate_hz)
        found: list[Heard] = []
        for text, mouth in list(self._takes):  # another thread may listen
            for start_ms, end_ms, complete in recording.occurrences(_for_ears(text, mouth)):
                found.append(Heard(text, start_ms, end_ms, complete=complete))
        found.sort(key=lambda heard: heard.start_ms - heard.end_ms)
        clear: list[Heard] = []
        for heard in found:  # the longest first: what lies within it was heard into it
            if not any(heard.overlaps(longer) for longer in clear):
                clear.append(heard)
        return sorted(clear, key=lambda heard: heard.start_ms)

    async def recognise(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        """Hear in a thread: these are `Ears`."""
        return await asyncio.to_thread(self.hear, pcm, rate_hz)

    def transcribe(self, pcm: bytes, rate_hz: int) -> str:
        """What was said, as text; empty for noise, tones and half-swallowed words."""
        return transcript(self.hear(pcm, rate_hz))


def transcript(lines: Iterable[Heard]) -> str:
    """Return lines as one text."""
    return " ".join(line.text for line in lines)


@cache
def _rendered(text: str, mouth: Mouth) -> bytes:
    if mouth.voice == piper.VOICE:
        return _trimmed(piper.spoken(text, mouth.pitch, mouth.speed))
    try:
        from py_nanotts import NanoTTS  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as missing:
        raise piper.VoiceMissing(
            f"The voices of the lab need {missing.name}: pip install 'interlude[lab]'."
        ) from missing
    with _ENGINE:
        pcm = NanoTTS().speak(text, voice=mouth.voice, pitch=mouth.pitch, speed=mouth.speed)
    return audioop.mul(_trimmed(pcm), 2, _LOUDNESS)


@cache
def _for_ears(text: str, mouth: Mouth) -> Samples:
    return narrowed(_rendered(text, mouth), RATE_HZ)


def _resampled(take: bytes, rate_hz: int) -> bytes:
    resample = Resampler(RATE_HZ, rate_hz)
    return resample(take) + resample.flush()


def _trimmed(pcm: bytes) -> bytes:
    frame = frame_bytes(RATE_HZ)
    frames = [pcm[start : start + frame] for start in range(0, len(pcm), frame)]
    loud = [number for number, piece in enumerate(frames) if level_dbfs(piece) > _FAINTEST_DBFS]
    return b"".join(frames[loud[0] : loud[-1] + 1]) if loud else b""
