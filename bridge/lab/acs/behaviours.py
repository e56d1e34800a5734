"""What people do when their telephone rings."""

import asyncio
from dataclasses import dataclass

from bridge.lab.checked import checked

SETUP_S = 115.0
"""The longest that a number is rung; Microsoft's reference."""


@checked
@dataclass(frozen=True)
class Answers:
    """A person who takes the call after so long."""

    after_s: float = 3.0


@checked
@dataclass(frozen=True)
class Voicemail:
    """A machine that takes the call, speaks, and beeps; it presses no keys."""

    greeting: str
    after_s: float = 10.0
    beeps: bool = True


@checked
@dataclass(frozen=True)
class Refuses:
    """Nobody takes the call, and the network says why."""

    code: int
    sub_code: int
    after_s: float = 1.0


@dataclass(frozen=True)
class RingsOut:
    """Nobody does anything, for as long as it rings."""


Behaviour = Answers | Voicemail | Refuses | RingsOut
BUSY = Refuses(486, 560486)
DECLINES = Refuses(603, 560603, after_s=4.0)
OVER_THE_LIMIT = Refuses(603, 560603)
"""What the network says of one call too many from a number."""
UNANSWERED = Refuses(480, 560480)
"""What the network says of somebody who did nothing."""


class Ringing:
    """A telephone that rings, until somebody answers it or refuses."""

    def __init__(self, behaviour: Behaviour) -> None:
        loop = asyncio.get_running_loop()
        self._fate: asyncio.Future[Refuses | None] = loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        if not isinstance(behaviour, RingsOut):
            refusal = behaviour if isinstance(behaviour, Refuses) else None
            self._timer = loop.call_later(behaviour.after_s, self.settle, refusal)

    def settle(self, refusal: Refuses | None) -> None:
        """Answer it, or refuse; what comes second comes too late."""
        if not self._fate.done():
            self._fate.set_result(refusal)

    async def outcome(self, within_s: float) -> Refuses | None:
        """Wait for why it was not answered; None if it was."""
        try:
            async with asyncio.timeout(within_s):
                return await self._fate
        except TimeoutError:
            return UNANSWERED
        finally:
            if self._timer:
                self._timer.cancel()
