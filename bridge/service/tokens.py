"""Tokens in the URLs given to ACS, and in operators' cookies: sealed, for any replica to open.

A token is encrypted and signed (Fernet), because URLs end up in the logs of proxies and the token
holds telephone numbers. It opens for one purpose only, and for a limited time.
"""

from base64 import urlsafe_b64encode
from enum import StrEnum
from hashlib import sha256

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bridge.flow.call import Call


class Purpose(StrEnum):
    """Which door a token opens."""

    MEDIA = "media"
    CALLBACKS = "callbacks"
    SOUNDS = "sounds"
    CONSOLE = "console"
    REPLICAS = "replicas"
    """None: it hides from Redis what replicas tell each other."""
    ERRANDS = "errands"
    """One door of one replica, once another has let an operator in."""


LIFETIME_S = {
    **dict.fromkeys(Purpose, 24 * 3600),
    Purpose.CONSOLE: 8 * 3600,
    Purpose.ERRANDS: 30,
}
"""Callbacks come until the end of a call, and so do media sockets: one that broke is opened again,
by the URL of the first. An operator signs in for a day's work. Replicas' clocks may differ by half
a minute."""

FIRST_MEDIA_S = 300
"""How old a token may be that brings the first media socket of a call; ACS opened it 1 s after the
answer on real calls."""


class BadToken(Exception):
    """Forged, expired, or made for another door."""


class Tokens:
    """Seals tokens under a secret, and opens those sealed under it or an earlier one."""

    def __init__(self, secret: str, *earlier: str) -> None:
        self._seals = {
            purpose: MultiFernet([_seal(purpose, each) for each in (secret, *earlier)])
            for purpose in Purpose
        }

    def seal(self, purpose: Purpose, call: Call) -> str:
        """Make a token that is good for the purpose and its lifetime."""
        return self._seal(purpose, [call.id, call.caller, call.dialled, call.correlation_id])

    def open(self, purpose: Purpose, token: str) -> Call:
        """The call that a token is about.

        Raises:
            BadToken: it was not sealed by this service for this purpose, or too long ago.
        """
        call_id, caller, dialled, correlation_id = self._open(purpose, token, LIFETIME_S[purpose])
        return Call(call_id, caller, dialled, correlation_id)

    def is_fresh(self, token: str) -> bool:
        """Whether a token may bring the first media of a call."""
        try:
            self._open(Purpose.MEDIA, token, FIRST_MEDIA_S)
        except BadToken:
            return False
        return True

    def seal_sound(self, file: str) -> str:
        """Make a token that lets ACS have one sound of the flows."""
        return self._seal(Purpose.SOUNDS, [file])

    def open_sound(self, token: str) -> str:
        """The file that a token is about.

        Raises:
            BadToken: it was not sealed by this service for a sound, or too long ago.
        """
        (file,) = self._open(Purpose.SOUNDS, token, LIFETIME_S[Purpose.SOUNDS])
        return file

    def seal_session(self, name: str, role: int, stamp: str) -> str:
        """Make a token that lets an operator look at the console under this name.

        It is good for as long as `stamp` stands for what opens the door.
        """
        return self._seal(Purpose.CONSOLE, [name, str(int(role)), stamp])

    def open_session(self, token: str, stamp: str) -> tuple[str, int]:
        """The name and the role that a token is about.

        Raises:
            BadToken: it was not sealed by this service for the console, or too long ago, or under
                another stamp.
        """
        name, role, was = self._open(Purpose.CONSOLE, token, LIFETIME_S[Purpose.CONSOLE])
        if was != stamp:
            raise BadToken
        return name, int(role)

    def seal_errand(self, to: str, deed: str, body: str, name: str, role: int) -> str:
        """Make a token by which the replica `to` does one deed for the operator of this name.

        `body` stands for what is sent with it.
        """
        return self._seal(Purpose.ERRANDS, [to, deed, body, name, str(int(role))])

    def open_errand(self, token: str, to: str, deed: str) -> tuple[str, str, int]:
        """What stands for the body, and name and role of the operator for whom another asks.

        Raises:
            BadToken: it was not sealed by this service, or too long ago, or for another replica or
                deed.
        """
        was_to, was_deed, body, name, role = self._open(
            Purpose.ERRANDS, token, LIFETIME_S[Purpose.ERRANDS]
        )
        if (was_to, was_deed) != (to, deed):
            raise BadToken
        return body, name, int(role)

    def seal_note(self, text: str) -> str:
        """Make a note that replicas of this service alone can read."""
        return self._seal(Purpose.REPLICAS, [text])

    def open_note(self, note: str) -> str:
        """What a note says, however old it is.

        Raises:
            BadToken: it was not sealed by this service.
        """
        (text,) = self._open(Purpose.REPLICAS, note, None)
        return text

    def _seal(self, purpose: Purpose, content: list[str]) -> str:
        return self._seals[purpose].encrypt(orjson.dumps(content)).decode()

    def _open(self, purpose: Purpose, token: str, lifetime_s: int | None) -> list[str]:
        try:
            sealed = self._seals[purpose].decrypt(token.encode(), ttl=lifetime_s)
        except (InvalidToken, UnicodeEncodeError) as error:  # aiohttp has bytes as surrogates
            raise BadToken from error
        content: list[str] = orjson.loads(sealed)
        return content


def _seal(purpose: Purpose, secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(f"{purpose}:{secret}".encode()).digest()))
