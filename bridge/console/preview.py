"""Hearing before publishing: what a caller will hear in a wait, in the line's own voice."""

import asyncio
import io
import secrets
import wave
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.audio.music import Music
from bridge.audio.pcm import SAMPLE_BYTES, duration_ms, frame_bytes, samples_in
from bridge.call.legs import LegError, VoiceService
from bridge.console.wait_plan import MADE_UP, Piece, WaitPlan, plan_of, shortened
from bridge.flow.callflow import Callflow
from bridge.flow.interim import Interim
from bridge.flow.limits import Limits
from bridge.service.prompts import PromptError, PromptStore
from bridge.service.rendering import in_words

PATIENCE_S = 45.0
"""For rendering what has no clip yet."""
KEPT = 16
"""So many of the latest previews can be fetched."""

_A_CHARACTER_MS = 62
"""Of speech, where nobody has heard it yet: sixteen in a second."""
_MADE_UP_MS = 2_500
"""The same for a line that the model makes up."""
_UNKNOWN_SOUND_MS = 10_000


class NoPreview(Exception):
    """It cannot be heard before; the message says why, and what to do."""


@dataclass(frozen=True)
class Preview:
    """A recording of what a caller will hear, and what it is made of."""

    id: str
    wav: bytes
    plan: WaitPlan | None = None
    """As it is heard, with pauses shortened where that was asked for; None for a greeting."""
    silent: tuple[str, ...] = ()
    """Why something is silent in it, a sentence each."""


class Lengths:
    """How long texts and sounds last: as rendered, else a guess."""

    def __init__(self, store: PromptStore, flow: Callflow) -> None:
        self._store = store
        self._flow = flow

    def __call__(self, what: str) -> float:
        """How long a text or a file lasts, in ms."""
        if what == MADE_UP:
            return _MADE_UP_MS
        rate_hz = self._flow.phone_rate_hz
        if what.lower().endswith(".wav"):
            sound = self._store.sound(self._flow, what)
            return duration_ms(sound, rate_hz) if sound else _UNKNOWN_SOUND_MS
        clip = self._store.clip(self._flow, what)
        return duration_ms(clip, rate_hz) if clip else len(what) * _A_CHARACTER_MS


class Previews:
    """Makes them, one at a time, and keeps the latest."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._kept: OrderedDict[str, Preview] = OrderedDict()

    def find(self, preview_id: str) -> Preview | None:
        """One that was made lately."""
        return self._kept.get(preview_id)

    async def wait(
        self,
        flow: Callflow,
        interim: Interim,
        store: PromptStore,
        voices: VoiceService,
        *,
        first: int = 0,
        is_short: bool = False,
    ) -> Preview:
        """What a wait sounds like under `interim`; its words are rendered first.

        Raises:
            NoPreview: they cannot be.
        """
        async with self._one:
            silent = await _render(_only(flow, interim=interim), store, voices)
            plan = await asyncio.to_thread(plan_of, interim, Lengths(store, flow), first)
            if plan.lines[0].is_made_up:
                silent += ("The model makes up the first line in a call: it is silent here.",)
            plan = shortened(plan) if is_short else plan
            wav = await asyncio.to_thread(_recorded, plan, flow, store)
        return self._keep(Preview(secrets.token_urlsafe(12), wav, plan, silent))

    def _keep(self, preview: Preview) -> Preview:
        self._kept[preview.id] = preview
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return preview

    async def greeting(self, flow: Callflow, store: PromptStore, voices: VoiceService) -> Preview:
        """The greeting as a recording.

        Raises:
            NoPreview: there is none, or it cannot be rendered.
        """
        if not flow.greeting:
            raise NoPreview("The line has no greeting: it waits for the caller to speak.")
        async with self._one:
            silent = await _render(_only(flow, greeting=flow.greeting), store, voices)
        clip = await asyncio.to_thread(store.clip, flow, flow.greeting)
        wav = _wav(clip or b"", flow.phone_rate_hz)
        return self._keep(Preview(secrets.token_urlsafe(12), wav, silent=silent))


def _only(
    flow: Callflow, *, interim: Interim | None = None, greeting: str | None = None
) -> Callflow:
    """The same voice with nothing else to say, so that nothing else is rendered."""
    return replace(
        flow,
        interim=interim,
        greeting=greeting,
        silence=None,
        keypad={},
        recording=None,
        hours=None,
        limits=Limits(),
    )


async def _render(flow: Callflow, store: PromptStore, voices: VoiceService) -> tuple[str, ...]:
    """Have a clip of each text; why some have none."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            outcomes = await store.outcomes(flow, voices)
    except LegError as error:
        raise NoPreview(f"{in_words(error)}. Nothing that is new can be heard before.") from error
    except PromptError as error:
        raise NoPreview(str(error)) from error
    except TimeoutError as error:
        raise NoPreview(
            f"The words were not rendered within {PATIENCE_S:g} s: calls come first, and Voice "
            "Live allows only so many sessions a minute. Try again in a minute."
        ) from error
    return tuple(f"“{text}” is silent here: {why}." for text, why in outcomes.items() if why)


def _recorded(plan: WaitPlan, flow: Callflow, store: PromptStore) -> bytes:
    """The plan as sound, mixed as it is for callers."""
    rate_hz, frame = flow.phone_rate_hz, frame_bytes(flow.phone_rate_hz)
    sound = bytearray(-(-_at(plan.lasts_ms, rate_hz) // frame) * frame)
    for line in plan.lines:
        clip = store.clip(flow, line.what) or b""
        at = _at(line.from_ms, rate_hz)
        sound[at : at + len(clip)] = clip[: len(sound) - at]
    for piece in plan.music:
        if pcm := store.sound(flow, piece.what):
            _mix(sound, Music(pcm, rate_hz), piece, plan.lines, rate_hz)
    return _wav(bytes(sound), rate_hz)


def _mix(sound: bytearray, music: Music, when: Piece, lines: Sequence[Piece], rate_hz: int) -> None:
    """Put music under what is spoken; it fades once its time is over."""
    frame = frame_bytes(rate_hz)
    for at in range(_at(when.from_ms, rate_hz) // frame * frame, len(sound), frame):
        if at >= _at(when.to_ms, rate_hz):
            music.fade()
        if music.is_over:
            return
        speaks = any(_at(line.from_ms, rate_hz) <= at < _at(line.to_ms, rate_hz) for line in lines)
        sound[at : at + frame] = music.under(bytes(sound[at : at + frame]), speech=speaks)


def _at(ms: float, rate_hz: int) -> int:
    """Where a moment is, in bytes."""
    return samples_in(ms, rate_hz) * SAMPLE_BYTES


def _wav(pcm: bytes, rate_hz: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(SAMPLE_BYTES)
        recording.setframerate(rate_hz)
        recording.writeframes(pcm)
    return file.getvalue()
