"""One call of the softphone: between a browser's WebSocket and a telephone on the exchange."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import takewhile
from typing import Any, NoReturn

import orjson
from aiohttp import ClientConnectionResetError, WSMsgType, web

from bridge.call.race import UNDECIDED, Undecided, race
from bridge.console.phone_caller import Caller
from bridge.flow.ended import Said
from bridge.lab.acs import CallRefused, LineEnd, Phone
from bridge.service.floor.live import LiveDetail

Watch = Callable[[Phone], AsyncIterator[LiveDetail]]
"""Yields what has happened in a call, whenever something has."""

KEYS = frozenset("0123456789*#")
MOST_KEYS = 64
"""That wait to be pressed, half a second each; further ones are lost, as on a telephone."""

_DECLINED, _REDIRECTED = 603, 302
"""Codes of SIP."""
_TURNED_DOWN = "Turned down: nobody has this number here, or the line does not take this call."
_ENDS = {
    "bridge": "The line hung up.",
    "network": "Nobody answered for half a minute. The log of the service says why.",
}
"""By who ended the call."""


class Talk:
    """A browser's call, from its ringing to its end.

    The browser sends PCM16 in binary messages, and `{"key": "5"}` or `{"hang_up": true}`. It gets
    PCM16, `{"state": "ringing" | "connected" | "held" | "over", "words": "…"}`, and while it talks
    `{"call": "ID", "doing": "speaking", "first": 3, "said": [{"by": "agent", "text": "…"}]}`: lines
    that stand in place of number 3, counted from 0, and all after it.
    """

    def __init__(
        self, socket: web.WebSocketResponse, phone: Phone, browser_hz: int, watch: Watch
    ) -> None:
        """`watch` is asked what happens in the call once that is answered."""
        self._socket = socket
        self._phone = phone
        self._browser_hz = browser_hz
        self._watch = watch
        self._caller: Caller | None = None
        self._keys: asyncio.Queue[str] = asyncio.Queue(MOST_KEYS)

    async def run(self) -> None:
        """Carry the call until either side hangs up, or the browser is gone."""
        phone = self._phone
        await self._state("ringing", f"Ringing {phone.route.callee}.")
        await race(self._listen(), self._talk(), self._press(), self._over())
        if not phone.end:
            await phone.hangs_up()
        await self._state("over", in_words(await phone.ended()), **self._figures())

    async def _listen(self) -> None:
        """Take what the browser sends, until it hangs up or is gone."""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                if self._caller:
                    self._caller.says(message.data)
                continue
            match _read(message.data):
                case {"key": str(key)} if key in KEYS:
                    if not self._keys.full():
                        self._keys.put_nowait(key)
                case {"hang_up": True}:
                    return

    async def _talk(self) -> Undecided:
        try:
            await self._phone.answered()
        except CallRefused:
            return UNDECIDED
        caller = self._caller = Caller(self._browser_hz, self._phone.rate_hz)
        self._phone.is_held_by(caller)
        await race(self._carry(caller), self._caption())
        return UNDECIDED

    async def _carry(self, caller: Caller) -> NoReturn:
        """Bring the browser what the caller hears."""
        was_held = None
        while True:
            if self._phone.is_on_hold != was_held:
                was_held = self._phone.is_on_hold
                words = "On hold, while a colleague is asked." if was_held else "Connected."
                await self._state("held" if was_held else "connected", words)
            with suppress(ClientConnectionResetError):  # the browser is gone: `_listen` knows
                await self._socket.send_bytes(await caller.heard())

    async def _caption(self) -> Undecided:
        """Tell the browser what is said and done, as it happens."""
        told: tuple[Said, ...] = ()
        async for detail in self._watch(self._phone):
            same = takewhile(lambda pair: pair[0] == pair[1], zip(told, detail.said, strict=False))
            first = sum(1 for _ in same)
            told = detail.said
            said = [{"by": line.by, "text": line.text} for line in told[first:]]
            doing = detail.call.doing
            now = " · ".join(filter(None, (doing.kind, doing.detail)))
            await self._tell(call=detail.call.id, doing=now, first=first, said=said)
        return UNDECIDED

    async def _press(self) -> Undecided:
        """Press one key after the other, as a telephone sends them."""
        try:
            while True:
                await self._phone.presses(await self._keys.get())
        except CallRefused:
            return UNDECIDED

    async def _over(self) -> None:
        await self._phone.ended()

    def _figures(self) -> dict[str, float]:
        caller = self._caller
        return {"gaps": caller.gaps, "skipped_ms": round(caller.skipped_ms)} if caller else {}

    async def _state(self, state: str, words: str, **more: float) -> None:
        await self._tell(state=state, words=words, **more)

    async def _tell(self, **what: Any) -> None:
        await tell(self._socket, **what)


async def tell(socket: web.WebSocketResponse, **what: Any) -> None:
    """Tell a browser something, if it is still there."""
    with suppress(ClientConnectionResetError):
        await socket.send_str(orjson.dumps(what).decode())


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def in_words(end: LineEnd) -> str:
    """How a call ended, for whoever made it."""
    if to := end.transferred_to:
        is_early = end.code == _REDIRECTED
        before = "Redirected before it was answered" if is_early else "Transferred"
        return f"{before}, to {to}. On a real line that telephone would ring now."
    if end.code == _DECLINED:
        is_busy = end.message == "busy"
        return "Busy: the line takes no further call now." if is_busy else _TURNED_DOWN
    return _ENDS.get(end.by, "You hung up.")
