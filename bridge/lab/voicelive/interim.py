"""The interim response of the service: when it is due, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from bridge.lab.voicelive.switches import Switches
from bridge.lab.voicelive.wire import Json


@dataclass(frozen=True)
class Interim:
    """`interim_response` of a session or of one response."""

    texts: tuple[str, ...]
    triggers: frozenset[str]
    threshold_s: float
    gates_tool: bool

    @classmethod
    def parse(cls, settings: Json, switches: Switches) -> "Interim | None":
        """From the settings of a response; None where it is off or has nothing to say."""
        raw = settings.get("interim_response")
        if raw is None:
            return None
        is_static = raw["type"] == "static_interim_response"
        threshold_ms = raw.get("latency_threshold_ms")
        texts = tuple(raw.get("texts") or ()) if is_static else switches.llm_interim_texts
        if not texts:
            return None
        return cls(
            texts,
            frozenset(raw.get("triggers") or ("latency",)),
            2.0 if threshold_ms is None else threshold_ms / 1000,
            switches.interim_gates_tool,
        )

    def due_s(self, waits_s: Mapping[str, float]) -> float | None:
        """When to speak, given how long each trigger's wait is; None where all end before."""
        delays_s = {"latency": self.threshold_s, "tool": self.threshold_s * self.gates_tool}
        due = [delays_s[t] for t in self.triggers & waits_s.keys() if delays_s[t] < waits_s[t]]
        return min(due, default=None)

    def line(self, dice: Random) -> str:
        """One of the texts."""
        return dice.choice(self.texts)
