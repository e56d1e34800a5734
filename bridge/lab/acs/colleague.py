"""Somebody whom the bridge added to a call."""

from collections.abc import Callable
from dataclasses import replace

from bridge.lab.acs.behaviours import DECLINES, Ringing
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.handset import Handset
from bridge.lab.acs.keys import Keys
from bridge.lab.speech import Studio, agent_mouth

_PITCH = 1.2
"""A voice other than the agent's, by a minor third."""


class Colleague(Handset):
    """The telephone of somebody who was added; its recording begins when it is answered."""

    def __init__(
        self,
        circuit: Circuit,
        keys: Keys,
        studio: Studio,
        ringing: Ringing,
        leave: Callable[[], None],
    ) -> None:
        super().__init__(circuit, keys, studio, replace(agent_mouth("en-US"), pitch=_PITCH))
        self.address = circuit.address
        """Number or raw id."""
        self.reason = "it rings no longer"
        """Why this person never got into the call, if so: code and sub-code of a refusal."""
        self._ringing = ringing
        self._leave = leave

    @property
    def is_in_call(self) -> bool:
        """Whether this person has answered, and neither side has hung up."""
        return self._circuit.begun and not self._circuit.dead

    def picks_up(self) -> None:
        """Answer the telephone, at once."""
        self._ringing.settle(None)

    async def hangs_up(self) -> None:
        """Put the receiver down, or decline a call that rings."""
        if self._circuit.begun:
            self._leave()
        else:
            self._ringing.settle(DECLINES)

    async def left(self) -> None:
        """Wait until this person is no longer in the call, or no longer rung."""
        await self._circuit.until(lambda: False)

    def _reason(self) -> str:
        return self.reason
