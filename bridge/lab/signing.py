"""An authority that signs tokens, as Azure's do: RS256, with its keys and OpenID configuration."""

import base64
import time
from functools import cache
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

Json = dict[str, Any]


@cache
def private_key(_name: str) -> RSAPrivateKey:
    """Return a key of this process: making one takes a tenth of a second."""
    return generate_private_key(public_exponent=65_537, key_size=2048)


class Authority:
    """Signs claims under the newest of its keys; a server for the others to know them by."""

    def __init__(self, configuration_path: str, keys_path: str) -> None:
        self.issuer = ""
        """Its name, as in its configuration; the URL that `serve` was given, if nothing else."""
        self.names = ["lab"]
        """Of its keys, the newest last."""
        self.fetched = 0
        """How often its keys were asked for."""
        self.is_ill = False
        """It answers 503."""
        self._configuration_path, self._keys_path = configuration_path, keys_path
        self._url = ""

    def serve(self, router: web.UrlDispatcher) -> None:
        """Answer where the configuration and the keys are."""
        router.add_get(self._configuration_path, self._configuration)
        router.add_get(self._keys_path, self._keys)

    def at(self, url: str) -> None:
        """Be reached at this URL from now on."""
        self._url = url
        self.issuer = self.issuer or url

    @property
    def configuration_url(self) -> str:
        """Where its configuration is."""
        return f"{self._url}{self._configuration_path}"

    def sign(self, lasts_s: float, **claims: Any) -> str:
        """Return a token that is good for so long from now."""
        now = int(time.time())
        return self.token(
            {"alg": "RS256", "typ": "JWT", "kid": self.names[-1]},
            {"iss": self.issuer, "iat": now, "nbf": now, "exp": now + int(lasts_s), **claims},
        )

    def token(self, header: Json, claims: Json) -> str:
        """Return a token of any header and claims, with a good signature."""
        signed = f"{_encoded(orjson.dumps(header))}.{_encoded(orjson.dumps(claims))}"
        signature = private_key(self.names[-1]).sign(signed.encode(), PKCS1v15(), SHA256())
        return f"{signed}.{_encoded(signature)}"

    async def _configuration(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "jwks_uri": f"{self._url}{self._keys_path}",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        self.fetched += 1
        if self.is_ill:
            raise web.HTTPServiceUnavailable
        return web.json_response({"keys": [_public(name) for name in self.names]})


def _public(name: str) -> Json:
    numbers = private_key(name).public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": name,
        "x5t": uuid4().hex,
        "n": _encoded(numbers.n.to_bytes(256, "big")),
        "e": _encoded(numbers.e.to_bytes(3, "big")),
    }


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
