"""Where replicas meet, by the settings."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Meeting:
    """Where the replicas of a service meet, and as what this one comes."""

    url: str = field(repr=False)
    """Of Redis; it may hold a password."""
    service: str
    """A name that no other service has in this Redis: the host by which ACS reaches it."""
    host: str
    port: int
    """Where this process listens."""
