"""Clients that know nothing of the lab, as processes beside it, on real time."""

import io
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .processes import CLIENTS, LabProcess, lab_process, running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    with lab_process(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@contextmanager
def echo_bridge(lab: LabProcess) -> Iterator[str]:
    """The bridge of the samples; its URL."""
    port = free_port()
    variables = {
        "PORT": str(port),
        "ACS_CONNECTION_STRING": lab.variables["LAB_CONNECTION_STRING"],
        "SSL_CERT_FILE": lab.variables["LAB_CA"],
    }
    with running(CLIENTS / "echo_bridge.py", ready="Running on", env=variables):
        yield f"http://127.0.0.1:{port}"


def test_a_bridge_of_the_samples_kind_answers_by_https_and_echoes(lab: LabProcess) -> None:
    with echo_bridge(lab) as bridge:
        lab.ask("PUT", "/subscription", {"url": f"{bridge}/api/incomingCall"})
        lab.ask("POST", "/calls", {"number": "+18005550100"})
        lab.ask("POST", "/calls/latest/say", {"text": "Is there an echo?"})
        lab.ask("POST", "/calls/latest/hear", {"text": "Is there an echo?"})
        over = lab.ask("POST", "/calls/latest/hang-up")
        assert over["end"]["by"] == "caller"
        told = [c["name"] for c in lab.ask("GET", "/calls/latest/callbacks")]
        assert told[0] == "IncomingCall"
        assert told[-1] == "CallDisconnected"
        (answer,) = lab.ask("GET", "/calls/latest/requests")
        assert answer["status"] == 200
        assert answer["name"].startswith("POST /calling/callConnections:answer?api-version=")


def test_ten_calls_at_once_keep_the_pace(lab: LabProcess) -> None:
    with echo_bridge(lab) as bridge, ThreadPoolExecutor(10) as callers:
        lab.ask("PUT", "/subscription", {"url": f"{bridge}/api/incomingCall"})
        ids = [lab.ask("POST", "/calls", {"number": "+18005550100"})["id"] for _ in range(10)]

        def talk(call_id: str) -> dict[str, Any]:
            for line in ("One thing, please.", "Thank you, goodbye."):
                lab.ask("POST", f"/calls/{call_id}/say", {"text": line})
            view: dict[str, Any] = lab.ask("POST", f"/calls/{call_id}/wait", {"seconds": 1})
            lab.ask("POST", f"/calls/{call_id}/hang-up")
            return view

        for call in callers.map(talk, ids):
            assert call["now_ms"] - call["sound_began_ms"] == pytest.approx(
                call["sound_ms"], abs=1_000
            )
            assert call["frames_sent"] == pytest.approx(call["sound_ms"] / 20, abs=50)
            assert call["frames_received"] == pytest.approx(call["frames_sent"], abs=50)


def test_the_sdk_for_voice_live_talks_by_its_typed_events(lab: LabProcess) -> None:
    foggy = {"say": "It is foggy."}
    lab.ask("POST", "/model", {"answers": [foggy, foggy]})
    for endpoint in ("VOICELIVE_ENDPOINT", "LAB_VOICELIVE_TLS_ENDPOINT"):
        variables = {
            "VOICELIVE_ENDPOINT": lab.variables[endpoint],
            "VOICELIVE_API_KEY": lab.variables["VOICELIVE_API_KEY"],
            "SSL_CERT_FILE": lab.variables["LAB_CA"],
        }
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, CLIENTS / "talk.py"],
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        called, finished, said, again, audio = done.stdout.splitlines()
        assert called == "called weather {}"
        assert finished == again == "done ResponseStatus.COMPLETED"
        assert said == "said It is foggy."
        assert int(audio.removeprefix("audio ")) > 10_000


def serve(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bridge", "lab", "serve", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_lab_that_cannot_open_says_why(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        done = serve("--port", str(door.getsockname()[1]), "--ca", tmp_path / "ca.pem")
    assert done.returncode == 2
    assert done.stderr.startswith("The lab cannot open: ")
    assert "address already in use" in done.stderr


@pytest.mark.parametrize("options", [("--host", "localhost"), ("--access-key", "?")])
def test_a_lab_is_told_what_it_can_be(options: tuple[str, ...]) -> None:
    done = serve(*options)
    assert done.returncode == 2
    assert done.stderr.startswith("--host is an address in digits, --access-key is base64: ")


def test_a_lab_that_others_can_reach_says_so_aloud_and_ends_when_interrupted(
    tmp_path: Path,
) -> None:
    options = ("--host", "0.0.0.0", "--port", "0", "--ca", tmp_path / "ca.pem")  # noqa: S104
    ready = "# WARNING: everybody who"
    with running("-m", "bridge", "lab", "serve", *options, ready=ready) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


FLOW = '''
from bridge import Callflow

flow = Callflow(number="+18005550109", greeting="Hello there.")


@flow.tool
async def weather() -> str:
    """The weather."""
    return "It is foggy."
'''


def test_our_own_bridge_takes_a_call_with_every_door_shut(lab: LabProcess, tmp_path: Path) -> None:
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "weather.py").write_text(FLOW)
    port = free_port()
    variables = lab.variables | {
        "INTERLUDE_AUTH": "enforce",
        "INTERLUDE_HOST": "127.0.0.1",
        "INTERLUDE_PORT": str(port),
        "INTERLUDE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "INTERLUDE_FLOWS": str(tmp_path / "lines"),
        "INTERLUDE_PROMPTS": str(tmp_path / "prompts"),
        "EVENTGRID_KEY": "an-event-grid-key",
    }
    with running("-m", "bridge", "serve", ready="serving", env=variables):
        url = f"http://127.0.0.1:{port}/acs/events"
        status, answer = lab.tries("PUT", "/subscription", {"url": f"{url}?key=wrong"})
        assert status == 409
        assert answer["error"].startswith("The webhook did not pass the handshake: status 4")
        lab.ask("PUT", "/subscription", {"url": f"{url}?key=an-event-grid-key"})
        lab.ask("POST", "/calls", {"number": "+18005550109", "caller": "+14255550177"})
        lab.ask("POST", "/calls/latest/hear", {"text": "Hello there."})
        lab.ask("POST", "/calls/latest/say", {"text": "How is the weather?"})
        lab.ask("POST", "/calls/latest/hear", {"text": "It is foggy."})
        lab.ask("POST", "/calls/latest/hang-up")
        kinds = [moment["kind"] for moment in lab.ask("GET", "/calls/latest/timeline")]
        assert {"voicelive.tool_called", "voicelive.tool_answered", "heard", "caller"} <= {*kinds}
        recording = lab.ask("GET", "/calls/latest/recording")
        with wave.open(io.BytesIO(recording)) as sound:
            assert sound.getnchannels() == 2
            assert sound.getnframes() / sound.getframerate() > 3
