"""How long the caller waits for an answer, stage by stage."""

import asyncio

from bridge.call.events import (
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    VoiceEvent,
)
from bridge.call.record import Record, Turn


class Turns:
    """Times one turn after the other, from the end of the caller's words to the answer."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._stopped_s: float | None = None
        """Loop time at which the caller had spoken; None between turns."""
        self._response_ms: int | None = None

    def saw(self, event: VoiceEvent) -> None:
        """Take note of the stages that the service tells of."""
        match event:
            case SpeechStarted():
                self._stopped_s = None
            case SpeechStopped():
                self._stopped_s, self._response_ms = self._loop.time(), None
            case ResponseStarted() if self._stopped_s and self._response_ms is None:
                self._response_ms = round((self._loop.time() - self._stopped_s) * 1000)

    def sounds(self, quiet_at_s: float) -> None:
        """The answer begins to arrive; the caller hears it then, or once it is quiet."""
        if self._stopped_s is None:
            return
        audio_ms = (self._loop.time() - self._stopped_s) * 1000
        heard_ms = max(audio_ms, (quiet_at_s - self._stopped_s) * 1000)
        self._record.turns.append(Turn(self._response_ms, round(audio_ms), round(heard_ms)))
        self._stopped_s = None
