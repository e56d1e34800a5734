"""Key presses on their way: as sound, on the media socket, and as callbacks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.lab.acs import dtmf, shapes
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.link import MediaLink
from bridge.lab.acs.shapes import Json


class Keys:
    """Tells the bridge of keys as it asked: with its answer, by a recognition, or both."""

    def __init__(self, connection: Connection, link: MediaLink, caller: Circuit) -> None:
        self._connection = connection
        self._switches = connection.switches
        self._link = link
        self._caller = caller
        self._recognitions: dict[str, Json] = {}
        self._sequence_id = 0
        self._collected: dict[str, tuple[asyncio.Queue[str], asyncio.Event | None]] = {}

    async def press(self, circuit: Circuit, key: str) -> None:
        """Press a key of a participant's telephone."""
        if self._switches.audible_tones:
            circuit.press(dtmf.sound(key, circuit.rate_hz))
        if collected := self._collected.get(circuit.address):
            keys, pressed = collected
            keys.put_nowait(dtmf.WORDS.get(key, key))
            if pressed:
                pressed.set()
        if request := self._recognitions.get(shapes.raw_id(circuit.address)):
            self._report(key, request)
        heard = circuit is self._caller or self._switches.tones_of_colleagues
        tones = self._connection.media.get("enableDtmfTones")
        if heard and tones and not self._switches.lose_tones:
            spelling = {"*": self._switches.dtmf_star, "#": self._switches.dtmf_pound}.get(key, key)
            who = circuit.address if self._switches.tones_name_participant else None
            await self._link.send(shapes.tone(spelling, who))

    def recognize(self, request: Json) -> None:
        """Report the keys of a participant, from now on."""
        self._recognitions[request["targetParticipant"]["rawId"]] = request

    def stop(self, request: Json) -> None:
        """Report them no longer."""
        if self._recognitions.pop(request["targetParticipant"]["rawId"], None):
            self._connection.post(
                "ContinuousDtmfRecognitionStopped", {"resultInformation": shapes.OK}, request
            )

    @contextmanager
    def collected(
        self, circuit: Circuit, pressed: asyncio.Event | None
    ) -> Iterator[asyncio.Queue[str]]:
        """Have the keys of a participant, by their names in Call Automation, while it lasts.

        The first of them sets `pressed`.
        """
        keys = asyncio.Queue[str]()
        self._collected[circuit.address] = keys, pressed
        try:
            yield keys
        finally:
            del self._collected[circuit.address]

    def close(self) -> None:
        """Report no keys of anybody: the bridge is gone."""
        self._recognitions.clear()

    def _report(self, key: str, request: Json) -> None:
        self._sequence_id += 1
        if not self._switches.lose_tone_callbacks:
            tone = shapes.recognized_tone(dtmf.WORDS.get(key, key), self._sequence_id)
            self._connection.errand(self._post(tone, request))

    async def _post(self, tone: Json, request: Json) -> None:
        await asyncio.sleep(self._switches.tone_callback_delay_s)
        self._connection.post("ContinuousDtmfRecognitionToneReceived", tone, request)
