"""Tokens that Azure's services and operators bring: JWTs, signed by an authority."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import jwt

from bridge.service.authority import Authority, NoKeys, UnknownKey

LEEWAY_S = 60
"""By so much the clocks of the authority and of this machine may differ."""


class Why(StrEnum):
    """Why somebody is not let in; the log and /metrics say no more."""

    NOTHING_SHOWN = "nothing shown"
    WRONG_KEY = "wrong key"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"
    SIGNATURE = "signature"
    EXPIRED = "expired"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    APPLICATION = "application"
    ROLE = "role"
    SUBSCRIPTION = "subscription"
    NO_AUTHORITY = "no authority"


class Refused(Exception):
    """Somebody is not let in."""

    def __init__(self, why: Why) -> None:
        super().__init__(str(why))
        self.why = why


_WHY: dict[type[jwt.PyJWTError], Why] = {
    jwt.ExpiredSignatureError: Why.EXPIRED,
    jwt.ImmatureSignatureError: Why.EXPIRED,
    jwt.InvalidIssuerError: Why.ISSUER,
    jwt.InvalidAudienceError: Why.AUDIENCE,
    jwt.InvalidSignatureError: Why.SIGNATURE,
}


class Bearers:
    """Checks the bearer tokens that one authority signs for one audience, with RS256."""

    def __init__(self, authority: Authority, audience: str) -> None:
        self._authority = authority
        self._audience = audience

    async def claims(self, authorization: str) -> Mapping[str, Any]:
        """What the token in an `Authorization` header claims, once it is proved.

        Raises:
            Refused: nothing is proved.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(Why.NOTHING_SHOWN)
        try:
            key = await self._authority.key(_key_id(token))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._authority.issuers,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud"]},
            )
        except NoKeys as error:
            raise Refused(Why.NO_AUTHORITY) from error
        except UnknownKey as error:
            raise Refused(Why.UNKNOWN_KEY) from error
        except jwt.PyJWTError as error:
            raise Refused(_WHY.get(type(error), Why.MALFORMED)) from error
        return claims


def _key_id(token: str) -> str:
    header = jwt.get_unverified_header(token)
    if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
        raise Refused(Why.MALFORMED)
    return str(header["kid"])
