"""Whether a host has a name, listens and shows a good certificate; and what time it has."""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

from bridge.doctor.finding import PATIENCE_S, Finding, ok, problem, warning

START_IT = (
    "Start the service first; if it runs, ask from outside: not every network lets a machine reach "
    "itself by its public name."
)

_SOON_S = 14 * 86_400
"""A certificate that expires within this is doubtful: what renews them does so earlier."""

_SELF_SIGNED = ("is self-signed", "Get one from a public authority; Azure takes no other.")
_OTHER_NAME = ("is for another name", "Get one for this name.")
_WHOLE_CHAIN = "Have the server send the whole chain, or get one from a public authority."
_UNKNOWN = ("is of an authority that is not known here", _WHOLE_CHAIN)

_CERTIFICATE: Mapping[int, tuple[str, str]] = {
    9: ("is not valid yet", "Set this machine's clock, or wait."),
    10: ("has expired", "Renew it."),
    18: _SELF_SIGNED,
    19: _SELF_SIGNED,  # and sent with others
    20: _UNKNOWN,
    21: _UNKNOWN,  # and sent alone
    62: _OTHER_NAME,
    64: _OTHER_NAME,  # or another address
}
"""By OpenSSL's codes (X509_V_ERR_…): what is amiss, and what mends it."""


@dataclass(frozen=True)
class Host:
    """Somebody on the other side, and by which setting they are known."""

    setting: str
    url: str
    owner: Literal["azure", "operator", "service"] = "azure"
    """Whose it is: Azure's, the operator's, or this very service's, which may not be running."""

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken."""
        return urlsplit(self.url).scheme == "https"

    @property
    def address(self) -> tuple[str, int]:
        """Name and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if self.is_secure else 80)


@dataclass(frozen=True)
class Reached:
    """What came of it."""

    host: Host
    finding: Finding
    is_there: bool
    """Whether there is any use in asking it for more."""
    ahead_s: float | None = None
    """By how much this machine's clock is ahead of the host's; None if it does not say."""


async def reach(host: Host) -> Reached:
    """Connect, and see who is there; no more is sent than `HEAD /`, and to Azure only."""
    name, port = host.address
    there, setting = f"{name}:{port}", host.setting

    def fails(says: str, remedy: str, *, may_be_off: bool = False) -> Reached:
        says = f"{there} {says}."
        if may_be_off and host.owner == "service":
            return Reached(host, warning(setting, says, START_IT), is_there=False)
        return Reached(host, problem(setting, says, remedy), is_there=False)

    tls = ssl.create_default_context() if host.is_secure else None
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(name, port, ssl=tls)
    except TimeoutError:
        return fails(
            f"does not answer within {PATIENCE_S:g} s",
            "Open the way from here to it: a firewall in between drops what is sent.",
            may_be_off=True,
        )
    except socket.gaierror:
        return fails("has no such name in DNS", f"Correct {setting}, or this machine's DNS.")
    except ssl.SSLCertVerificationError as error:
        strange = (f"is not accepted ({error.verify_message})", _WHOLE_CHAIN)
        says, remedy = _CERTIFICATE.get(error.verify_code, strange)
        if host.owner == "azure":
            remedy = f"Correct {setting}, or have what stands between let {name} pass unopened."
        return fails(f"shows a certificate that {says}", remedy)
    except ssl.SSLError:
        return fails("does not speak TLS", f"Correct the port in {setting}, or its https://.")
    except OSError as error:
        return fails(
            f"lets nobody connect ({type(error).__name__})",
            f"See that it runs and that there is a way to it, or correct {setting}.",
            may_be_off=True,
        )
    try:
        finding = _certificate(host, writer) if tls else ok(setting, f"{there} is reached.")
        ahead_s = await _ahead_s(name, reader, writer) if host.owner == "azure" else None
    finally:
        writer.transport.abort()
    return Reached(host, finding, is_there=True, ahead_s=ahead_s)


def _certificate(host: Host, writer: asyncio.StreamWriter) -> Finding:
    there = ":".join(map(str, host.address))
    ends_s = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    ends = time.strftime("%Y-%m-%d", time.gmtime(ends_s))
    if host.owner != "azure" and ends_s - time.time() < _SOON_S:
        return warning(
            host.setting,
            f"{there} is reached, and its certificate expires on {ends}.",
            "Renew it, and see why that did not happen by itself.",
        )
    return ok(host.setting, f"{there} is reached, with a good certificate.")


async def _ahead_s(
    name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> float | None:
    """Ask for the time; whatever else is answered says nothing about it."""
    writer.write(f"HEAD / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    with suppress(TimeoutError, OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        async with asyncio.timeout(PATIENCE_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        now = time.time()
        for line in head.split("\r\n"):
            field, _, value = line.partition(":")
            if field.lower() == "date":
                return now - parsedate_to_datetime(value.strip()).timestamp()
    return None
