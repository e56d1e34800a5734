"""A team's own tests, in Python, with a telephone."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = """
async def test_an_order_is_found(phone):
    call = await phone.dial("+18005550100", tools={"order_status": {"takes_s": 2}})
    await call.hears("Thanks for calling")
    await call.says("Where is order four two seven one?")
    await call.hears("", by="interim", within_s=4)
    await call.hears("on its way", within_s=12)
    assert [tool.name for tool in call.tools] == ["order_status"]
    assert call.dead_air_s < 3
    await call.hangs_up()
    assert (await call.record()).end.by == "caller"


async def test_a_promise_is_not_kept(phone):
    call = await phone.dial("+18005550100")
    await call.hears("Free parcels", within_s=3)


def test_without_a_telephone(): ...
"""


def test_the_plugin_serves_a_folder_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "test_calls.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["bridge.rehearsal.plugin"]\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "DidNotHear: 'Free parcels' within 3 s; heard instead:" in done.stdout
