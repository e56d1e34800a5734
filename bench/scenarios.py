"""What kinds of calls are measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """How sound is coded on a call's two legs."""

    name: str
    number: str
    """Dialled for a call of this kind, in E.164 form."""
    phone_hz: int
    """What ACS sends and takes: PCM16 in frames of 20 ms."""
    voice_audio: str | None
    """What the call flow wants of Voice Live; None is PCM16 at the telephone's rate."""
    relay_hz: int
    """What a relay wants of Voice Live: PCM16 at a rate, since it converts nothing."""


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("matched", "+18005550124", 24_000, None, 24_000),
        Scenario("resampled", "+18005550116", 16_000, "pcm16_24000hz", 24_000),
        Scenario("matched16", "+18005550117", 16_000, None, 16_000),
        Scenario("g711", "+18005550108", 16_000, "g711_ulaw", 16_000),
    )
}
