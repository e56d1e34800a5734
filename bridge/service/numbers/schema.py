"""The JSON schema of the operators' file, for editors that know TOML."""

from typing import Any

from bridge.service.numbers.reading import File


def schema() -> dict[str, Any]:
    """What the file may hold; defaults are left out, since they are the flow's."""
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **File.model_json_schema(),
        "title": "The operators' file of Interlude",
    }
    plain: dict[str, Any] = _plain(described)
    plain["properties"]["numbers"]["propertyNames"] = {"pattern": r"^\+[1-9][0-9]{6,14}$"}
    return plain


def _plain(part: Any) -> Any:
    """Without defaults and titles of fields, and without null, which TOML does not have."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "anyOf" in part and {"type": "null"} in part["anyOf"]:
        (kind,) = (each for each in part["anyOf"] if each != {"type": "null"})
        part = {**kind, **{key: value for key, value in part.items() if key != "anyOf"}}
    return {
        key: {name: _plain(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _plain(value)
        for key, value in part.items()
        if key != "default" and not (key == "title" and "properties" not in part)
    }
