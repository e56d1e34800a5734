"""A host that is not reached is not reached for one reason, and the doctor knows which."""

import asyncio
import socket
import time
from email.utils import formatdate
from typing import Any, Literal

import pytest
from aiohttp import web

from bridge.doctor.clock import check_clock
from bridge.doctor.hosts import START_IT, Host, Reached, reach
from tests.doctor.servers import CertificateAuthority, serving, silent

Owner = Literal["azure", "operator", "service"]
SETTING = "VOICELIVE_ENDPOINT"


def fine(_: web.Request) -> web.Response:
    return web.Response()


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"127.0.0.1:{closed.getsockname()[1]}"


def told(reached: Reached) -> tuple[str, str, str]:
    finding = reached.finding
    return finding.verdict, finding.says.partition(" ")[2], finding.remedy


async def test_a_name_that_dns_does_not_know() -> None:
    assert told(await reach(Host(SETTING, "https://nowhere.invalid"))) == (
        "problem",
        "has no such name in DNS.",
        "Correct VOICELIVE_ENDPOINT, or this machine's DNS.",
    )


async def test_a_port_at_which_nobody_listens() -> None:
    reached = await reach(Host(SETTING, f"https://{nobody()}"))
    assert told(reached) == (
        "problem",
        "lets nobody connect (ConnectionRefusedError).",
        "See that it runs and that there is a way to it, or correct VOICELIVE_ENDPOINT.",
    )
    assert not reached.is_there


async def test_a_host_that_says_nothing_is_waited_for_five_seconds() -> None:
    began_s = asyncio.get_running_loop().time()
    async with silent() as there:
        reached = await reach(Host(SETTING, f"https://{there}"))
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(5, abs=0.1)
    assert told(reached)[:2] == ("problem", "does not answer within 5 s.")


async def test_a_port_of_something_else() -> None:
    async with serving(fine) as url:
        reached = await reach(Host(SETTING, url.replace("http", "https")))
    assert told(reached) == (
        "problem",
        "does not speak TLS.",
        "Correct the port in VOICELIVE_ENDPOINT, or its https://.",
    )


async def test_the_service_itself_may_not_be_running() -> None:
    reached = await reach(Host("INTERLUDE_PUBLIC_URL", f"http://{nobody()}", "service"))
    assert (reached.finding.verdict, reached.finding.remedy) == ("warning", START_IT)
    assert not reached.is_there


@pytest.mark.parametrize(
    ("wrong", "says", "remedy"),
    [
        ({"to_days": -0.5}, "has expired", "Renew it."),
        (
            {"from_days": 1},
            "is not valid yet",
            "Set this machine's clock, or wait.",
        ),
        (
            {"self_signed": True},
            "is self-signed",
            "Get one from a public authority; Azure takes no other.",
        ),
        ({"address": "127.0.0.2"}, "is for another name", "Get one for this name."),
    ],
    ids=str,
)
@pytest.mark.parametrize("owner", ["azure", "operator", "service"])
async def test_a_certificate_that_is_not_good(
    authority: CertificateAuthority, owner: Owner, wrong: dict[str, Any], says: str, remedy: str
) -> None:
    async with serving(fine, authority.issue(**wrong)) as url:
        reached = await reach(Host(SETTING, url, owner))
    if owner == "azure":
        remedy = (
            "Correct VOICELIVE_ENDPOINT, or have what stands between let 127.0.0.1 pass unopened."
        )
    assert told(reached) == ("problem", f"shows a certificate that {says}.", remedy)
    assert not reached.is_there


async def test_a_certificate_of_an_unknown_authority(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with serving(fine, authority.issue()) as url:
        reached = await reach(Host(SETTING, url, "operator"))
    assert told(reached)[1] == "shows a certificate that is of an authority that is not known here."
    assert "whole chain" in told(reached)[2]


async def test_a_certificate_that_openssl_refuses_for_another_reason(
    authority: CertificateAuthority,
) -> None:
    async with serving(fine, authority.issue(for_servers=False)) as url:
        _, says, remedy = told(await reach(Host(SETTING, url, "operator")))
    assert says.startswith("shows a certificate that is not accepted (uns")
    assert "certificate purpose" in says
    assert "whole chain" in remedy


async def test_a_certificate_that_ends_within_two_weeks(authority: CertificateAuthority) -> None:
    async with serving(fine, authority.issue(to_days=13.5)) as url:
        own = await reach(Host(SETTING, url, "service"))
        azures = await reach(Host(SETTING, url))
    ends = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 13.5 * 86_400))
    verdict, says, remedy = told(own)
    assert (verdict, says) == ("warning", f"is reached, and its certificate expires on {ends}.")
    assert remedy == "Renew it, and see why that did not happen by itself."
    assert own.is_there
    assert azures.finding.verdict == "ok", "Azure renews its own"


async def test_a_host_that_is_well(authority: CertificateAuthority) -> None:
    asked: list[str] = []

    def notes(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.path}")
        return web.Response(status=404)

    async with serving(notes, authority.issue(to_days=14.5)) as url:
        reached = await reach(Host(SETTING, url))
        assert told(reached) == ("ok", "is reached, with a good certificate.", "")
        assert reached.is_there
        assert asked == ["HEAD /"]
        await reach(Host("INTERLUDE_WEBHOOK_URL", f"{url}/calls", "operator"))
    assert asked == ["HEAD /"], "a server of the operator's is asked for nothing"


@pytest.mark.parametrize(
    ("ahead_s", "verdict", "says"),
    [
        (0, "ok", "within 30 s of that of 127.0.0.1."),
        (45, "warning", "s ahead of that of 127.0.0.1; at 60 s, tokens are refused."),
        (-45, "warning", "s behind that of 127.0.0.1; at 60 s, tokens are refused."),
        (90, "problem", "s ahead of that of 127.0.0.1: tokens and signatures are refused."),
        (-90, "problem", "s behind that of 127.0.0.1: tokens and signatures are refused."),
    ],
)
async def test_a_clock_that_is_wrong(ahead_s: int, verdict: str, says: str) -> None:
    def dated(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": formatdate(time.time() - ahead_s, usegmt=True)})

    async with serving(dated) as wrong, serving(fine) as right:
        found = check_clock([await reach(Host(SETTING, url)) for url in (right, wrong)])
    assert (found.name, found.verdict) == ("clock", verdict)
    assert found.says.endswith(says)


@pytest.mark.parametrize("date", ["", "yesterday"])
async def test_a_host_that_does_not_know_what_time_it_is(date: str) -> None:
    async with serving(lambda _: web.Response(headers={"Date": date})) as url:
        reached = await reach(Host(SETTING, url))
    assert reached.is_there
    assert check_clock([reached]).verdict == "skipped"


async def test_a_host_that_hangs_up_on_http_is_reached_all_the_same() -> None:
    async def hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hangs_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reached = await reach(Host(SETTING, f"http://127.0.0.1:{port}"))
    assert (reached.is_there, reached.ahead_s) == (True, None)
