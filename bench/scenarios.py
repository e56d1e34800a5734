"""What kinds of calls are measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """The sample rates of a call's two legs."""

    name: str
    number: str
    """Dialled for a call of this kind, in E.164 form."""
    phone_hz: int
    """What ACS sends and takes: PCM16 in frames of 20 ms."""
    voice_hz: int
    """What Voice Live takes and sends: PCM16 in pieces of any length."""


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("matched", "+18005550124", phone_hz=24_000, voice_hz=24_000),
        Scenario("resampled", "+18005550116", phone_hz=16_000, voice_hz=24_000),
    )
}
