"""Whoever the doctor meets: servers on loopback that fail in one way each, and certificates."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

T = TypeVar("T")

_MAY_SIGN = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)
"""Without it, Python trusts no authority from 3.13 on."""

_SERVERS, _CLIENTS = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH

RESOURCE_ID = "a3c9f1de-5b0e-4f0f-9d3f-2f5a4a8c7b61"


class CertificateAuthority:
    """Issues certificates; who is to trust them reads `path`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Lab authority")
        certificate = (
            _dated(self._name, self._name, self._key, -1, 365)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_MAY_SIGN, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(
        self,
        address: str = "127.0.0.1",
        *,
        from_days: float = -1,
        to_days: float = 90,
        self_signed: bool = False,
        for_servers: bool = True,
    ) -> ssl.SSLContext:
        """What a server at this address or name shows; good between these days from now.

        It is in `server.pem`, beside `path`.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("Lab server")
        issuer, signer = (name, key) if self_signed else (self._name, self._key)
        certificate = (
            _dated(name, issuer, key, from_days, to_days)
            .add_extension(
                x509.SubjectAlternativeName([_known_as(address)]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .add_extension(
                x509.ExtendedKeyUsage([_SERVERS if for_servers else _CLIENTS]), critical=False
            )
            .sign(signer, SHA256())
        )
        path = self._folder / "server.pem"
        path.write_bytes(
            certificate.public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _known_as(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _dated(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    from_days: float,
    to_days: float,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=from_days))
        .not_valid_after(now + dt.timedelta(days=to_days))
    )


@asynccontextmanager
async def serving(
    answer: Callable[[web.Request], web.StreamResponse], tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Answer every request alike; yields the URL."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """Take connections, and say nothing."""
    writers = []

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in writers:
            writer.transport.abort()


@contextmanager
def beside(make: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Let something run beside this test, in real time, for processes to meet."""
    made, over = Future[T](), Future[None]()

    async def run() -> None:
        async with make() as value:
            made.set_result(value)
            await asyncio.wrap_future(over)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, run())
        running.add_done_callback(
            lambda done: None if made.done() else made.set_exception(done.exception() or OSError())
        )
        try:
            yield made.result(30)
        finally:
            over.set_result(None)
            running.result(30)
