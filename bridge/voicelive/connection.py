"""Where sessions with Voice Live come from: connected through Microsoft's SDK, and set up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.identity.aio import DefaultAzureCredential

from bridge.call.legs import VoiceRefused, VoiceUnreachable
from bridge.flow.callflow import Callflow
from bridge.voicelive.leg import VoiceLiveLeg
from bridge.voicelive.opening import opened

CONNECT_S = 5.0
"""Bound on connecting and setting up; handshakes of 1 to 2 s have been seen in the field."""

PING_S = 2.0
"""Silence of the service before it is pinged; the SDK's default is 30. A service that does not
answer within half of it is lost, so that a frozen one is noticed within three seconds."""

_FINAL = (400, 401, 403, 404)
"""HTTP statuses that trying again does not mend."""

_CLOSE_S = 1.0
"""Bound on saying goodbye: the caller's line waits for it."""


class VoiceLive:
    """A Voice Live resource, as `VoiceService`."""

    def __init__(
        self,
        endpoint: str,
        credential: AzureKeyCredential | AsyncTokenCredential,
        api_version: str,
    ) -> None:
        self._endpoint = endpoint
        self._credential = credential
        self._api_version = api_version

    @asynccontextmanager
    async def connect(self, flow: Callflow) -> AsyncIterator[VoiceLiveLeg]:
        """Connect and set up a session for `flow`, within five seconds.

        Raises:
            VoiceUnreachable: no connection, or not in time.
            VoiceRefused: the service refused the session.
        """
        target: dict[str, Any] = {"model": flow.model}
        if flow.agent:
            target = {
                "agent_name": flow.agent.name,
                "project_name": flow.agent.project,
                "agent_version": flow.agent.version,
            }
        manager = connect(
            endpoint=self._endpoint,
            credential=self._credential,
            api_version=self._api_version,
            connection_options={"close_timeout": _CLOSE_S, "heartbeat": PING_S},
            **target,
        )
        async with AsyncExitStack() as closing:
            try:
                # Bounded from outside: the SDK drops its own handshake_timeout.
                async with asyncio.timeout(CONNECT_S):
                    connection = await opened(manager.__aenter__())
                    closing.push_async_callback(connection.close)
                    leg = VoiceLiveLeg(connection, flow)
                    await leg.set_up()
            except TimeoutError as error:
                raise VoiceUnreachable(f"no session within {CONNECT_S:g} s") from error
            except (AzureError, OSError) as error:
                if status_of(error) in _FINAL:
                    raise VoiceRefused(_without_url(error)) from error
                raise VoiceUnreachable(_without_url(error)) from error
            yield leg


@asynccontextmanager
async def open_voices(
    endpoint: str, api_key: str | None, api_version: str
) -> AsyncIterator[VoiceLive]:
    """Use the Voice Live resource at `endpoint`, with its key or, without one, as an identity."""
    if api_key:
        yield VoiceLive(endpoint, AzureKeyCredential(api_key), api_version)
    else:
        async with DefaultAzureCredential() as identity:
            yield VoiceLive(endpoint, identity, api_version)


def status_of(error: BaseException | None) -> int | None:
    """HTTP status of the failed handshake that led to `error`, if one did."""
    while error and not hasattr(error, "status"):
        error = error.__cause__
    return getattr(error, "status", None)


def _without_url(error: Exception) -> str:
    """The kind of a failed handshake, and its HTTP status where there is one."""
    kind, status = type(error.__cause__ or error).__name__, status_of(error)
    return f"{kind} {status}" if status else kind
