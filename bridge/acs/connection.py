"""Call Automation: what can be done with a call that was answered, through Microsoft's SDK."""

from collections.abc import Mapping

from azure.communication.callautomation import (
    CallConnectionState,
    FileSource,
    PhoneNumberIdentifier,
    RecordingChannel,
    RecordingContent,
    RecordingFormat,
)
from azure.communication.callautomation.aio import CallAutomationClient

from bridge.acs.identifiers import identified, is_number
from bridge.acs.refusals import NotThere, refusals
from bridge.call.legs import PhoneError

_OVER = (CallConnectionState.DISCONNECTING, CallConnectionState.DISCONNECTED)


class Connection:
    """One call. A participant is named by number or by raw identifier.

    Every method raises `PhoneError` when ACS refuses or is not reached, after the SDK's retries;
    where a callback tells how an operation went, it carries the operation's `context`.
    """

    def __init__(self, client: CallAutomationClient, connection_id: str) -> None:
        self._client = client
        self._call = client.get_call_connection(connection_id)

    async def hang_up(self, *, for_everyone: bool = True) -> None:
        """End the call, or leave it. One that is over already is no error."""
        try:
            with refusals():
                await self._call.hang_up(is_for_everyone=for_everyone)
        except NotThere:
            return

    async def lives(self) -> bool:
        """Whether ACS still has the call."""
        try:
            with refusals():
                properties = await self._call.get_call_properties()
        except NotThere:
            return False
        return properties.call_connection_state not in _OVER

    async def has(self, participant: str) -> bool:
        """Whether somebody is in the call, on hold or not.

        All are asked for, not the one: the SDK signs a path with an identifier in it wrongly.
        """
        raw_id = identified(participant).raw_id
        try:
            with refusals():
                async for there in self._call.list_participants():
                    if there.identifier and there.identifier.raw_id.startswith(raw_id):
                        return True
        except NotThere:
            return False
        return False

    async def start_media(self) -> None:
        """Have ACS open another media socket, to the URL it was given first.

        Raises:
            NotThere: the call is over.
        """
        with refusals():
            await self._call.start_media_streaming()

    async def transfer(self, to: str, headers: Mapping[str, str], context: str) -> None:
        """Ask for the caller to be connected with `to`.

        A telephone gets the headers as SIP headers, a user of ACS or Teams as VoIP headers.
        """
        with refusals():
            await self._call.transfer_call_to_participant(
                identified(to),
                operation_context=context,
                sip_headers=headers if is_number(to) else None,
                voip_headers=None if is_number(to) else headers,
            )

    async def invite(
        self, to: str, headers: Mapping[str, str], context: str, *, from_number: str, rings_s: int
    ) -> str:
        """Ask for `to` to join the call; returns the invitation's id.

        A telephone has to be shown a number of ours, `from_number`.
        """
        if is_number(to) and not is_number(from_number):
            raise PhoneError("the line has no number to call a telephone from")
        shown = PhoneNumberIdentifier(from_number) if is_number(to) else None
        with refusals():
            invited = await self._call.add_participant(
                identified(to),
                invitation_timeout=rings_s,
                operation_context=context,
                source_caller_id_number=shown,
                sip_headers=headers if is_number(to) else None,
                voip_headers=None if is_number(to) else headers,
            )
        return str(invited.invitation_id)

    async def cancel_invitation(self, invitation_id: str) -> None:
        """Have a telephone ring no longer."""
        with refusals():
            await self._call.cancel_add_participant_operation(invitation_id)

    async def remove(self, participant: str, context: str) -> None:
        """Ask for a participant to be taken out of the call."""
        with refusals():
            await self._call.remove_participant(identified(participant), operation_context=context)

    async def hold(self, participant: str, sound_url: str) -> None:
        """Let a participant hear nothing but a sound."""
        with refusals():
            await self._call.hold(identified(participant), play_source=FileSource(url=sound_url))

    async def unhold(self, participant: str) -> None:
        """Let a participant hear and be heard again."""
        with refusals():
            await self._call.unhold(identified(participant))

    async def watch_keys(self, participant: str, context: str) -> None:
        """Have a callback sent for each key that a participant presses, until the call ends."""
        with refusals():
            await self._call.start_continuous_dtmf_recognition(
                identified(participant), operation_context=context
            )

    async def start_recording(self) -> str:
        """Record the call until it ends; returns the recording's id.

        One file of all that was said, uncompressed: separate channels would say no more of a call
        of two, and what is left out by a pause is left out of both. The call is named by its
        server call id, which any process can ask for.
        """
        with refusals():
            properties = await self._call.get_call_properties()
            recording = await self._client.start_recording(
                server_call_id=str(properties.server_call_id),
                recording_content_type=RecordingContent.AUDIO,
                recording_channel_type=RecordingChannel.MIXED,
                recording_format_type=RecordingFormat.WAV,
            )
        return str(recording.recording_id)

    async def pause_recording(self, recording_id: str) -> None:
        """Leave out what comes now."""
        with refusals():
            await self._client.pause_recording(recording_id)

    async def resume_recording(self, recording_id: str) -> None:
        """Record on."""
        with refusals():
            await self._client.resume_recording(recording_id)
