"""Who delivers an interim response: Voice Live, or the bridge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.flow.interim import Interim, Trigger
from bridge.flow.speech import OPENAI_VOICES, Pipeline


@dataclass(frozen=True)
class Delivered:
    """Who delivers one trigger, and why."""

    by: Literal["service", "bridge", "nobody"]
    why: str


def deliveries(
    interim: Interim,
    pipeline: Pipeline,
    voice: str | None,
    *,
    own: Sequence[str] = (),
) -> dict[Trigger, Delivered]:
    """For each trigger exactly one deliverer, so that there are never two lines for one wait.

    `own` names the tools with an interim response of their own, or with none.
    """
    obstacle = _obstacle_to_service(interim, pipeline, voice, own)
    if interim.delivery == "service" and obstacle:
        return dict.fromkeys(interim.triggers, Delivered("nobody", obstacle))
    if interim.delivery != "bridge" and not obstacle:
        return dict.fromkeys(interim.triggers, Delivered("service", "it can do all that is asked"))
    return by_bridge(interim, pipeline, obstacle or "delivery='bridge'")


def by_bridge(interim: Interim, pipeline: Pipeline, why: str) -> dict[Trigger, Delivered]:
    """What the bridge can deliver: anything it has words for, on what it can see."""
    if pipeline is not Pipeline.AGENT:
        return dict.fromkeys(interim.triggers, Delivered("bridge", why))
    if not interim.texts:
        silent = f"{why}, and for an agent's line the bridge needs LlmInterim(texts=...)"
        return dict.fromkeys(interim.triggers, Delivered("nobody", silent))
    delivered = dict.fromkeys(interim.triggers, Delivered("bridge", why))
    if Trigger.TOOL in delivered:
        unseen = Delivered("nobody", f"{why}, and an agent's tools are not seen from outside")
        delivered[Trigger.TOOL] = unseen
    return delivered


def _obstacle_to_service(
    interim: Interim, pipeline: Pipeline, voice: str | None, own: Sequence[str]
) -> str:
    """Why Voice Live cannot deliver; empty where it can. It speaks them with Azure voices only."""
    if voice in OPENAI_VOICES:
        return (
            f"Voice Live needs an Azure voice for them, like 'en-US-Ava:DragonHDLatestNeural', and "
            f"{voice!r} is one of OpenAI's"
        )
    if voice is None and pipeline is Pipeline.REALTIME:
        return (
            "Voice Live needs an Azure voice for them, and without voice=... the model uses its own"
        )
    if interim.then:
        return "Voice Live knows no further steps"
    if interim.latency_threshold_ms == "adaptive":
        return "Voice Live knows no adaptive threshold"
    if own:
        return one_for_all(own)
    return ""


def one_for_all(own: Sequence[str]) -> str:
    """Why the bridge delivers where some tools have interim responses of their own, or none."""
    return f"Voice Live knows none for single tools ({', '.join(own)})"
