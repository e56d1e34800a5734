"""Writes the JSON schema of the operators' file: `.venv/bin/python docs/numbers_schema.py`."""

from pathlib import Path

import orjson

from bridge.service.numbers.schema import schema

OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
(Path(__file__).parent / "numbers.schema.json").write_bytes(orjson.dumps(schema(), option=OPTIONS))
