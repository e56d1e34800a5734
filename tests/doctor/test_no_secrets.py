"""Real processes with recognisable secrets everywhere, in trouble: nobody ever reads one."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import typer
from aiohttp import web

from bridge.cli import app
from bridge.lab.acs import AcsStandIn, shapes
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from tests.doctor.servers import RESOURCE_ID, beside, serving

SECRETS = {
    name: f"hush-{name.lower().replace('_', '-')}-0123456789abcdef"
    for name in (
        *("INTERLUDE_SECRET", "INTERLUDE_SECRET_PREVIOUS", "INTERLUDE_API_KEY"),
        *("INTERLUDE_READ_KEY", "INTERLUDE_WEBHOOK_SECRET", "VOICELIVE_API_KEY"),
        *("EVENTGRID_KEY", "EVENTGRID_KEY_PREVIOUS"),
    )
}
HOOK = "hush-in-the-query-0123456789abcdef"
ACS_KEY = base64.b64encode(b"hush-acs-access-key-0123456789abcdef").decode()
PASTED = "hush-pasted-by-mistake-0123456789abcdef"
CALLER = "+14255550123"
FLOW = "from bridge import Callflow\nflow = Callflow(number='+18005550101', greeting='Hello.')\n"


def traces(text: str) -> list[str]:
    """Every secret in a text, whole or in part."""
    return re.findall(rf"hush\S*|{re.escape(ACS_KEY[:16])}\S*|{re.escape(CALLER)}", text)


@asynccontextmanager
async def unfriendly() -> AsyncIterator[Mapping[str, str]]:
    """Both clouds and the operator's server, to none of which these keys are known."""
    async with (
        AcsStandIn(Studio()) as acs,
        VoiceLiveStandIn(Studio()) as voices,
        serving(lambda _: web.Response(status=401, text="Denied.")) as refusing,
    ):
        yield {
            "ACS_ENDPOINT": acs.endpoint,
            "ACS_OPENID_CONFIG_URL": f"{refusing}/configuration",
            "VOICELIVE_ENDPOINT": voices.endpoint,
            "INTERLUDE_WEBHOOK_URL": f"{refusing}/calls?token={HOOK}",
        }


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "hello.py").write_text(FLOW)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("INTERLUDE")}
    with beside(unfriendly) as friends:
        yield {
            **ours,
            **SECRETS,
            **friends,
            "ACS_ACCESS_KEY": ACS_KEY,
            "ACS_RESOURCE_ID": RESOURCE_ID,
            "INTERLUDE_FLOWS": str(folder),
            "INTERLUDE_HOST": "127.0.0.1",
            "INTERLUDE_PORT": "0",
            "INTERLUDE_PUBLIC_URL": "http://127.0.0.1:9",
            "INTERLUDE_PROMPTS": str(tmp_path / "prompts"),
            "INTERLUDE_OUTBOX": str(tmp_path / "outbox"),
            "COLUMNS": "200",
        }


def asks(url: str, path: str, body: str | None = None, **headers: str) -> int:
    """Ask, as a POST if there is a body; returns the status."""
    there = HTTPConnection(url.removeprefix("http://"))
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    there.request("GET" if body is None else "POST", path, body, named)
    with closing(there), there.getresponse() as answer:
        assert not traces(f"{answer.headers} {answer.read().decode()}")
        return answer.status


def is_troubled(url: str) -> None:
    """Let strangers and friends ask for what cannot be had."""
    key, editor = SECRETS["EVENTGRID_KEY"], f"Bearer {SECRETS['INTERLUDE_API_KEY']}"
    ring = json.dumps([shapes.event_grid("Microsoft.Communication.IncomingCall", "", RINGING)])
    previous = SECRETS["EVENTGRID_KEY_PREVIOUS"]
    assert asks(url, f"/acs/events?key={PASTED}", "[]") == 401
    assert asks(url, f"/acs/events?key={key}", PASTED) == 400
    assert asks(url, "/acs/events", "[]", x_eventgrid_key=previous) == 200
    assert asks(url, f"/acs/events?key={key}", ring) == 502, "ACS does not know our key"
    assert asks(url, f"/acs/media/{PASTED}", Upgrade="websocket") == 401
    assert asks(url, f"/acs/callbacks/{PASTED}", "[]", Authorization=f"Bearer {PASTED}") == 401
    assert asks(url, f"/acs/sounds/{PASTED}") == 401
    assert asks(url, "/metrics", Authorization=f"Bearer {PASTED}") == 401
    assert asks(url, "/metrics", Authorization=f"Bearer {SECRETS['INTERLUDE_READ_KEY']}") == 200
    assert asks(url, "/calls", PASTED, Authorization=editor) == 400
    placed = json.dumps({"flow": "hello", "to": CALLER})
    assert asks(url, "/calls", placed, Authorization=editor) == 502


RINGING = {
    "to": {
        "kind": "phoneNumber",
        "rawId": "4:+18005550101",
        "phoneNumber": {"value": "+18005550101"},
    },
    "from": {"kind": "phoneNumber", "rawId": f"4:{CALLER}", "phoneNumber": {"value": CALLER}},
    "serverCallId": "a server call",
    "incomingCallContext": PASTED,
    "correlationId": "a correlation",
}


def run(*arguments: str, env: Mapping[str, str]) -> tuple[int, str]:
    """Status and all output of a command, whose arguments hold no secret either."""
    command = [sys.executable, "-m", "bridge", *arguments]
    done = subprocess.run(  # noqa: S603 - our own command
        command, env=env, capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_service_in_trouble_gives_no_secret_away(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "bridge", "serve"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stderr
        begun = [process.stderr.readline()]
        while "port" not in json.loads(begun[-1]):  # keys may be missed before anybody is served
            begun.append(process.stderr.readline())
        url = f"http://127.0.0.1:{json.loads(begun[-1])['port']}"
        try:
            is_troubled(url)
            here = {**environment, "INTERLUDE_PUBLIC_URL": url}
            examined = run("doctor", env=here), run("doctor", "--json", env=here)
            dialled = run("dial", "hello", CALLER, env=here)
            shown = Path(f"/proc/{process.pid}/cmdline").read_text()
        finally:
            process.send_signal(signal.SIGTERM)
        log = "".join(begun) + process.stderr.read()
        assert process.wait(20) == 0
    assert shown.split("\0")[-3:] == ["bridge", "serve", ""]
    assert [status for status, _ in examined] == [1, 1]
    assert dialled[0] == 2
    told = {json.loads(line)["event"] for line in log.splitlines()}
    assert {"door.refused", "incoming.failed", "events.malformed", "prompts.failed"} <= told
    for text in (log, shown, examined[0][1], examined[1][1], dialled[1]):
        assert not traces(text)


MALFORMED = {
    "ACS_ENDPOINT": f"endpoint=https://r.communication.azure.com/;accesskey={PASTED}",
    "ACS_RESOURCE_ID": PASTED,
    "EVENTGRID_TENANT_ID": PASTED,
    "INTERLUDE_AUTH": PASTED,
    "INTERLUDE_OIDC_ISSUER": PASTED,
    "INTERLUDE_PORT": PASTED,
    "INTERLUDE_PUBLIC_URL": f"https://me:{PASTED}@calls.example.com",
    "INTERLUDE_WEBHOOK_URL": PASTED,
    "VOICELIVE_ENDPOINT": f"https://me:{PASTED}",
}
CONTRADICTORY = {
    "ACS_CONNECTION_STRING": f"endpoint={PASTED};accesskey={PASTED}!",
    "EVENTGRID_AUDIENCE": PASTED,
    "INTERLUDE_WEBHOOK_SECRET": f"whsec_{PASTED}!",
}


@pytest.mark.parametrize("wrong", [MALFORMED, CONTRADICTORY], ids=["malformed", "contradictory"])
def test_a_secret_in_the_wrong_place_is_not_repeated(
    environment: dict[str, str], wrong: Mapping[str, str]
) -> None:
    env = {**environment, **wrong}
    served, examined, dialled = (
        run("serve", env=env),
        run("doctor", env=env),
        run("dial", "hello", CALLER, env=env),
    )
    assert (served[0], examined[0], dialled[0]) == (2, 1, 2)
    for name in wrong:
        assert name in served[1]
        assert name in examined[1]
    for _, shown in (served, examined, dialled):
        assert "Traceback" not in shown
        assert not traces(shown)


def test_no_secret_can_be_an_argument() -> None:
    """Arguments are seen by whoever may list the processes of a machine."""
    commands = typer.main.get_group(app).commands
    names = {
        option.name for command in commands.values() for option in command.params if option.name
    }
    assert "service" in names
    assert not [name for name in names if re.search("key|secret|token|password|string", name)]
