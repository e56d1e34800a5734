"""Clips of what flows say word for word: rendered once by Voice Live, kept on disk, at hand."""

import asyncio
import hashlib
import json
import secrets
import wave
from dataclasses import astuple
from pathlib import Path

from structlog import get_logger

from bridge.audio.pcm import SAMPLE_BYTES, frame_bytes
from bridge.audio.resample import Resampler
from bridge.call.legs import VoiceService
from bridge.call.race import race
from bridge.flow.callflow import Callflow
from bridge.flow.prompts import fixed_texts, sounds
from bridge.service.reading import NotSpoken, Reader, for_reading, why_not_read

log = get_logger(__name__)

_FORMAT = 1
"""Part of every address: a new number makes all clips anew."""

_RATES_HZ = (8_000, 16_000, 24_000, 48_000)

SPOILT = (wave.Error, EOFError, RuntimeError)
"""What the wave module raises for what is no whole file; the last where a chunk is cut off."""


class PromptError(Exception):
    """Prompts cannot be rendered; the message names the remedy."""


class PromptStore:
    """A folder of clips, each under a name made of the voice and the words.

    Any number of processes may share the folder. A clip that was read stays in memory.
    """

    def __init__(self, folder: Path, sounds: Path = Path()) -> None:
        self._folder = folder
        self._sounds = sounds
        self._clips: dict[tuple[Path, int], bytes] = {}

    def clip(self, flow: Callflow, text: str) -> bytes | None:
        """`text` in the voice of `flow`, as PCM16 at its `phone_rate_hz`; None if not rendered."""
        return self._read(self._path(flow, text), flow.phone_rate_hz)

    def sound(self, flow: Callflow, file: str) -> bytes | None:
        """A file of the folder of flows, as PCM16 at `phone_rate_hz`; None if it is unreadable."""
        return self._read(self._sounds / file, flow.phone_rate_hz, repeats=True)

    def forget_sounds(self) -> None:
        """Read files of the folder of flows anew when they are next played."""
        for path, rate_hz in list(self._clips):
            if path.parent != self._folder:
                self._clips.pop((path, rate_hz), None)

    def _read(self, path: Path, rate_hz: int, *, repeats: bool = False) -> bytes | None:
        if (path, rate_hz) not in self._clips:
            try:
                self._clips[path, rate_hz] = read_wav(path, rate_hz, repeats=repeats)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except (OSError, *SPOILT) as error:
                log.warning("prompt.unreadable", file=path.name, error=type(error).__name__)
                return None
        return self._clips[path, rate_hz]

    def missing(self, flow: Callflow) -> tuple[str, ...]:
        """Fixed texts of `flow` without a clip; all other clips and sounds are in memory now."""
        for file in sounds(flow):
            self.sound(flow, file)
        return tuple(text for text in fixed_texts(flow) if self.clip(flow, text) is None)

    async def render(self, flow: Callflow, voices: VoiceService) -> int:
        """Render the fixed texts that have no clip yet; returns how many have one now.

        Raises:
            PromptError: the folder cannot be written.
            VoiceUnreachable, VoiceRefused: no session for the flow.
            VoiceLost: the session ended early; what was rendered before is kept.
        """
        return list((await self.outcomes(flow, voices)).values()).count(None)

    async def outcomes(self, flow: Callflow, voices: VoiceService) -> dict[str, str | None]:
        """Render as `render` does; returns, by text, why it was not rendered, or None if it was.

        A flow whose voice may drift from the words is not rendered at all. Otherwise all goes over
        one session, and none is opened if nothing is missing.
        """
        missing = await asyncio.to_thread(self.missing, flow)
        if why := why_not_read(flow):
            return dict.fromkeys(missing, why)
        if not missing:
            return {}
        await asyncio.to_thread(self._check_folder)
        async with voices.connect(for_reading(flow)) as leg:
            reader = Reader(leg)
            return await race(reader.listen(), self._read_all(flow, missing, reader))

    async def _read_all(
        self, flow: Callflow, texts: tuple[str, ...], reader: Reader
    ) -> dict[str, str | None]:
        outcomes: dict[str, str | None] = {}
        for number, text in enumerate(texts, 1):
            try:
                pcm = await reader.read(text)
            except NotSpoken as error:
                log.warning("prompt.skipped", missing=len(texts), number=number, why=str(error))
                outcomes[text] = str(error)
            else:
                await asyncio.to_thread(self._keep, self._path(flow, text), pcm, reader.rate_hz)
                outcomes[text] = None
        return outcomes

    def _path(self, flow: Callflow, text: str) -> Path:
        """Where the clip is. The rest of the flow does not change how a text sounds."""
        voice = (flow.voice, flow.model, flow.agent and astuple(flow.agent), flow.raw.get("voice"))
        address = json.dumps((_FORMAT, *voice, text), sort_keys=True, default=repr)
        return self._folder / f"{hashlib.sha256(address.encode()).hexdigest()}.wav"

    def _check_folder(self) -> None:
        """See that a file can be written, before Voice Live is asked for anything."""
        probe = self._folder / f".{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise self._cannot_write(error) from error

    def _keep(self, path: Path, pcm: bytes, rate_hz: int) -> None:
        """Write a clip; nobody ever sees half of it."""
        partial = self._folder / f".{secrets.token_hex(8)}"
        try:
            try:
                with partial.open("xb") as file, wave.open(file, "wb") as clip:
                    clip.setnchannels(1)
                    clip.setsampwidth(SAMPLE_BYTES)
                    clip.setframerate(rate_hz)
                    clip.writeframes(pcm)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> PromptError:
        return PromptError(
            f"Prompts cannot be kept in {self._folder}: {error.strerror}. "
            "Set INTERLUDE_PROMPTS to a folder that can be written."
        )


def read_wav(path: Path, rate_hz: int, *, repeats: bool = False) -> bytes:
    """A clip at `rate_hz`; one of `SPOILT` for what is no whole clip.

    Where it `repeats`, its end flows into its beginning.
    """
    with path.open("rb") as file, wave.open(file) as clip:
        from_hz, frames = clip.getframerate(), clip.getnframes()
        shape = (clip.getnchannels(), clip.getsampwidth())
        if frames > path.stat().st_size:  # read, they would take as much memory as they claim
            raise EOFError
        pcm = clip.readframes(frames)
    if shape != (1, SAMPLE_BYTES) or from_hz not in _RATES_HZ:
        raise wave.Error("not a prompt")
    if not pcm or len(pcm) != frames * SAMPLE_BYTES:
        raise EOFError
    convert = Resampler(from_hz, rate_hz)
    if repeats:
        frame = frame_bytes(from_hz)
        convert(pcm[-frame:])
        return convert(pcm + pcm[:frame])[: frames * rate_hz // from_hz * SAMPLE_BYTES]
    return convert(pcm) + convert.flush()
