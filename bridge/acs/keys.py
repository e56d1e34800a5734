"""The keys that are pressed: they come by two ways, and each counts once.

They may be a PIN: nothing here logs them, shows them, or keeps them longer than it takes to tell
one press that came twice from two.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAIR_S = 3.0
"""A key that comes by both ways does so within this time; callbacks are the slower way."""
GAP_S = 2.0
"""How long a key that was reported waits for one pressed before it and not reported yet."""

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_KEYS = (
    {key: key for key in "0123456789*#"}
    | {word: str(digit) for digit, word in enumerate(_WORDS)}
    | {"asterisk": "*", "star": "*", "pound": "#", "hash": "#"}
)
"""Microsoft's reference spells tones as words in callbacks and shows a digit on the media socket;
how that spells `*` and `#` is not documented."""


def key_spelled(tone: str) -> str | None:
    """The digit, `*` or `#` that ACS means by a tone; None for what is no key of a telephone."""
    return _KEYS.get(tone.strip().lower())


class Keys:
    """Joins the keys of the media stream with those that callbacks report.

    On real calls the stream had every key, or, on one of three calls, none. Callbacks come late and
    in any order; their sequence ids, from 1 in each recognition, tell the order.
    """

    def __init__(self) -> None:
        self.unknown = 0
        """Tones that are no key."""
        self.unheard: str | None = None
        """Whose keys do not count now."""
        self._press: Callable[[str], None] | None = None
        self._streamed = _Unpaired()
        self._reported = _Unpaired()
        self._orders: dict[str, _Order] = {}

    @contextmanager
    def passed_to(self, press: Callable[[str], None]) -> Iterator[None]:
        """Pass keys on; before and after, they are nobody's."""
        self._press = press
        try:
            yield
        finally:
            self._press = None
            self._streamed.clear()
            self._reported.clear()
            for order in self._orders.values():
                order.clear()

    def stream(self, tone: str, whose: str | None = None) -> None:
        """Take a tone from the media stream, which may not say whose it is."""
        if whose and whose == self.unheard:
            return
        key = self._known(tone)
        if key is None or self._reported.take(key):
            return
        if not any(order.take(key) for order in self._orders.values()):
            self._streamed.add(key)
        self._pass_on(key)

    def report(self, tone: str, sequence_id: int, whose: str) -> None:
        """Take a tone from a callback; no callback is reported twice."""
        key = self._known(tone)
        if whose == self.unheard or (key and self._streamed.take(key)):
            key = None
        order = self._orders.setdefault(whose, _Order(self._pass_on_reported))
        order.add(sequence_id, key)

    def _known(self, tone: str) -> str | None:
        key = key_spelled(tone)
        self.unknown += key is None
        return key

    def _pass_on_reported(self, key: str) -> None:
        self._reported.add(key)
        self._pass_on(key)

    def _pass_on(self, key: str) -> None:
        if self._press:
            self._press(key)


class _Unpaired:
    """Keys that came one way and, so far, not the other; each is forgotten after `PAIR_S`."""

    def __init__(self) -> None:
        self._keys: list[tuple[str, asyncio.TimerHandle]] = []

    def add(self, key: str) -> None:
        timer = asyncio.get_running_loop().call_later(PAIR_S, self._forget_oldest)
        self._keys.append((key, timer))

    def take(self, key: str) -> bool:
        """Whether the key is here; its oldest press is not, from now on."""
        for at, (waiting, timer) in enumerate(self._keys):
            if waiting == key:
                timer.cancel()
                del self._keys[at]
                return True
        return False

    def clear(self) -> None:
        for _, timer in self._keys:
            timer.cancel()
        self._keys.clear()

    def _forget_oldest(self) -> None:
        del self._keys[0]


class _Order:
    """Puts the keys of one recognition into the order in which they were pressed."""

    def __init__(self, release: Callable[[str], None]) -> None:
        self._release = release
        self._next = 1
        self._early: dict[int, str | None] = {}
        self._patience: asyncio.TimerHandle | None = None

    def add(self, sequence_id: int, key: str | None) -> None:
        """Release a key after those before it; None stands for one that came the other way."""
        if sequence_id < self._next:
            self._let_go(key)
        else:
            self._early[sequence_id] = key
            self._advance()

    def take(self, key: str) -> bool:
        """Whether the key waits here; its first press does not, from now on."""
        for sequence_id in sorted(self._early):
            if self._early[sequence_id] == key:
                self._early[sequence_id] = None
                return True
        return False

    def clear(self) -> None:
        self._early.clear()
        self._advance()

    def _advance(self) -> None:
        before = self._next
        while self._next in self._early:
            self._let_go(self._early.pop(self._next))
            self._next += 1
        if self._patience and (self._next > before or not self._early):
            self._patience.cancel()
            self._patience = None
        if self._early and not self._patience:
            self._patience = asyncio.get_running_loop().call_later(GAP_S, self._pass_over)

    def _pass_over(self) -> None:
        """What was pressed before is not coming."""
        self._patience = None
        self._next = min(self._early)
        self._advance()

    def _let_go(self, key: str | None) -> None:
        if key:
            self._release(key)
