"""The ear of a session: what the caller has sent, and where in it somebody speaks."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import webrtcvad

from bridge.audio.pcm import FRAME_MS, SAMPLE_BYTES, duration_ms, frame_bytes, samples_in
from bridge.audio.resample import Resampler
from bridge.lab.voicelive.sound import Format, input_format
from bridge.lab.voicelive.wire import Json, Refusal

_VAD_HZ = 16_000
_AGGRESSIVENESS = 2


@dataclass(frozen=True)
class Detection:
    """The part of `turn_detection` that the stand-in obeys."""

    speech_ms: int
    silence_ms: int
    prefix_ms: int
    create_response: bool
    interrupt_response: bool
    auto_truncate: bool

    @classmethod
    def parse(cls, raw: Json) -> "Detection":
        """From the session's echo, where null stands for the default."""
        return cls(
            speech_ms=_or(raw.get("speech_duration_ms"), 100),
            silence_ms=_or(raw["silence_duration_ms"], 500),
            prefix_ms=_or(raw["prefix_padding_ms"], 400),
            create_response=raw["create_response"],
            interrupt_response=raw["interrupt_response"],
            auto_truncate=raw["auto_truncate"],
        )


def _or(value: Any, default: int) -> int:
    return default if value is None else int(value)


@dataclass(frozen=True)
class SpeechStarted:
    """Somebody speaks, from `at_ms` on (padding included)."""

    at_ms: int
    detection: Detection


@dataclass(frozen=True)
class SpeechStopped:
    """The silence after a turn has lasted long enough."""

    at_ms: int
    detection: Detection
    turn: bytes
    """PCM16 of the turn, padding and silence included."""


class Ear:
    """Takes the caller's audio as it is appended, and tells turns by a real voice detector.

    Time is counted by bytes, not by the clock, so audio may come faster than it plays.
    """

    def __init__(self) -> None:
        self.pcm = bytearray()
        """All of it, as PCM16 at the session's input rate."""
        self.detection: Detection | None = None
        self._format = Format(24_000)
        self._begin_listening()

    @property
    def rate_hz(self) -> int:
        """Rate of the session's input."""
        return self._format.rate_hz

    def configure(self, session: Json) -> None:
        """Obey a new session; a turn under way is forgotten if its rules change."""
        raw = session["turn_detection"]
        detection = Detection.parse(raw) if raw else None
        sound = input_format(session["input_audio_format"], session["input_audio_sampling_rate"])
        if (detection, sound) != (self.detection, self._format):
            self.detection, self._format = detection, sound
            self._begin_listening()

    def append(self, audio: str) -> Iterator[SpeechStarted | SpeechStopped]:
        """Take base64 audio; refused where it is not base64 or ends within a sample."""
        try:
            data = base64.b64decode(audio, validate=True)
        except binascii.Error as error:
            raise Refusal("invalid_value", "Audio is not valid base64.", "audio") from error
        if len(data) % self._format.sample_bytes:
            raise Refusal("invalid_value", "PCM16 audio must have an even length.", "audio")
        pcm = self._format.decode(data)
        self.pcm += pcm
        return self._edges(pcm)

    def clear(self) -> None:
        """Forget what was not committed."""
        self._begin_listening()

    def commit(self) -> bytes:
        """End the turn by hand; refused with turn detection on, or with nothing to commit."""
        turn = bytes(self.pcm[self._since :])
        if self.detection or not turn:
            raise Refusal(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: the buffer is empty.",
            )
        self._begin_listening()
        return turn

    def _begin_listening(self) -> None:
        self._since = len(self.pcm)
        self._vad = webrtcvad.Vad(_AGGRESSIVENESS)
        self._resample = Resampler(self.rate_hz, _VAD_HZ)
        self._unheard = b""
        self._now_ms = round(duration_ms(self.pcm, self.rate_hz))
        self._started_ms: int | None = None
        self._run_ms = 0

    def _edges(self, pcm: bytes) -> Iterator[SpeechStarted | SpeechStopped]:
        if self.detection is None:
            return
        self._unheard += self._resample(pcm)
        size = frame_bytes(_VAD_HZ)
        while len(self._unheard) >= size:
            frame, self._unheard = self._unheard[:size], self._unheard[size:]
            self._now_ms += FRAME_MS
            edge = self._edge(self.detection, voiced=self._vad.is_speech(frame, _VAD_HZ))
            if edge:
                yield edge

    def _edge(self, detection: Detection, *, voiced: bool) -> SpeechStarted | SpeechStopped | None:
        """Count frames that contradict the present state; enough of them in a row change it."""
        if voiced is (self._started_ms is not None):
            self._run_ms = 0
            return None
        self._run_ms += FRAME_MS
        if self._started_ms is None:
            if self._run_ms < detection.speech_ms:
                return None
            self._started_ms = max(0, self._now_ms - self._run_ms - detection.prefix_ms)
            self._run_ms = 0
            return SpeechStarted(self._started_ms, detection)
        if self._run_ms < detection.silence_ms:
            return None
        turn = bytes(self.pcm[self._offset(self._started_ms) : self._offset(self._now_ms)])
        self._started_ms, self._run_ms = None, 0
        return SpeechStopped(self._now_ms, detection, turn)

    def _offset(self, at_ms: int) -> int:
        return samples_in(at_ms, self.rate_hz) * SAMPLE_BYTES
