"""The roster: who is in a call with the bridge, and who of them is on hold."""

import wave

import aiohttp

from bridge.lab.acs import shapes
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.conference import Conference
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.shapes import Json
from bridge.lab.wave_file import mono

_NO_FILE = (400, 8536)
_NO_WAVE = (400, 8535)
"""The file could not be downloaded, or is not in the format; Microsoft's reference."""


class Roster:
    """Tells the bridge who is there, puts them on hold, and takes them back."""

    def __init__(self, connection: Connection, conference: Conference) -> None:
        self._connection = connection
        self._conference = conference
        self._sequence_number = -1

    def find(self, raw_id: str) -> Circuit | None:
        """Return a participant other than the bridge."""
        for circuit in self._conference.people:
            if shapes.raw_id(circuit.address) == raw_id:
                return circuit
        return None

    def participants(self) -> list[Json]:
        """Return everybody, the bridge last."""
        people = [
            shapes.participant(c.address, muted=c.muted, on_hold=c.on_hold)
            for c in self._conference.people
        ]
        return [*people, shapes.participant(shapes.BRIDGE)]

    def tell(self) -> None:
        """Tell the bridge who is there; the numbers of these events are not dense, as recorded."""
        self._sequence_number += 2
        self._connection.post(
            "ParticipantsUpdated",
            {
                "participants": self.participants(),
                "sequenceNumber": self._sequence_number,
                "resultInformation": shapes.OK,
            },
            {},
        )

    def hold(self, circuit: Circuit, request: Json) -> None:
        """Put somebody on hold, in silence until there is music."""
        circuit.hold()
        self.tell()
        if uri := request.get("playSourceInfo", {}).get("file", {}).get("uri"):
            self._connection.errand(self._play(circuit, uri, request))

    def unhold(self, circuit: Circuit) -> None:
        """Take somebody back."""
        circuit.unhold()
        self.tell()

    async def _play(self, circuit: Circuit, uri: str, request: Json) -> None:
        try:
            async with self._connection.session.get(uri, raise_for_status=True) as response:
                music = mono(await response.read(), circuit.rate_hz)
        except (aiohttp.ClientError, TimeoutError):
            self._fail(circuit, request, _NO_FILE)
        except (wave.Error, EOFError):
            self._fail(circuit, request, _NO_WAVE)
        else:
            if circuit.on_hold:
                circuit.hold(music)

    def _fail(self, circuit: Circuit, request: Json, codes: tuple[int, int]) -> None:
        self._connection.post("HoldFailed", shapes.failure(*codes), request)
        self.unhold(circuit)
