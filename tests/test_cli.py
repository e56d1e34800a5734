"""The command line, as a process of its own."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile
from urllib.request import urlopen

import pytest

from bridge.service.flows import load_flows
from bridge.trial import trial

FLOW = """
from bridge import {imports}
flow = Callflow(number="+18005550101", greeting="Hello there.", {more})
"""
API_KEY = "0123456789abcdef0123456789abcdef"
LOCAL = {
    "INTERLUDE_AUTH": "off",
    "INTERLUDE_PUBLIC_URL": "http://127.0.0.1:8080",
    "INTERLUDE_HOST": "127.0.0.1",
    "ACS_ENDPOINT": "http://127.0.0.1:9",
    "ACS_ACCESS_KEY": "c2VjcmV0LWtleQ==",
    "VOICELIVE_ENDPOINT": "http://127.0.0.1:9",
    "VOICELIVE_API_KEY": "k",
}


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "hello.py").write_text(FLOW.format(imports="Callflow", more=""))
    return folder


def environment(flows: Path, **changes: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("INTERLUDE")}
    return {**ours, "INTERLUDE_FLOWS": str(flows), "NO_COLOR": "1", "COLUMNS": "200", **changes}


def interlude(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bridge", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_check_shows_who_leads(flows: Path) -> None:
    (flows / "led.py").write_text(
        FLOW.format(imports="Agent, Callflow", more="agent=Agent('a', 'p')").replace("101", "3")
    )
    done = interlude("check", env=environment(flows))
    assert done.returncode == 0
    assert "led by    gpt-4.1-mini (cascade)" in done.stdout
    assert "led by    agent a" in done.stdout


def test_check_shows_each_number_of_the_operators_file_or_what_is_wrong_with_it(
    flows: Path,
) -> None:
    (flows / "hello.py").write_text(FLOW.format(imports="Callflow", more="operators=('voice',)"))
    file = flows / "numbers.toml"
    file.write_text('[numbers."+18005550107"]\nflow = "hello"\nvoice = "de-DE-KatjaNeural"\n')
    done = interlude("check", env=environment(flows, INTERLUDE_NUMBERS=str(file)))
    assert done.returncode == 0
    assert re.findall("hello: (.*)|voice +(.*)", done.stdout) == [
        *(("+18005550101", ""), ("", "the model's own")),
        *(("+18005550107", ""), ("", "de-DE-KatjaNeural")),
    ]
    file.write_text(file.read_text() + "voise = 5\ngreeting = 7\n")
    done = interlude("check", "--numbers", str(file), env=environment(flows))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        (
            f'{file}: line 4: numbers."+18005550107".voise: there is no such key; did you mean '
            "voice?"
        ),
        f'{file}: line 5: numbers."+18005550107".greeting: input should be a valid string.',
    ]


def test_check_shows_what_a_flow_would_do_and_what_is_doubtful(flows: Path) -> None:
    interim = (
        "interim=StaticInterim(texts=('All done!',), triggers=(Trigger.TOOL, Trigger.LATENCY), "
        "then=(Say('Still looking.', 4_000, 3_000, 2), Play('hold.wav', 9_000), HangUp(after_ms="
        "20_000)))"
    )
    names = "Callflow, HangUp, Play, Say, StaticInterim, Trigger"
    tools = """
@flow.tool(timeout_ms=5_000, retries=2, on_barge_in="cancel", interim=None)
async def fast() -> str:
    'Look.'
    return ""


@flow.tool(interim=StaticInterim(texts=("Looking.",), latency_threshold_ms="adaptive"))
async def slow() -> str:
    'Look.'
    return ""
"""
    (flows / "hello.py").write_text(FLOW.format(imports=names, more=interim) + tools)
    copyfile("callflows/hold.wav", flows / "hold.wav")
    done = interlude("check", env=environment(flows))
    assert done.returncode == 0, done.stderr
    shown = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert shown[3:] == [
        (
            "interim tool or latency, StaticInterim after 2 s, Say 2 times, 3 s apart, after 4 s, "
            "Play hold.wav after 9 s, give up by HangUp after 20 s"
        ),
        "tool by bridge: Voice Live knows no further steps",
        "latency by bridge: Voice Live knows no further steps",
        "tool fast: read within 5 s, 2 retries, cancelled when the caller speaks",
        "its own interim: none",
        "tool slow: read within 20 s",
        "its own interim: StaticInterim adaptive",
        "silence asks once, then hangs up; 8 s of silence before each",
        (
            'fallback if speech fails: "I am sorry, we have a technical problem. Please call again '
            'later.", then hangs up'
        ),
        "limits hangs up after 30 min, 100 tool calls and 3 reconnects a call",
        "when full the caller hears the busy tone",
        (
            'warning "All done!" claims that something is done, and is spoken before anybody '
            'knows; say what is being done, like "I am looking that up."'
        ),
    ]


@pytest.mark.parametrize(
    ("sound", "remedy"), [(None, "there is no file"), (b"no sound", "make it PCM16, one channel")]
)
def test_check_refuses_a_sound_that_cannot_be_played(
    flows: Path, sound: bytes | None, remedy: str
) -> None:
    interim = "interim=StaticInterim(texts=('x',), then=(Play('hold.wav', 9_000),))"
    (flows / "hello.py").write_text(
        FLOW.format(imports="Callflow, Play, StaticInterim", more=interim)
    )
    if sound:
        (flows / "hold.wav").write_bytes(sound)
    done = interlude("check", env=environment(flows))
    assert done.returncode == 2
    assert remedy in done.stderr


@pytest.mark.parametrize(
    ("arguments", "changes", "sentence"),
    [
        (["check"], {"INTERLUDE_FLOWS": "nowhere_"}, "neither a folder nor a package"),
        (["call", "nobody"], {}, "There is no call flow 'nobody'; there are hello."),
        (["serve"], {}, "Set INTERLUDE_PUBLIC_URL."),
        (
            ["serve"],
            {
                **LOCAL,
                "INTERLUDE_WEBHOOK_URL": "https://crm.example.com/calls",
                "INTERLUDE_WEBHOOK_SECRET": "0123456789abcdef0123456789abcdef",
                "INTERLUDE_OUTBOX": "/dev/null/outbox",
            },
            "Set INTERLUDE_OUTBOX to a folder that can be written.",
        ),
        (["dial", "hello", "+14255550123"], {}, "Set INTERLUDE_API_KEY."),
    ],
)
def test_what_the_user_can_mend_is_said_in_a_sentence(
    flows: Path, arguments: list[str], changes: dict[str, str], sentence: str
) -> None:
    done = interlude(*arguments, env=environment(flows, **changes))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_an_agent_with_a_key_is_refused_at_start(flows: Path) -> None:
    (flows / "hello.py").write_text(
        FLOW.format(imports="Agent, Callflow", more="agent=Agent('a', 'p')")
    )
    done = interlude("serve", env=environment(flows, **LOCAL))
    assert done.returncode == 2
    assert "Unset VOICELIVE_API_KEY: hello is led by an agent" in done.stderr


def test_without_the_lab_call_says_what_to_install(flows: Path) -> None:
    code = "import sys; sys.modules['matplotlib'] = None; from bridge.cli import main; main()"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code, "call", "hello"],
        env=environment(flows),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'interlude[lab]'" in done.stderr


def test_render_says_that_voice_live_cannot_be_reached(flows: Path, tmp_path: Path) -> None:
    done = interlude("render", env=environment(flows, **LOCAL, XDG_CACHE_HOME=str(tmp_path)))
    assert done.returncode == 2
    assert re.search(r"│ hello │ [1-9] +│ 0 +│ 0 ", done.stdout)
    assert done.stderr == ("hello: Voice Live cannot be reached: ClientConnectorError\n")


@pytest.mark.parametrize(("sign", "pii"), [(signal.SIGTERM, ""), (signal.SIGINT, "1")])
def test_serving_ends_when_told_to(flows: Path, tmp_path: Path, sign: int, pii: str) -> None:
    command = [sys.executable, "-m", "bridge", "serve"]
    more = {"INTERLUDE_PORT": "0", "XDG_CACHE_HOME": str(tmp_path), "INTERLUDE_LOG_PII": pii}
    env = environment(flows, **LOCAL, **more)
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stderr
        if pii:
            assert "INTERLUDE_LOG_PII is set" in process.stderr.readline(), "loud, and first"
        serving = json.loads(process.stderr.readline())
        assert (serving["event"], serving["level"], serving["numbers"]) == ("serving", "info", 1)
        with urlopen(f"http://127.0.0.1:{serving['port']}/health/ready") as response:
            assert json.load(response) == {"status": "ready"}
        failed = json.loads(process.stderr.readline())
        told = [failed[key] for key in ("event", "level", "flow")]
        assert told == ["prompts.failed", "warning", "hello"]
        process.send_signal(sign)
        events = [json.loads(line)["event"] for line in process.stderr]
        assert process.wait(20) == 0
    assert events == ["draining", "stopped"]


def test_serving_takes_up_what_changes_on_disk(flows: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge", "serve"]
    file = tmp_path / "numbers.toml"
    file.touch()
    more = {"INTERLUDE_PORT": "0", "XDG_CACHE_HOME": str(tmp_path), "INTERLUDE_NUMBERS": str(file)}
    env = environment(flows, **LOCAL, **more)
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stderr
        lines = (json.loads(line) for line in process.stderr)

        def told(event: str) -> dict[str, object]:
            return next(line for line in lines if line["event"] == event)

        told("prompts.failed")
        file.write_text("[numbers")
        refused = told("numbers.refused")
        assert (refused["type"], refused["count"], refused["level"]) == ("file", 1, "warning")
        file.write_text('[numbers."+18005550107"]\nflow = "hello"\n')
        served = told("numbers.serve")
        assert (served["type"], served["version"]) == ("file", 2)
        (flows / "hello.py").write_text(FLOW.format(imports="Callflow", more="voice='marin'"))
        assert told("numbers.serve")["type"] == "flows"
        process.send_signal(signal.SIGTERM)
        assert [line["event"] for line in lines][-1] == "stopped"
        assert process.wait(20) == 0


def test_drain_has_a_process_end_once_it_has_no_calls(flows: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge", "serve"]
    more = {"INTERLUDE_PORT": "0", "XDG_CACHE_HOME": str(tmp_path), "INTERLUDE_API_KEY": API_KEY}
    env = environment(flows, **LOCAL, **more)
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stderr
        env["INTERLUDE_PORT"] = str(json.loads(process.stderr.readline())["port"])
        done = interlude("drain", "--wait", env=env)
        assert (done.returncode, done.stdout) == (0, "0 calls in progress\n")
        events = [json.loads(line)["event"] for line in process.stderr]
        assert process.wait(20) == 0
    assert events[-2:] == ["draining", "stopped"]
    done = interlude("drain", env=env)
    assert done.returncode == 2
    assert "was not reached" in done.stderr


@pytest.fixture
def service(flows: Path) -> Iterator[str]:
    """Where a service runs beside this test, in real time."""
    url, over = Future[str](), Future[None]()

    async def run() -> None:
        async with trial(load_flows(str(flows)), interlude_api_key=API_KEY) as scene:
            url.set_result(scene.url)
            await asyncio.wrap_future(over)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, run())
        yield url.result(20)
        over.set_result(None)
        running.result(20)


def test_dial_has_a_running_service_place_a_call(flows: Path, service: str) -> None:
    env = environment(flows, INTERLUDE_API_KEY=API_KEY, INTERLUDE_PUBLIC_URL=service)
    done = interlude("dial", "hello", "+14255550123", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch("[0-9a-f]{16}\n", done.stdout)
    env["INTERLUDE_PUBLIC_URL"] = "https://nowhere.invalid"
    done = interlude("dial", "nobody", "+14255550123", "--service", service, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no call flow of this name.\n"


def test_a_call_in_real_time(flows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = interlude("call", "hello", "--say", "Hi.", "--out", str(out), env=environment(flows))
    assert done.returncode == 0, done.stderr
    assert "Hello there." in done.stdout
    left = {"call.call", "call.html", "call.wav", "timeline.png", "call.json"}
    assert {path.name for path in out.iterdir()} == left
    heard = json.loads((out / "call.json").read_bytes())["heard"]
    assert [spell["text"] for spell in heard[:2]] == ["Hello there.", "Hi."]
