"""`interlude bench deployed`: a bridge that runs somewhere, and why it does not carry a call."""

from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.carrying import Bridge, NotCarried
from bench.deployed import ramp
from bench.site import NoCertificate, Site, address_toward, make_site
from tests.bench.deployments import AT, Bench, bridge, free_port


@pytest.mark.once
def test_calls_of_a_bridge_in_another_process_are_carried_over_tls(tmp_path: Path) -> None:
    bench, port = Bench(tmp_path), free_port()
    url = f"http://127.0.0.1:{port}"
    with bridge(bench, port, url):
        done, steps = bench.runs(url, "--calls", "1,3", "--seconds", "4")
        refused, nothing = bench.runs(url, "--wait", "0", key="another-key")
    assert done.returncode == 0, done.stderr
    assert [(step["offered"], step["calls"], step["gone"]) for step in steps] == [
        (1, 1, 0),
        (3, 3, 0),
    ]
    for step in steps:
        assert step["failed"] == {}
        assert (step["lost"], step["unstopped"]) == (0, 0)
        for spread in ("answer_ms", "session_ms", "up_ms", "first_ms", "stop_ms"):
            assert step[spread][0] > 0, spread
        (replica,) = step["replicas"]
        assert replica["calls"] == step["calls"], "calls before have been hung up"
        assert replica["core"] > 0
        assert replica["rss_kib"] > 10_000
    assert "added to a caller's frame, to the model" in done.stdout

    assert (refused.returncode, nothing) == (1, [])
    assert "set EVENTGRID_KEY here as the bridge has it" in refused.stderr


@pytest.mark.once
def test_a_bridge_that_does_not_trust_the_certificate_is_told_what_to_set(tmp_path: Path) -> None:
    bench, port = Bench(tmp_path), free_port()
    url = f"http://127.0.0.1:{port}"
    with bridge(bench, port, url, SSL_CERT_FILE=""):
        done, _ = bench.runs(url, "--wait", "0")
    assert done.returncode == 1
    assert f"its ACS_ENDPOINT must be https://{AT}:{bench.port}, which it must reach" in done.stderr
    assert f"SSL_CERT_FILE=/PATH/bench-{AT}-ca.pem" in done.stderr
    for name, value in bench.settings.items():
        assert name == "SSL_CERT_FILE" or f"{name}={value}\n" in done.stderr


def test_a_bridge_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    done, nothing = Bench(tmp_path).runs(f"http://127.0.0.1:{free_port()}", "--wait", "0")
    assert (done.returncode, nothing) == (1, [])
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


class Wrong:
    """A bridge of a few lines that does one thing wrong, and all else well enough."""

    def __init__(self, wrong: str) -> None:
        self.wrong = wrong
        self.hung_up = 0
        app = web.Application()
        app.router.add_post("/acs/events", self.events)
        app.router.add_post("/acs/callbacks", self.callbacks)
        app.router.add_get("/acs/media", self.media)
        self.server = TestServer(app)

    async def events(self, request: web.Request) -> web.Response:
        if self.wrong.isdigit():
            return web.Response(status=int(self.wrong))
        (event,) = await request.json()
        body = {"incomingCallContext": event["data"]["incomingCallContext"]}
        if self.wrong in ("reject", "redirect"):
            await self.acs(f"calling/callConnections:{self.wrong}", body)
        elif self.wrong != "silent":
            media = {"transportUrl": f"ws://{request.host}/acs/media", "audioFormat": "pcm24KMono"}
            callbacks = f"http://{request.host}/acs/callbacks"
            answer = body | {"callbackUri": callbacks, "mediaStreamingOptions": media}
            await self.acs("calling/callConnections:answer", answer)
        return web.Response()

    async def acs(self, path: str, body: dict[str, object]) -> None:
        async with aiohttp.ClientSession(self.site.settings["ACS_ENDPOINT"]) as client:
            await client.post(f"/{path}", json=body, raise_for_status=True)

    async def callbacks(self, _: web.Request) -> web.Response:
        if self.wrong in ("deaf to callbacks", "no keys"):
            raise web.HTTPForbidden
        self.hung_up += 1
        return web.Response()

    async def media(self, request: web.Request) -> web.WebSocketResponse:
        if self.wrong == "no media":
            raise web.HTTPNotFound
        if self.wrong == "no keys":
            raise web.HTTPUnauthorized
        here = web.WebSocketResponse()
        await here.prepare(request)
        if self.wrong == "no session":
            await here.receive()
            async for _ in here:
                pass
            return here
        voices = self.site.settings["VOICELIVE_ENDPOINT"]
        async with aiohttp.ClientSession(voices) as client, client.ws_connect("/") as there:
            session = {"turn_detection": {}, "input_audio_sampling_rate": 24_000}
            await there.send_json({"type": "session.update", "session": session})
            async for _ in here:
                pass
        return here

    async def carries(self, tell: Callable[[str], None], wait_s: float = 0) -> None:
        self.site = make_site("127.0.0.1", free_port("127.0.0.1"), Path())
        async with self.server:
            bridge = Bridge(str(self.server.make_url("")).rstrip("/"), "+18005550100")
            async for _ in ramp(bridge, self.site, [], 1, wait_s, tell):
                pass


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ("401", "set EVENTGRID_KEY here as the bridge has it"),
        ("502", "whose certificate it must trust"),
        ("503", "answered 503: is it ready"),
        ("silent", "its ACS_ENDPOINT must be http://127.0.0.1:"),
        ("reject", "a flow must have the number +18005550100 (--number)"),
        ("redirect", "there must be room for one more call"),
        ("no media", "refused the call's media (HTTP/1.1 404 Not Found)"),
        ("no session", "set the bridge's VOICELIVE_ENDPOINT"),
        ("deaf to callbacks", "a proxy must pass on /acs/callbacks"),
    ],
)
async def test_what_is_wrong_is_told_with_what_mends_it(wrong: str, remedy: str) -> None:
    with pytest.raises(NotCarried) as why:
        await Wrong(wrong).carries(print)
    assert remedy in str(why.value)


async def test_a_call_that_was_answered_for_nothing_is_hung_up() -> None:
    bridge = Wrong("no media")
    with pytest.raises(NotCarried):
        await bridge.carries(print)
    assert bridge.hung_up == 1


async def test_calls_of_which_a_bridge_without_keys_heard_nothing_more_are_hung_up_later() -> None:
    bridge = Wrong("no keys")

    def has_keys(trouble: str) -> None:
        assert "HTTP/1.1 401 Unauthorized" in trouble
        bridge.wrong = "nothing"

    await bridge.carries(has_keys, wait_s=60)
    assert bridge.hung_up == 2


def test_a_certificate_is_made_once_and_ones_own_is_taken(tmp_path: Path) -> None:
    make_site("bench.example.com", 8180, tmp_path)
    mine = tmp_path / "bench-bench.example.com.pem"
    authority = tmp_path / "bench-bench.example.com-ca.pem"
    assert mine.stat().st_mode & 0o077 == 0
    before = mine.read_bytes(), authority.read_bytes()
    settings = make_site("bench.example.com", 8180, tmp_path).settings
    assert (mine.read_bytes(), authority.read_bytes()) == before
    assert settings["VOICELIVE_ENDPOINT"] == "https://bench.example.com:8181"
    mine.write_text("something else")
    with pytest.raises(NoCertificate, match="take it away, and one is made"):
        make_site("bench.example.com", 8180, tmp_path)


@pytest.mark.parametrize(
    ("at", "listens", "url"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8180"),
        ("localhost", "127.0.0.1", "http://localhost:8180"),
        ("::1", "::1", "http://[::1]:8180"),
        ("192.0.2.7", "0.0.0.0", "http://192.0.2.7:8180"),  # noqa: S104
        ("2001:db8::7", "::", "http://[2001:db8::7]:8180"),
        ("bench.example.com", "0.0.0.0", "http://bench.example.com:8180"),  # noqa: S104
    ],
)
def test_a_site_listens_where_its_name_leads(at: str, listens: str, url: str) -> None:
    site = Site(at, 8180)
    assert [door.host for door in site.doors] == [listens] * 2
    assert site.url(8180) == url


def test_a_bridge_on_this_machine_is_reached_from_its_loopback() -> None:
    assert address_toward("http://127.0.0.1:8080") == "127.0.0.1"
