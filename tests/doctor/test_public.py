"""The way from the internet to the service, as a stranger finds it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge import Callflow
from bridge.doctor.finding import Finding
from bridge.doctor.hosts import START_IT
from bridge.doctor.public import check_public
from bridge.service.door_settings import Auth
from bridge.service.flows import Flows
from bridge.trial import READ_KEY, trial
from tests.doctor.servers import serving, silent

FLOWS = Flows({"line": Callflow(number="+18005550100")})


async def found_at(url: str, auth: Auth = Auth.ENFORCE) -> dict[str, Finding]:
    return {each.name: each for each in await check_public(url, auth)}


@asynccontextmanager
async def ingress(
    url: str, *, upgrades: bool = True, adds: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[str]:
    """A proxy before the service; it may drop upgrades, or add keys that it should not."""

    async with aiohttp.ClientSession() as session:

        async def handle(request: web.Request) -> web.Response:
            dropped = {"Host"} if upgrades else {"Host", "Connection", "Upgrade"}
            headers = {name: text for name, text in request.headers.items() if name not in dropped}
            body = await request.read()
            async with session.request(
                request.method, f"{url}{request.path_qs}", headers={**headers, **adds}, data=body
            ) as answer:
                return web.Response(status=answer.status, body=await answer.read())

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


async def test_a_service_that_is_well() -> None:
    async with trial(FLOWS) as scene, ingress(scene.url) as url:
        direct, proxied = await found_at(scene.url), await found_at(url)
    assert direct == proxied
    assert {name: (each.verdict, each.says) for name, each in direct.items()} == {
        "service": ("ok", "answers at its public URL."),
        "WebSockets": ("ok", "pass, and strangers are refused."),
        "door of Event Grid": ("ok", "shut to strangers."),
        "metrics": ("ok", "shut to strangers."),
    }


async def test_an_ingress_that_lets_no_websocket_pass() -> None:
    async with trial(FLOWS) as scene, ingress(scene.url, upgrades=False) as url:
        found = (await found_at(url))["WebSockets"]
    assert (found.verdict, found.says) == ("problem", "do not pass: the upgrade comes to 426.")
    assert "with the headers Upgrade and Connection" in found.remedy


async def test_an_ingress_that_adds_keys_opens_doors() -> None:
    keys = {"Authorization": f"Bearer {READ_KEY}", "x-eventgrid-key": "lab-event-grid-key"}
    async with trial(FLOWS) as scene, ingress(scene.url, adds=keys) as url:
        found = await found_at(url)
    for name, says in (
        ("door of Event Grid", "open: anyone may post calls."),
        ("metrics", "open: anyone may read /metrics."),
    ):
        assert (found[name].verdict, found[name].says) == ("problem", says)
        assert "let no proxy add a key" in found[name].remedy


@pytest.mark.parametrize(("auth", "verdict"), [(Auth.LOG, "warning"), (Auth.ENFORCE, "problem")])
async def test_a_door_that_is_open(auth: Auth, verdict: str) -> None:
    """`enforce` is what these settings say: the service runs with others."""
    async with trial(FLOWS, interlude_auth="log") as scene:
        found = await found_at(scene.url, auth)
    assert (found["door of Event Grid"].verdict, found["metrics"].verdict) == (verdict, "ok")


async def test_where_nothing_is_asked_of_anybody_doors_are_not_tried() -> None:
    async with trial(FLOWS, interlude_auth="off", interlude_host="127.0.0.1") as scene:
        assert set(await found_at(scene.url, Auth.OFF)) == {"service", "WebSockets"}


def answering(**by_path: Any) -> Any:
    """Somebody who is live as Interlude is, and else answers as told, by the end of the path."""
    live = {"status": "live"}

    def answer(request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        return by_path[name]() if name in by_path else web.json_response(live)

    return answer


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, "<html>", "problem"),
        (200, '{"status": "up"}', "problem"),
        (301, "", "problem"),
        (404, "", "problem"),
        (502, "", "warning"),
    ],
)
async def test_somebody_else_answers(status: int, body: str, verdict: str) -> None:
    headers = {"Location": "http://127.0.0.1:9/"}
    live = lambda: web.Response(status=status, text=body, headers=headers)  # noqa: E731
    async with serving(answering(live=live)) as url:
        (found,) = (await found_at(url)).values()
    assert (found.name, found.verdict) == ("service", verdict)
    assert str(status) in found.says
    assert (found.remedy == START_IT) == (verdict == "warning")


@pytest.mark.parametrize(
    ("status", "verdict", "says"),
    [
        (200, "problem", "by somebody else than Interlude"),
        (400, "problem", "do not pass"),
        (404, "problem", "do not pass"),
        (502, "problem", "do not pass"),
    ],
)
async def test_what_an_upgrade_may_come_to(status: int, verdict: str, says: str) -> None:
    async with serving(answering(doctor=lambda: web.Response(status=status))) as url:
        found = (await found_at(url))["WebSockets"]
    assert (found.verdict, says in found.says, str(status) in found.says) == (verdict, True, True)


async def test_whoever_takes_every_socket_is_not_interlude() -> None:
    async def media(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    app = web.Application()
    app.router.add_get("/health/live", live)
    app.router.add_get("/acs/media/doctor", media)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = (await found_at(f"http://127.0.0.1:{runner.addresses[0][1]}", Auth.OFF))["WebSockets"]
    await runner.cleanup()
    assert (found.verdict, "is answered 101" in found.says) == ("problem", True)


async def test_an_ingress_that_keeps_events_to_itself() -> None:
    async with serving(answering(events=lambda: web.Response(status=405))) as url:
        found = (await found_at(url))["door of Event Grid"]
    assert (found.verdict, "comes to 405" in found.says) == ("problem", True)


async def test_a_service_that_says_nothing() -> None:
    async with silent() as there:
        (found,) = (await found_at(f"http://{there}")).values()
    assert (found.name, found.verdict, found.remedy) == ("service", "warning", START_IT)
