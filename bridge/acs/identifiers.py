"""Who takes part in a call, as the SDK wants it named."""

from azure.communication.callautomation import (
    CommunicationCloudEnvironment,
    CommunicationIdentifier,
    CommunicationUserIdentifier,
    MicrosoftTeamsAppIdentifier,
    MicrosoftTeamsUserIdentifier,
    PhoneNumberIdentifier,
    TeamsExtensionUserIdentifier,
    UnknownIdentifier,
)

_TEAMS_CLOUDS = {
    "orgid": CommunicationCloudEnvironment.PUBLIC,
    "dod": CommunicationCloudEnvironment.DOD,
    "gcch": CommunicationCloudEnvironment.GCCH,
}


def identified(address: str) -> CommunicationIdentifier:
    """A telephone number in E.164 form, or a raw identifier such as `8:orgid:…` or `8:acs:…`.

    The SDK reads raw identifiers the same way, in a function that it does not export.
    """
    match address.split(":"):
        case [number]:
            return PhoneNumberIdentifier(number)
        case ["8", ("orgid" | "dod" | "gcch") as cloud, user]:
            return MicrosoftTeamsUserIdentifier(user, cloud=_TEAMS_CLOUDS[cloud])
        case ["28", "orgid", app]:
            return MicrosoftTeamsAppIdentifier(app)
        case ["8", "acs", user]:
            return _acs_user(address, user.split("_"))
    return UnknownIdentifier(address)


def is_number(address: str) -> bool:
    """Whether it is reached over the telephone network."""
    return ":" not in address


def _acs_user(address: str, parts: list[str]) -> CommunicationIdentifier:
    """One of three parts is a Teams user behind a number of Teams Phone."""
    if len(parts) != len(("resource", "tenant", "user")):
        return CommunicationUserIdentifier(address)
    resource, tenant, user = parts
    return TeamsExtensionUserIdentifier(user_id=user, tenant_id=tenant, resource_id=resource)
