"""Call Automation: taking and placing calls, through Microsoft's SDK."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from uuid import uuid4

from azure.communication.callautomation import (
    AudioFormat,
    MediaStreamingAudioChannelType,
    MediaStreamingContentType,
    MediaStreamingOptions,
    PhoneNumberIdentifier,
    StreamingTransportType,
)
from azure.communication.callautomation.aio import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.identity.aio import DefaultAzureCredential

from bridge.acs.connection import Connection
from bridge.acs.identifiers import identified
from bridge.acs.refusals import code_of, refusals

_FORMATS = {16_000: AudioFormat.PCM16_K_MONO, 24_000: AudioFormat.PCM24_K_MONO}


class RejectReason(StrEnum):
    """What the caller's side is told."""

    BUSY = "busy"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Answer:
    """What ACS said when it was asked for a call that never was."""

    status: int
    """HTTP's."""
    code: str
    """ACS's own; empty where it gave none."""

    @property
    def knows_us(self) -> bool:
        """Whether ACS looked for the call, which it does for nobody whom it does not know.

        Its codes about calls begin with 85: 8522 is that there is none (Microsoft's page on
        troubleshooting Call Automation).
        """
        return self.code.startswith("85")


class Calls:
    """The calls of one ACS resource.

    Every method raises `PhoneError` when ACS refuses or is not reached, after the SDK's retries.
    """

    def __init__(self, client: CallAutomationClient) -> None:
        self._client = client

    def connection(self, connection_id: str) -> Connection:
        """One call that was answered or placed."""
        return Connection(self._client, connection_id)

    async def answer(self, context: str, *, callback_url: str, media_url: str, rate_hz: int) -> str:
        """Answer a ringing call, with media streamed both ways; returns its connection id."""
        with refusals():
            answered = await self._client.answer_call(
                context, callback_url, media_streaming=_both_ways(media_url, rate_hz)
            )
        return str(answered.call_connection_id)

    async def create(
        self, to: str, from_number: str, *, callback_url: str, media_url: str, rate_hz: int
    ) -> str:
        """Call somebody, with media streamed both ways once answered; returns the connection id.

        Whether `to` answers comes as a callback: `CallConnected` or `CreateCallFailed`. A telephone
        shows `from_number`, one of the resource's own; by default ACS places two calls from a
        number at once (Microsoft's service limits).
        """
        with refusals():
            created = await self._client.create_call(
                identified(to),
                callback_url,
                source_caller_id_number=PhoneNumberIdentifier(from_number),
                media_streaming=_both_ways(media_url, rate_hz),
            )
        return str(created.call_connection_id)

    async def reject(self, context: str, reason: RejectReason = RejectReason.FORBIDDEN) -> None:
        """Refuse a ringing call; unless told otherwise because nobody here has this number."""
        with refusals():
            await self._client.reject_call(context, call_reject_reason=reason.value)

    async def knock(self) -> Answer:
        """Ask once for a call that never was, which changes nothing: does ACS know us?"""
        nobody = self._client.get_call_connection(str(uuid4()))
        with refusals():
            try:
                await nobody.get_call_properties(retry_total=0)
            except HttpResponseError as error:
                if error.status_code is None:
                    raise  # ACS was not asked
                return Answer(error.status_code, code_of(error))
        return Answer(HTTPStatus.OK, "")

    async def redirect(self, context: str, to: str) -> None:
        """Have somebody else's telephone ring in place of ours; no callback tells how that went."""
        with refusals():
            await self._client.redirect_call(context, identified(to))


def _both_ways(media_url: str, rate_hz: int) -> MediaStreamingOptions:
    return MediaStreamingOptions(
        transport_url=media_url,
        transport_type=StreamingTransportType.WEBSOCKET,
        content_type=MediaStreamingContentType.AUDIO,
        audio_channel_type=MediaStreamingAudioChannelType.MIXED,
        start_media_streaming=True,
        enable_bidirectional=True,
        audio_format=_FORMATS[rate_hz],
        enable_dtmf_tones=True,
    )


@asynccontextmanager
async def open_calls(endpoint: str, access_key: str | None) -> AsyncIterator[Calls]:
    """Connect to the ACS resource at `endpoint`, with its key or, without one, as an identity."""
    if access_key:
        async with CallAutomationClient(endpoint, AzureKeyCredential(access_key)) as client:
            yield Calls(client)
    else:
        async with (
            DefaultAzureCredential() as identity,
            CallAutomationClient(endpoint, identity) as client,
        ):
            yield Calls(client)
