"""Where a bridge reaches both clouds, what it has to be told, and why it trusts them."""

import base64
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from uuid import NAMESPACE_OID, uuid4, uuid5

from aiohttp import web

from bridge.lab.doors import Door
from bridge.lab.identity import HEADER, PATH, hand_out
from bridge.lab.serve.certificate import make_chain
from bridge.lab.signing import Authority
from bridge.service.setting_types import LOOPBACK

ACCESS_KEY = base64.b64encode(b"bench").decode()
"""Opens nothing: nobody is asked for it."""

_RESOURCE_ID = str(uuid5(NAMESPACE_OID, ACCESS_KEY))
_TOKEN_S = 3600.0
"""Longer than a call; callbacks and media are proved by the same."""


class NoCertificate(Exception):
    """A file is no certificate with its key."""


@dataclass(frozen=True)
class Site:
    """A place for both clouds."""

    at: str = "127.0.0.1"
    """Name or address by which the bridge reaches this machine."""
    port: int = 0
    """Of Azure Communication Services; that of Voice Live is the next. 0 stands for any two."""
    tls: ssl.SSLContext | None = None
    authority: Authority | None = None
    """Signs for Azure Communication Services; without, nothing is proved."""

    @property
    def doors(self) -> tuple[Door, Door]:
        """Where both listen: on loopback, or on all addresses of this machine."""
        host, second = _listens(self.at), self.port and self.port + 1
        return Door(host, self.port, self.tls), Door(host, second, self.tls)

    def url(self, port: int) -> str:
        """What is at a port, as the bridge says it."""
        host = f"[{self.at}]" if ":" in self.at else self.at
        return f"{'https' if self.tls else 'http'}://{host}:{port}"

    def proof(self) -> Mapping[str, str]:
        """A header as ACS sends it to the bridge."""
        if not self.authority:
            return {}
        token = self.authority.sign(_TOKEN_S, aud=_RESOURCE_ID)
        return {"Authorization": f"Bearer {token}"}

    def serve(self, router: web.UrlDispatcher) -> None:
        """Answer whoever checks that, and whoever wants an identity."""
        if self.authority:
            self.authority.serve(router)
            router.add_get(PATH, hand_out)

    @property
    def settings(self) -> Mapping[str, str]:
        """What a bridge has to be started with, beside what it has; empty is not set."""
        acs, voices = self.url(self.port), self.url(self.port + 1)
        return {
            "ACS_ENDPOINT": acs,
            "ACS_ACCESS_KEY": ACCESS_KEY,
            "ACS_CONNECTION_STRING": "",
            "ACS_RESOURCE_ID": _RESOURCE_ID,
            "ACS_OPENID_CONFIG_URL": self.authority.configuration_url if self.authority else "",
            "VOICELIVE_ENDPOINT": voices,
            "VOICELIVE_API_KEY": "",
            "IDENTITY_ENDPOINT": f"{acs}{PATH}",
            "IDENTITY_HEADER": HEADER,
            "INTERLUDE_SESSIONS_A_MINUTE": "0",
        }


def make_site(at: str, port: int, folder: Path) -> Site:
    """A site where everything is proved; https, unless the bridge is on this machine's loopback.

    The certificate for `at` and its key are in `folder`, as `bench-….pem`, made where they are not;
    that of the authority that has signed it then, which the bridge is to trust, is beside them.

    Raises:
        NoCertificate: the file has something else.
        OSError: a file cannot be read or written.
    """
    authority = Authority("/calling/.well-known/acsopenidconfiguration", "/calling/keys")
    authority.names[:] = [uuid4().hex]  # a bridge that knew the keys of an earlier run asks again
    plain = Site(at, port, authority=authority)
    whole = plain if at in LOOPBACK else replace(plain, tls=_tls(at, folder))
    authority.at(whole.url(port))
    whole.proof()  # makes the key, which takes a tenth of a second
    return whole


def authority_file(at: str) -> str:
    """The name of the file with the certificate to trust."""
    return f"bench-{at.replace(':', '-')}-ca.pem"


def address_toward(url: str) -> str:
    """This machine's address in the network that leads to a URL; nothing is sent.

    Raises:
        OSError: nothing leads there.
    """
    there = urlsplit(url)
    found = socket.getaddrinfo(there.hostname, there.port or 443, type=socket.SOCK_DGRAM)
    family, kind, _, _, address = found[0]
    with socket.socket(family, kind) as way:
        way.connect(address)
        return str(way.getsockname()[0])


def _tls(at: str, folder: Path) -> ssl.SSLContext:
    authority = folder / authority_file(at)
    chain = authority.with_name(authority.name.replace("-ca.pem", ".pem"))
    if not chain.exists():
        chain_pem, authority_pem = make_chain([at])
        authority.write_bytes(authority_pem)
        chain.touch(mode=0o600)
        chain.write_bytes(chain_pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(chain)
    except ssl.SSLError as problem:
        raise NoCertificate(
            f"{chain} is no certificate with its key, in PEM: put one there, or take it away, and "
            "one is made."
        ) from problem
    return context


def _listens(at: str) -> str:
    """The address to listen on to be reached by a name."""
    if at == "localhost":
        return "127.0.0.1"
    try:
        address = ip_address(at)
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - whichever has the name
    if address.is_loopback:
        return at
    return "::" if address.version == 6 else "0.0.0.0"  # noqa: PLR2004, S104 - IPv6; a NAT's name
