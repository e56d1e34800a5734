"""Keys that the bridge has the service collect, with a prompt before."""

import asyncio

from bridge.lab.acs import shapes
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.keys import Keys
from bridge.lab.acs.playing import Player, Unplayable
from bridge.lab.acs.shapes import Json

_SILENCE_S = 5
_BETWEEN_S = 2
"""Microsoft's reference."""
_NO_PROMPT = (8511, "Action failed, encountered failure while trying to play the prompt.")
_NO_KEY = (8510, "Action failed, initial silence timeout reached.")
_NO_NEXT_KEY = (8532, "Action failed, inter-digit silence timeout reached.")
_STOPPED = (8514, "Action completed as stop tone was detected.")
_ALL = (8531, "Action completed, max digits received.")


class Recognizer:
    """Collects the keys of one person at a time."""

    def __init__(self, connection: Connection, player: Player, keys: Keys) -> None:
        self._connection = connection
        self._player = player
        self._keys = keys

    def recognize(self, request: Json, person: Circuit) -> None:
        """Play the prompt, and collect keys."""
        self._player.start("Recognize", self._recognize(request, person), request)

    async def _recognize(self, request: Json, person: Circuit) -> None:
        options = request["recognizeOptions"]
        over, interrupts = asyncio.Event(), options.get("interruptPrompt", False)
        with self._keys.collected(person, over if interrupts else None) as keys:
            sources = [request["playPrompt"]] if request.get("playPrompt") else []
            try:
                await self._player.prompt(
                    [*sources, *request.get("playPrompts", ())], [person], over
                )
            except Unplayable:
                self._fail(_NO_PROMPT, request)
                return
            await self._collect(keys, options, request)

    async def _collect(self, keys: asyncio.Queue[str], options: Json, request: Json) -> None:
        """Collect keys until there are enough, one ends them, or none comes."""
        silence_s = options.get("initialSilenceTimeoutInSeconds", _SILENCE_S)
        asked = options["dtmfOptions"]
        tones: list[str] = []
        while len(tones) != asked.get("maxTonesToCollect"):
            patience_s = asked.get("interToneTimeoutInSeconds", _BETWEEN_S) if tones else silence_s
            try:
                async with asyncio.timeout(patience_s):
                    tones.append(await keys.get())
            except TimeoutError:
                self._fail(_NO_NEXT_KEY if tones else _NO_KEY, request)
                return
            if tones[-1] in (asked.get("stopTones") or ()):
                self._complete(tones, _STOPPED, request)
                return
        self._complete(tones, _ALL, request)

    def _complete(self, tones: list[str], result: tuple[int, str], request: Json) -> None:
        told = {"recognitionType": "dtmf", "dtmfResult": {"tones": tones}}
        self._connection.post("RecognizeCompleted", told | shapes.result(200, *result), request)

    def _fail(self, result: tuple[int, str], request: Json) -> None:
        self._connection.post("RecognizeFailed", shapes.result(400, *result), request)
