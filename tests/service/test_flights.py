"""Flights of live calls: only where they are asked for, for nobody else, and not without end."""

import asyncio
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import Call, Callflow
from bridge.call import flight as flight_room
from bridge.call.flight import Keeps
from bridge.service.flights import Flights
from bridge.service.flows import Flows
from bridge.service.parts import FLIGHTS
from bridge.service.recorded import Recorded
from bridge.service.settings import SettingsError, load_settings
from bridge.trial import Trial, trial
from tests.calls.test_secrets import tones_in

NUMBER = "+18005550100"
GREETING = "Good morning."
PIN = "428917"


def line() -> Callflow:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)

    @flow.tool
    async def pay(call: Call) -> str:
        """Pay by card."""
        card = await call.digits("Your card, please.", max_digits=6, secret=True)
        return f"Card {card.reveal()} was charged."

    return flow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "flights"


@pytest.fixture
async def scene(folder: Path) -> AsyncIterator[Trial]:
    async with trial(Flows({"line": line()}), interlude_flights=folder) as running:
        yield running


async def call(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("Please pay by card.")
    await phone.hears("Your card, please.")
    await phone.presses(PIN + "7")
    await phone.hears("was charged")
    await phone.hangs_up()
    await scene.record()
    await scene.app[FLIGHTS].settle()


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def aged(folder: Path, *seconds: int) -> None:
    """Files so many seconds after 1970, by their names."""
    folder.mkdir()
    for age in seconds:
        (folder / f"{age}.call").touch()
        os.utime(folder / f"{age}.call", (age, age))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


def block(folder: Path) -> None:
    folder.write_text("A file.")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_live_call_leaves_its_words_and_no_sound(scene: Trial, folder: Path) -> None:
    await call(scene)
    recorded = Recorded.read(only_file(folder))
    assert recorded.head.flow == "line"
    assert recorded.sound == b""
    assert [note.text for note in recorded.of_kind("caller_said")] == ["Please pay by card."]
    assert recorded.lines == [GREETING, "Your card, please.", "Card *** was charged."]
    assert recorded.notes[-1].by == "caller"
    assert mode(only_file(folder)) == 0o600
    assert mode(folder) == 0o700


async def test_a_secret_is_not_in_it(folder: Path) -> None:
    settings: dict[str, Any] = {"interlude_flights": folder, "interlude_flights_sound": True}
    async with trial(Flows({"line": line()}), **settings) as scene:
        await call(scene)
    recorded = Recorded.read(only_file(folder))
    assert [note.key for note in recorded.of_kind("key")] == ["x"] * 7
    assert tones_in(recorded.sound, recorded.head.rate_hz) == 0
    kept = [note.model_dump(exclude={"pcm"}) for note in recorded.notes]
    assert PIN not in re.sub(r"\W", "", str(kept))


async def test_without_the_setting_nothing_is_kept(tmp_path: Path) -> None:
    async with trial(Flows({"line": line()})) as scene:
        await call(scene)
        assert scene.app[FLIGHTS].keeps is Keeps.NOTHING
    assert names(tmp_path) == set()


async def test_the_oldest_files_go(scene: Trial, folder: Path) -> None:
    aged(folder, 0, 1, 2, 3, 4)
    scene.app[FLIGHTS]._most_files = 3
    await call(scene)
    assert len(names(folder)) == 3
    assert {"3.call", "4.call"} < names(folder)


async def test_a_disk_that_refuses_costs_the_file_only(scene: Trial, folder: Path) -> None:
    block(folder)
    with capture_logs() as logs:
        await call(scene)
    assert {"flight.disk_refused", "call.ended"} <= {line["event"] for line in logs}


async def test_a_long_call_is_recorded_as_far_as_there_is_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight_room, "MOST_SOUND_BYTES", 32_000)
    monkeypatch.setattr(flight_room, "MOST_NOTES", 3)
    settings: dict[str, Any] = {"interlude_flights": folder, "interlude_flights_sound": True}
    async with trial(Flows({"line": line()}), **settings) as scene:
        await call(scene)
    recorded = Recorded.read(only_file(folder))
    assert not recorded.head.is_whole
    assert len(recorded.sound) < 33_000
    assert len(recorded.of_kind("caller_starts", "caller_stops", "caller_said", "model")) <= 3


def test_sound_needs_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERLUDE_FLIGHTS", raising=False)
    monkeypatch.setenv("INTERLUDE_FLIGHTS_SOUND", "1")
    with pytest.raises(SettingsError, match="set INTERLUDE_FLIGHTS, too"):
        load_settings()


async def test_flights_without_a_folder_keep_nothing() -> None:
    assert Flights(None, Keeps.SOUND).keeps is Keeps.NOTHING


def test_a_disk_that_hangs_holds_the_end_of_the_process_up_for_a_while_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On real time, since the lab's clock stands still while a thread works."""
    never = threading.Event()
    monkeypatch.setattr("bridge.service.flights._keep", lambda *_: never.wait())
    monkeypatch.setattr("bridge.service.daemon.SETTLE_S", 0.2)

    async def hangs() -> None:
        async with trial(Flows({"line": line()}), interlude_flights=folder) as scene:
            phone = await scene.acs.dial(NUMBER)
            await phone.answered()
            await phone.hangs_up()
            await scene.record()
            await scene.app[FLIGHTS].settle()

    with capture_logs() as logs:
        asyncio.run(hangs())
    never.set()
    assert [each["count"] for each in logs if each["event"] == "flights.cut_short"] == [1]


def test_a_process_ends_though_one_of_its_threads_never_will() -> None:
    code = """
import asyncio, threading
from bridge.service.daemon import in_daemon

async def main():
    hanging = asyncio.create_task(in_daemon(threading.Event().wait))
    print(await in_daemon(sum, [1, 2]), flush=True)
    hanging.cancel()

asyncio.run(main())
"""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
