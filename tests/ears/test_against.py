"""Scripts are run against a Voice Live that is not the lab's: here, one of another process."""

import asyncio
import os
import sys
from pathlib import Path

from bridge.lab.recogniser import Recogniser
from bridge.lab.speech import Studio
from bridge.lab.voicelive import ScriptBrain, Thought, VoiceLiveStandIn

SCRIPTS = """
flow: order_status
calls:
  - name: A parcel arrives
    steps:
      - hears: Thanks for calling
      - says: Where is my parcel?
      - hears: Your parcel arrives
        by: agent
      - hangs_up: true
    expect: {end: {by: caller}}
  - name: It is for the lab alone
    voice_live: {first_token_s: 2}
    steps: [{waits: 1}]
"""


def test_a_script_is_heard_in_real_time(tmp_path: Path, ears: Recogniser) -> None:
    asyncio.run(run_against_another_process(tmp_path, ears))


async def run_against_another_process(tmp_path: Path, ears: Recogniser) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPTS)
    brain = ScriptBrain([Thought(say="Your parcel arrives tomorrow before noon.")] * 3)
    async with VoiceLiveStandIn(Studio(), brain=brain, ears=ears) as elsewhere:
        command = ("-m", "bridge", "lab", "run", str(tmp_path), "--against", elsewhere.endpoint)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            *("--out", str(tmp_path / "out")),
            env={**os.environ, "VOICELIVE_API_KEY": elsewhere.api_key, "COLUMNS": "200"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        told, problems = await process.communicate()
    assert process.returncode == 0, told.decode() + problems.decode()
    assert "Skipped, for the lab's own Voice Live: 1." in told.decode()
    assert "passed  order_status: A parcel arrives" in told.decode()
