"""What was rendered before the call."""

from typing import Protocol

from bridge.flow.callflow import Callflow


class Prompts(Protocol):
    """Fixed texts that were rendered beforehand, in the voices of their flows, and sounds."""

    def clip(self, flow: Callflow, text: str) -> bytes | None:
        """PCM16 at the flow's `phone_rate_hz`, or None if the text was not rendered."""
        ...

    def sound(self, flow: Callflow, file: str) -> bytes | None:
        """PCM16 at the flow's `phone_rate_hz`, or None if the file cannot be read."""
        ...
