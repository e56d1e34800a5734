"""Scripted callers: what somebody says, presses and expects to hear on a line, as a file.

YAML, with a JSON schema for editors (`docs/script.schema.json`).
"""

from bridge.lab.script.reading import BadScript, read_scripts
from bridge.lab.script.steps import Who
from bridge.lab.script.values import Backend, Expected, Scene, Script, ToolUsed

__all__ = ["Backend", "BadScript", "Expected", "Scene", "Script", "ToolUsed", "Who", "read_scripts"]
