"""Whether ACS and Voice Live let this service in: an identity, a key, a role."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from bridge.acs.calls import Answer, open_calls
from bridge.call.legs import LegError, PhoneError, VoiceRefused
from bridge.doctor.finding import PATIENCE_S, Finding, ok, problem, skipped, warning
from bridge.flow.callflow import Callflow
from bridge.service.flows import Flows
from bridge.service.settings import Settings, is_base64
from bridge.voicelive.connection import VoiceLive, open_voices, status_of
from bridge.voicelive.identity import NoIdentity, identity

_MOST_SESSIONS = 4

_LATER = "Ask again in a minute; if that stays, look at Azure's status page and the quota."

_REMEDIES: Mapping[int | None, str] = {
    HTTPStatus.BAD_REQUEST: (
        "Leave out VOICELIVE_API_VERSION, and see that the identity is of the resource's own "
        "tenant."
    ),
    HTTPStatus.NOT_FOUND: (
        "Correct VOICELIVE_ENDPOINT (https://RESOURCE.services.ai.azure.com) and "
        "VOICELIVE_API_VERSION; the resource must be in a region with Voice Live."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "Ask for more quota, or try again when fewer calls are in progress."
    ),
}
"""Of what Voice Live answers in place of a session."""


async def check_identity() -> Finding:
    """Get a token, as the SDKs do where there is no key."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            object_id = await identity()
    except (NoIdentity, TimeoutError) as error:
        return problem(
            "identity",
            f"there is none here that Entra gives a token to ({type(error).__name__}).",
            "Give the container a managed identity, with AZURE_CLIENT_ID if it is user-assigned; "
            "on your own machine: az login.",
        )
    if not object_id:
        return ok("identity", "Entra gives it tokens.")
    return ok(
        "identity",
        f"Entra gives it tokens. Its roles: az role assignment list --all --assignee {object_id}",
    )


async def check_acs(settings: Settings) -> list[Finding]:
    """Ask ACS for a call that never was."""
    endpoint, key = settings.acs
    if key and not is_base64(key):
        return [skipped("ACS", "was not asked: the key is none.")]
    try:
        async with asyncio.timeout(PATIENCE_S), open_calls(endpoint, key) as calls:
            answer = await calls.knock()
    except TimeoutError:
        return [problem("ACS", f"no answer within {PATIENCE_S:g} s.", _LATER)]
    except PhoneError as error:
        return [problem("ACS", f"{error}.", "Correct the endpoint, and see that it is reached.")]
    if answer.knows_us:
        return [ok("ACS", f"takes this service's {'key' if key else 'identity'}.")]
    return [_refused_by_acs(answer, by_key=bool(key))]


def _refused_by_acs(answer: Answer, *, by_key: bool) -> Finding:
    says = f"answered {answer.status} {answer.code}".rstrip() + "."
    match answer.status:
        case HTTPStatus.UNAUTHORIZED if by_key:
            remedy = (
                "Copy the key of this very resource again: az communication list-key; and see that "
                "the clock is right."
            )
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN if not by_key:
            remedy = "Give this identity Contributor on the ACS resource; that takes some minutes."
        case HTTPStatus.FORBIDDEN:
            remedy = "See that the resource is not disabled, and lets this network in."
        case HTTPStatus.TOO_MANY_REQUESTS:
            return warning("ACS", says, _LATER)
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            remedy = _LATER
        case _:
            remedy = "Correct the endpoint: https://RESOURCE.communication.azure.com."
    return problem("ACS", says, remedy)


async def check_voices(settings: Settings, flows: Flows) -> list[Finding]:
    """Open a session for each model and agent of the flows, and close it."""
    distinct: dict[object, Callflow] = {}
    for flow in flows.by_name.values():
        if not (flow.agent and settings.voicelive_api_key):  # said already
            distinct.setdefault(flow.agent or flow.model, flow)
    tried = list(distinct.values())[:_MOST_SESSIONS]
    async with open_voices(*settings.voicelive) as voices:
        findings = await asyncio.gather(*(_check_voice(voices, flow, settings) for flow in tried))
    left = len(distinct) - len(tried)
    more = [skipped("Voice Live", f"{left} more models or agents were not tried.")] if left else []
    return [*findings, *more]


async def _check_voice(voices: VoiceLive, flow: Callflow, settings: Settings) -> Finding:
    name = f"Voice Live, {f'agent {flow.agent.name}' if flow.agent else flow.model}"
    try:
        async with voices.connect(flow):
            return ok(name, "opens a session.")
    except LegError as error:
        return no_session(name, error, flow, settings)


def no_session(name: str, error: LegError, flow: Callflow, settings: Settings) -> Finding:
    """None was had, and what mends that."""
    status = status_of(error)
    says = f"no session: it answers {status}." if status else f"no session: {error}."
    return problem(name, says, _remedy(error, flow, settings))


def _remedy(error: LegError, flow: Callflow, settings: Settings) -> str:
    status = status_of(error)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        if settings.voicelive_api_key:
            return "Copy the key of this very resource again, or unset it and use an identity."
        more = " and Foundry User on the agent's project" if flow.agent else ""
        return (
            f"Give this identity Cognitive Services User on the Foundry resource{more}; that takes "
            "some minutes."
        )
    if status in _REMEDIES:
        return _REMEDIES[status]
    if isinstance(error, VoiceRefused):
        return "Have the flow use a model, a voice and an agent that this resource offers."
    return _LATER
