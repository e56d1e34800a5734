"""What Voice Live does where its documentation is silent, asked in sessions as calls have them."""

import asyncio
from collections.abc import Mapping

from bridge.call.legs import LegError, VoiceLost
from bridge.doctor.azure import check_identity, no_session
from bridge.doctor.finding import Finding, Verdict, ok, problem, skipped
from bridge.doctor.here import check_flows
from bridge.doctor.questions import Questions
from bridge.flow.callflow import Callflow
from bridge.service.flows import Flows
from bridge.service.settings import NOWHERE, Settings
from bridge.voicelive.connection import VoiceLive, open_voices

_NAME = "probe"
_MOST_SESSIONS = 6


def probe_voices(settings: Settings) -> list[Finding]:
    """Ask in one session for each declaration of the flows, six at most, side by side.

    A finding is a warning where the service does otherwise than the lab by default. Each session
    asks for two short responses, which are billed.
    """
    if settings.voicelive_endpoint == NOWHERE:
        return [
            problem(
                "VOICELIVE_ENDPOINT",
                "is missing: there is nobody to ask.",
                "Set it: https://RESOURCE.services.ai.azure.com.",
            )
        ]
    about_flows, flows = check_flows(settings)
    return [about_flows, *asyncio.run(probe(settings, flows))]


async def probe(settings: Settings, flows: Flows) -> list[Finding]:
    """Ask about these flows, once there is an identity to show or a key."""
    who = [] if settings.voicelive_api_key else [await check_identity()]
    if any(each.verdict is Verdict.PROBLEM for each in who):
        return [*who, skipped(_NAME, "was not made: there is no identity to show.")]
    distinct: dict[object, Callflow] = {}
    for flow in flows.by_name.values():
        if not (flow.agent and settings.voicelive_api_key):  # said already
            distinct.setdefault(_declaration(flow), flow)
    asked = list(distinct.values())[:_MOST_SESSIONS]
    if not asked:
        return [*who, skipped(_NAME, "was not made: there is no call flow to ask about.")]
    async with open_voices(*settings.voicelive) as voices:
        answers = await asyncio.gather(
            *(_ask(f"{_NAME} {n}", voices, flow, settings) for n, flow in enumerate(asked, 1))
        )
    left = len(distinct) - len(asked)
    return [
        *who,
        ok(_NAME, f"two short responses a session are asked for, and billed: {2 * len(asked)}."),
        *[finding for findings in answers for finding in findings],
        *([skipped(_NAME, f"{left} more declarations were not tried.")] if left else []),
    ]


def _declaration(flow: Callflow) -> tuple[str, str, str]:
    """What tells one session from another, in words: who thinks, who speaks, who covers a wait."""
    thinks = f"agent {flow.agent.name}" if flow.agent else str(flow.model)
    given = flow.raw.get("voice")
    name = given.get("name") if isinstance(given, Mapping) else flow.voice
    speaks = str(name or "its own voice")
    triggers = [str(t) for t, delivered in flow.deliveries.items() if delivered.by == "service"]
    covers = f"{type(flow.interim).__name__} on {' and '.join(triggers)}" if triggers else ""
    return thinks, speaks, covers or "no interim responses from the service"


async def _ask(name: str, voices: VoiceLive, flow: Callflow, settings: Settings) -> list[Finding]:
    findings = [ok(name, f"{', '.join(_declaration(flow))}.")]
    try:
        async with voices.connect(flow) as leg:
            async for finding in Questions(name, leg, flow).ask():
                findings.append(finding)  # noqa: PERF401 - those before a loss stand
    except VoiceLost as error:
        says = f"the session is lost: {error}."
        findings.append(problem(name, says, "Ask again; what was found so far stands."))
    except LegError as error:
        findings.append(no_session(name, error, flow, settings))
    return findings
