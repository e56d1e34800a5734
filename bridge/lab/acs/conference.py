"""The conference: everybody who is in a call, the bridge too, on one clock."""

import asyncio
import audioop
from collections.abc import Iterable

from bridge.audio.pcm import FRAME_MS, SAMPLE_BYTES, duration_ms, frame_bytes, silence
from bridge.lab.acs.announcing import Announcement
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.shapes import BRIDGE


class Stream(Circuit):
    """The bridge's own circuit: its mouth is what it sends, its ear what the sockets carry to it.

    What the bridge sends is queued without limit and played in order: how much the service itself
    would hold is not documented.
    """

    def __init__(self) -> None:
        super().__init__(BRIDGE)
        self.people: list[Circuit] = []
        """Everybody else in the call, in order of joining."""
        self.unmixed = False
        """Whether the sockets carry each of them apart."""
        self.received = bytearray()
        self.received_frames = 0
        self.sent_frames = 0
        self.complaints: list[str] = []
        self.stops: list[float] = []
        self.flushed_ms = 0.0

    def play(self, pcm: bytes) -> None:
        """Queue what the bridge sent."""
        self.received += pcm
        if self.forgotten:
            self.received.clear()  # of a call of which little is kept, nobody asks for this
        self.received_frames += 1
        self.say(pcm)

    def stop_audio(self) -> None:
        """Discard what the bridge sent and nobody has heard."""
        self.stops.append(self.ms)
        self.flushed_ms += duration_ms(self._to_say, self.rate_hz)
        self._to_say.clear()


class Conference:
    """Who hears whom: everybody everybody else, but for those on hold.

    It begins with the first sound there could be, and is over when it is closed.
    """

    def __init__(self, stream: Stream, kept_s: float | None = None) -> None:
        """Keep at least the last `kept_s` of what everybody says and hears, or all of it."""
        self.stream = stream
        self._kept_s = kept_s
        self.people = stream.people
        """Everybody but the bridge, in order of joining."""
        self.rate_hz = stream.rate_hz
        self.begun = False
        self.over = asyncio.Event()
        self.recording = bytearray()
        """What was recorded while `records`: all who are not on hold, mixed."""
        self.records = False
        self.announcements: list[Announcement] = []
        """What the service plays, to whom it says."""

    def join(self, circuit: Circuit) -> None:
        """Let somebody in."""
        self.people.append(circuit)
        if self.begun:
            circuit.begin(self.rate_hz, self._kept_s)

    def leave(self, circuit: Circuit) -> None:
        """Let somebody go."""
        circuit.cut()
        if circuit in self.people:
            self.people.remove(circuit)

    def close(self) -> None:
        """End it for everybody."""
        for circuit in [self.stream, *self.people]:
            self.leave(circuit)
        self.over.set()

    def begin(self) -> None:
        """Begin everybody's recording; `run` must follow at once."""
        self.begun = True
        for circuit in [self.stream, *self.people]:
            circuit.begin(self.rate_hz, self._kept_s)

    async def run(self) -> None:
        """Tick on absolute deadlines, until it is over."""
        loop = asyncio.get_running_loop()
        begun_s, ms = loop.time(), 0
        while not self.over.is_set():
            ms += FRAME_MS
            await asyncio.sleep(begun_s + ms / 1000 - loop.time())
            self._tick()

    def _tick(self) -> None:
        present = [circuit for circuit in [self.stream, *self.people] if not circuit.dead]
        spoken = [(circuit, circuit.speak()) for circuit in present]
        audible = [(c, frame) for c, frame in spoken if not c.on_hold and not c.muted]
        told = [(each, each.frame(frame_bytes(self.rate_hz))) for each in self.announcements]
        for circuit in present:
            heard = [frame for who, frame in audible if who is not circuit]
            if circuit is not self.stream:
                heard += [frame for each, frame in told if each.reaches(circuit)]
            circuit.hear(self._mix(heard))
        if self.records and present:
            self.recording += self._mix(frame for _, frame in audible)

    def _mix(self, frames: Iterable[bytes]) -> bytes:
        mixed = b""
        for frame in frames:
            mixed = bytes(audioop.add(mixed, frame, SAMPLE_BYTES)) if mixed else frame
        return mixed or silence(FRAME_MS, self.rate_hz)
