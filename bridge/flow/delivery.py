"""Who delivers an interim response: Voice Live, or the bridge."""

from dataclasses import dataclass
from typing import Literal

from bridge.flow.interim import LlmInterim, StaticInterim, Trigger
from bridge.flow.speech import OPENAI_VOICES, Pipeline


@dataclass(frozen=True)
class Delivered:
    """Who delivers one trigger, and why."""

    by: Literal["service", "bridge", "nobody"]
    why: str


def deliveries(
    interim: StaticInterim | LlmInterim, pipeline: Pipeline, voice: str | None
) -> dict[Trigger, Delivered]:
    """For each trigger exactly one deliverer, so that there are never two lines for one wait."""
    obstacle = _obstacle_to_service(interim, pipeline, voice)
    if interim.delivery == "service" and obstacle:
        return dict.fromkeys(interim.triggers, Delivered("nobody", obstacle))
    if interim.delivery != "bridge" and not obstacle:
        return dict.fromkeys(interim.triggers, Delivered("service", "it can do all that is asked"))
    return by_bridge(interim, pipeline, obstacle or "delivery='bridge'")


def by_bridge(
    interim: StaticInterim | LlmInterim, pipeline: Pipeline, why: str
) -> dict[Trigger, Delivered]:
    """What the bridge can deliver: anything it has words for, on what it can see."""
    if not interim.texts:
        silent = Delivered("nobody", f"{why}, and LlmInterim has no texts=... for the bridge")
        return dict.fromkeys(interim.triggers, silent)
    delivered = dict.fromkeys(interim.triggers, Delivered("bridge", why))
    if pipeline is Pipeline.AGENT and Trigger.TOOL in delivered:
        unseen = Delivered("nobody", f"{why}, and an agent's tools are not seen from outside")
        delivered[Trigger.TOOL] = unseen
    return delivered


def _obstacle_to_service(
    interim: StaticInterim | LlmInterim, pipeline: Pipeline, voice: str | None
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
    return ""
