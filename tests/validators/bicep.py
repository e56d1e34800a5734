"""Bicep, as far as a parser and Microsoft's published resource types tell whether it is right.

`pycep` knows the syntax, not what resources have. The types are those that the Bicep compiler is
built from, github.com/Azure/bicep-types-az; a clone of it is named by `BICEP_TYPES`.
"""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_PARSE = (
    "import json, pathlib, sys, pycep\n"
    "parse = pycep.BicepParser().parse\n"
    "print(json.dumps({name: parse(file_path=pathlib.Path(name)) for name in sys.argv[1:]}))"
)

_REQUIRED, _READ_ONLY = 1, 2
"""Flags of a property, by the types' own documentation."""

_LANGUAGE = {"parent", "scope", "dependsOn"}
"""What Bicep itself has in every resource."""

Json = Any


def parsed(python: Path, files: list[Path]) -> dict[Path, Json]:
    """Syntax trees of files, by an interpreter that has the parser.

    Raises:
        subprocess.CalledProcessError: one of them is not Bicep; its output says where.
    """
    done = subprocess.run(  # noqa: S603 - our own files
        [python, "-c", _PARSE, *files], check=True, capture_output=True, text=True
    )
    return {Path(name): tree for name, tree in json.loads(done.stdout).items()}


class Types:
    """The types of one clone."""

    def __init__(self, clone: Path) -> None:
        self._generated = clone / "generated"

    @cache  # noqa: B019 - as long as the test
    def _file(self, path: Path) -> list[Json]:
        types: list[Json] = json.loads(path.read_text())
        return types

    def problems(self, tree: Json) -> Iterator[str]:
        """What resources of a file have and should not, or lack, or have wrong; a sentence each."""
        for name, resource in tree.get("resources", {}).items():
            if not resource["existing"]:
                yield from _Resource(self, tree, resource).problems(name)

    def find(self, kind: str, version: str) -> tuple[list[Json], Json] | None:
        """The file of a resource type, and its body; None if there is no such version."""
        vendor = kind.partition("/")[0].lower()
        wanted = f"{kind}@{version}".lower()
        for path in self._generated.glob(f"*/{vendor}/{version}/types.json"):
            types = self._file(path)
            for each in types:
                if each["$type"] == "ResourceType" and each["name"].lower() == wanted:
                    return types, each["body"]
        return None


class _Resource:
    """One resource of a file."""

    def __init__(self, types: Types, tree: Json, resource: Json) -> None:
        self._kind, self._version = resource["type"], resource["api_version"]
        config = resource["config"]
        self._config = config["config"] if "condition" in config else config
        self._found = types.find(self._kind, self._version)
        self._variables = tree.get("variables", {})
        self._symbols = {*tree.get("parameters", {}), *tree.get("resources", {})}

    def problems(self, name: str) -> Iterator[str]:
        if not self._found:
            yield f"{name}: there is no {self._kind}@{self._version}."
            return
        given = {key: value for key, value in self._config.items() if key not in _LANGUAGE}
        body = self._type(self._found[1])
        yield from self._object(given, body, name)

    def _type(self, reference: Json) -> Json:
        assert self._found
        return self._found[0][int(reference["$ref"].removeprefix("#/"))]

    def _check(self, value: Json, wanted: Json, at: str) -> Iterator[str]:
        value = self._resolved(value)
        kind = wanted["$type"]
        if isinstance(value, dict) and {"function", "operator"} & value.keys():
            for each in _outcomes(value):
                yield from self._check(each, wanted, at)
            return
        if isinstance(value, str) and "${" in value:
            return
        if isinstance(value, dict) and kind in {"ObjectType", "DiscriminatedObjectType"}:
            yield from self._object(value, wanted, at)
        elif isinstance(value, list) and kind == "ArrayType":
            for number, item in enumerate(value):
                yield from self._check(item, self._type(wanted["itemType"]), f"{at}[{number}]")
        elif isinstance(value, dict) and "loop_type" in value and kind == "ArrayType":
            yield from self._check(value["config"], self._type(wanted["itemType"]), f"{at}[]")
        elif isinstance(value, str) and value in self._symbols:
            return
        elif not self._is_scalar(value, wanted):
            yield f"{at}: {value!r} is no {kind}."

    def _object(self, value: Json, wanted: Json, at: str) -> Iterator[str]:
        properties = dict(wanted.get("properties", wanted.get("baseProperties", {})))
        if wanted["$type"] == "DiscriminatedObjectType":
            chosen = value.get(wanted["discriminator"])
            if chosen not in wanted["elements"]:
                yield f"{at}: {wanted['discriminator']} is one of {sorted(wanted['elements'])}."
                return
            properties |= self._type(wanted["elements"][chosen])["properties"]
        for key, item in value.items():
            if key not in properties:
                if "additionalProperties" not in wanted:
                    yield f"{at}: there is no {key}."
                continue
            if properties[key]["flags"] & _READ_ONLY:
                yield f"{at}.{key} is Azure's to set."
            yield from self._check(item, self._type(properties[key]["type"]), f"{at}.{key}")
        for key, each in properties.items():
            fixed = {"apiVersion", "id", "type"} if "." not in at else set()
            if each["flags"] & _REQUIRED and key not in value and key not in fixed:
                yield f"{at}: {key} is missing."

    def _resolved(self, value: Json) -> Json:
        while isinstance(value, str) and value in self._variables:
            value = self._variables[value]["value"]
        return value

    def _is_scalar(self, value: Json, wanted: Json) -> bool:
        kind = wanted["$type"]
        if kind == "StringLiteralType":
            return bool(value == wanted["value"])
        if kind == "IntegerType":
            least, most = wanted.get("minValue", value), wanted.get("maxValue", value)
            return type(value) is int and least <= value <= most
        if kind == "UnionType":
            return any(self._is_scalar(value, self._type(each)) for each in wanted["elements"])
        python = {"AnyType": object, "StringType": str, "BooleanType": bool}
        return isinstance(value, python.get(kind, ()))


def _outcomes(expression: Json) -> list[Json]:
    """What a choice may come to, or what is joined; none for what only Azure can compute."""
    match expression:
        case {"operator": {"type": "conditional", "operands": operands}}:
            return [value for name, value in operands.items() if name != "condition"]
        case {"function": {"type": "concat", "parameters": lists}}:
            return list(lists.values())
    return []
