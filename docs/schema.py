"""Writes the JSON schema of scripts: `.venv/bin/python docs/schema.py`."""

from pathlib import Path

import orjson

from bridge.lab.script.reading import schema

OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
(Path(__file__).parent / "script.schema.json").write_bytes(orjson.dumps(schema(), option=OPTIONS))
