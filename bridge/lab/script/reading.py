"""Scripts from files: what is wrong is said with its line, its field and the remedy."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic import ValidationError

from bridge.lab.script.values import Script

_SHARED = "calls"
"""A file is one call, or has what all its calls share beside the list of them."""


class BadScript(ValueError):
    """A file holds no script; the message has a line for each thing that is wrong."""


def read_scripts(path: Path) -> Iterator[tuple[Path, Script]]:
    """The scripts of a file, or of all `*.yaml` and `*.yml` in a folder and those in it.

    Raises:
        BadScript: what is there is no script, or two are named the same; or there is none.
    """
    if path.is_file():
        files = [path]
    else:
        files = sorted(file for file in path.rglob("*.y*ml") if file.suffix in (".yaml", ".yml"))
    if not files:
        raise BadScript(f"{path}: there is no script (*.yaml) here.")
    named: dict[str, Path] = {}
    for file in files:
        for script in _of_file(file):
            if other := named.get(script.name):
                raise BadScript(f"{file}: {other} has a call named {script.name!r}, too.")
            named[script.name] = file
            yield file, script


def _of_file(file: Path) -> Iterator[Script]:
    try:
        text = file.read_text()
        root = yaml.compose(text, yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadScript(f"{file}: it cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        raise BadScript(f"{file}: it is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise BadScript(f"{file}: a script is a mapping; begin with `name:` and `flow:`.")
    shared = {key: value for key, value in content.items() if key != _SHARED}
    calls = content.get(_SHARED, [{}])
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise BadScript(f"{file}: `calls` is a list of calls, each with a `name` and `steps`.")
    problems: list[str] = []
    for number, call in enumerate(calls):
        try:
            yield Script.model_validate_json(orjson.dumps(shared | call))
        except orjson.JSONEncodeError as error:
            raise BadScript(f"{file}: it holds what JSON cannot: {error}.") from error
        except ValidationError as error:
            problems += _sentences(file, root, number if _SHARED in content else None, error)
    if problems:
        raise BadScript("\n".join(problems))


def _sentences(
    file: Path, root: yaml.Node | None, number: int | None, error: ValidationError
) -> Iterator[str]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems:
        if problem["type"] == "too_short" and len(problems) > 1:
            continue  # of the steps, none is left for being wrong
        where = [part for part in problem["loc"] if not _is_tag(part, problem["loc"])]
        field = ".".join(map(str, where)) or "the call"
        own = (_SHARED, number, *where) if number is not None else tuple(where)
        line = _line(root, own) or _line(root, tuple(where)) or _line(root, own[:2]) or 1
        yield f"{file}:{line}: {field}: {problem['msg'].removeprefix('Value error, ')}."


def _is_tag(part: Any, loc: tuple[int | str, ...]) -> bool:
    """Whether pydantic put it in to say which of the steps it is."""
    at = loc.index(part)
    return isinstance(part, str) and at >= 2 and loc[0] == "steps" and at == 2  # noqa: PLR2004


def _line(node: yaml.Node | None, where: tuple[Any, ...]) -> int | None:
    """The line, from 1, of what is there; of what holds it, where only the last part is missing."""
    for depth, part in enumerate(where):
        if isinstance(node, yaml.MappingNode):
            found = {key.value: value for key, value in node.value}.get(str(part))
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = node.value[part] if part < len(node.value) else None
        else:
            found = None
        if found is None:
            return node.start_mark.line + 1 if node and depth == len(where) - 1 else None
        node = found
    return node.start_mark.line + 1 if node else None


def schema() -> Mapping[str, Any]:
    """The JSON schema of a file: one call, or several that share what stands beside them."""
    call = Script.model_json_schema()
    definitions = call.pop("$defs")
    shared = {key: value for key, value in call["properties"].items() if key != "steps"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scripted call, or several",
        "anyOf": [
            call,
            {
                "type": "object",
                "required": [_SHARED],
                "additionalProperties": False,
                "properties": {
                    **shared,
                    _SHARED: {
                        "type": "array",
                        "items": {**call, "required": ["name", "steps"]},
                    },
                },
            },
        ],
        "$defs": definitions,
    }
