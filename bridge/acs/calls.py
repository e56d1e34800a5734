"""Call Automation: answering, rejecting, hanging up and transferring, through Microsoft's SDK."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus

from azure.communication.callautomation import (
    AudioFormat,
    CallRejectReason,
    MediaStreamingAudioChannelType,
    MediaStreamingContentType,
    MediaStreamingOptions,
    PhoneNumberIdentifier,
    StreamingTransportType,
)
from azure.communication.callautomation.aio import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity.aio import DefaultAzureCredential

from bridge.call.legs import PhoneError

_FORMATS = {16_000: AudioFormat.PCM16_K_MONO, 24_000: AudioFormat.PCM24_K_MONO}


class Calls:
    """The calls of one ACS resource.

    Every method raises `PhoneError` when ACS refuses or is not reached, after the SDK's retries.
    """

    def __init__(self, client: CallAutomationClient) -> None:
        self._client = client

    async def answer(self, context: str, *, callback_url: str, media_url: str, rate_hz: int) -> str:
        """Answer a ringing call, with media streamed both ways; returns its connection id."""
        media = MediaStreamingOptions(
            transport_url=media_url,
            transport_type=StreamingTransportType.WEBSOCKET,
            content_type=MediaStreamingContentType.AUDIO,
            audio_channel_type=MediaStreamingAudioChannelType.MIXED,
            start_media_streaming=True,
            enable_bidirectional=True,
            audio_format=_FORMATS[rate_hz],
        )
        with _refusals():
            answered = await self._client.answer_call(context, callback_url, media_streaming=media)
        return str(answered.call_connection_id)

    async def reject(self, context: str) -> None:
        """Refuse a ringing call, as forbidden: nobody here has this number."""
        with _refusals():
            await self._client.reject_call(context, call_reject_reason=CallRejectReason.FORBIDDEN)

    async def hang_up(self, connection_id: str) -> None:
        """End the call for everyone. A call that is over already (404, code 8522) is no error."""
        with _refusals():
            try:
                await self._client.get_call_connection(connection_id).hang_up(is_for_everyone=True)
            except HttpResponseError as error:
                if error.status_code != HTTPStatus.NOT_FOUND:
                    raise

    async def transfer(self, connection_id: str, to: str) -> None:
        """Ask ACS to connect the caller to `to`; how that went comes as a callback."""
        with _refusals():
            await self._client.get_call_connection(connection_id).transfer_call_to_participant(
                PhoneNumberIdentifier(to)
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


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn the SDK's errors into ours, with the service's code and without its prose."""
    try:
        yield
    except HttpResponseError as error:
        code = error.error.code if error.error else ""
        raise PhoneError(f"ACS answered {error.status_code} {code}".rstrip()) from error
    except AzureError as error:
        raise PhoneError(f"ACS was not reached: {type(error).__name__}") from error
