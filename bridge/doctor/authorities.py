"""Whether the keys can be had by which tokens of Azure's services and of operators are checked."""

import asyncio

import aiohttp

from bridge.acs.authentication import EVENT_GRID_ROLE
from bridge.doctor.finding import PATIENCE_S, Finding, ok, problem, skipped
from bridge.doctor.hosts import Host
from bridge.service.authority import NO_KEYS, fetch_keys
from bridge.service.settings import Settings


async def check_keys(whose: str, host: Host) -> list[Finding]:
    """Fetch them, as the service does."""
    name = f"keys of {whose}"
    try:
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
            _, keys = await fetch_keys(session, host.url)
    except aiohttp.ClientResponseError as error:
        says = f"the OpenID configuration at {host.address[0]}, or its keys, answer {error.status}."
        remedy = f"Correct {host.setting}; while there are no keys, nobody is let in by a token."
    except (aiohttp.ClientError, TimeoutError) as error:
        says = f"the OpenID configuration or its keys are not reached ({type(error).__name__})."
        remedy = "Let this machine through to the address of the keys that the configuration names."
    except NO_KEYS:
        says = f"what {host.address[0]} answers is no OpenID configuration with RSA keys."
        remedy = f"Correct {host.setting}."
    else:
        return [ok(name, f"{len(keys)} for RS256.")]
    return [problem(name, says, remedy)]


def unseen_here(settings: Settings) -> list[Finding]:
    """What only a call proves, with the command that shows it."""
    findings = []
    if settings.acs_resource_id:
        findings.append(
            skipped(
                "ACS_RESOURCE_ID",
                "set; whether it is the one of this ACS resource, only a call shows.",
                "Compare: az communication show --name NAME --resource-group GROUP --query "
                "immutableResourceId",
            )
        )
    if settings.eventgrid_audience:
        findings.append(
            skipped(
                "Event Grid's role",
                f"whether Event Grid, and who makes the subscription, have {EVENT_GRID_ROLE}, "
                "cannot be seen from here.",
                "Look: az rest --url https://graph.microsoft.com/v1.0/servicePrincipals/"
                "$(az ad sp show --id EVENTGRID_AUDIENCE --query id -o tsv)/appRoleAssignedTo",
            )
        )
    return findings
