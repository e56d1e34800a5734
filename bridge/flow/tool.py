"""Tools: typed functions that the model may call, and the JSON schema that tells it how."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from bridge.flow.call import Call
from bridge.flow.errors import FlowError, ToolError
from bridge.flow.interim import Interim
from bridge.flow.template import filled, placeholders
from bridge.flow.tool_interim import OwnInterim

ToolFunction = Callable[..., Awaitable[Any]]
Effect = Literal["read", "write"]
OnBargeIn = Literal["continue", "cancel"]

MOST_RETRIES = 5

_ARGUMENTS = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True)
class Tool:
    """A function of a call flow with its contract."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments, without references."""
    timeout_ms: int
    """For all attempts together."""
    effect: Effect
    """A `write` changes something, and so happens once."""
    retries: int
    """How often a read that raises is run again."""
    on_barge_in: OnBargeIn
    """What the tool does when the caller speaks meanwhile."""
    interim: Interim | None
    """How waits for it are covered."""
    own_interim: OwnInterim
    """The same as its author gave it; `...` is the flow's."""
    function: ToolFunction
    _arguments: type[BaseModel]
    _call_parameter: str | None

    def parse(self, arguments: str) -> BaseModel:
        """The model's `arguments`, a JSON object, as typed values; equal ones ask for the same.

        Raises:
            ToolError: the arguments do not fit the schema; the message says which.
        """
        try:
            return self._arguments.model_validate_json(arguments or "{}")
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors()
            )
            raise ToolError(f"The arguments do not fit. {problems}") from error

    def line(self, text: str, arguments: BaseModel) -> str:
        """A line of its interim response, with the arguments in their places."""
        return filled(text, self._values(arguments))

    async def run(self, call: Call, arguments: BaseModel) -> Any:
        """Run once, with what `parse` returned."""
        values = self._values(arguments)
        if self._call_parameter:
            values[self._call_parameter] = call
        return await self.function(**values)

    def _values(self, arguments: BaseModel) -> dict[str, Any]:
        return {name: getattr(arguments, name) for name in self._arguments.model_fields}


def make_tool(
    function: ToolFunction,
    *,
    timeout_ms: int,
    effect: Effect = "read",
    retries: int = 0,
    on_barge_in: OnBargeIn = "continue",
    interim: Interim | None = None,
    own_interim: OwnInterim = None,
) -> Tool:
    """Read a tool from a function: name, docstring and annotated parameters.

    Raises:
        FlowError: no docstring, not `async def`, a parameter that no JSON schema can say, a
            contract that contradicts itself, or a line that names no parameter.
    """
    name = getattr(function, "__name__", repr(function))
    if not inspect.iscoroutinefunction(function):
        raise FlowError(f"The tool {name} must be an `async def` function.")
    description = inspect.getdoc(function)
    if not description:
        raise FlowError(f"The tool {name} needs a docstring: it tells the model when to call it.")
    if timeout_ms <= 0:
        raise FlowError(f"The tool {name} needs a timeout_ms above 0.")
    _check_contract(name, effect, retries, on_barge_in)
    call_parameter, fields = _parameters(name, function)
    try:
        model = create_model(name, __config__=_ARGUMENTS, **fields)
        schema = model.model_json_schema()
    except (PydanticUserError, PydanticInvalidForJsonSchema) as error:
        raise FlowError(
            f"A parameter of the tool {name} has a type that JSON cannot carry; use str, int, "
            "float, bool, Literal, an Enum, a date, or lists of them."
        ) from error
    _check_lines(name, interim, fields)
    parameters = _plain(name, schema, schema.get("$defs", {}))
    return Tool(
        name,
        description,
        parameters,
        timeout_ms,
        effect,
        retries,
        on_barge_in,
        interim,
        own_interim,
        function,
        model,
        call_parameter,
    )


def _check_contract(tool: str, effect: str, retries: int, on_barge_in: str) -> None:
    if effect not in get_args(Effect):
        raise FlowError(f"The tool {tool} needs effect='read' or effect='write'.")
    if on_barge_in not in get_args(OnBargeIn):
        raise FlowError(f"The tool {tool} needs on_barge_in='continue' or on_barge_in='cancel'.")
    if retries not in range(MOST_RETRIES + 1):
        raise FlowError(f"The tool {tool} needs retries from 0 to {MOST_RETRIES}.")
    if effect == "write" and retries:
        raise FlowError(
            f"The tool {tool} writes, and what failed may have been written: leave retries out, or "
            "say effect='read'."
        )
    if effect == "write" and on_barge_in == "cancel":
        raise FlowError(
            f"The tool {tool} writes, and half of it may be written when the caller speaks: leave "
            "on_barge_in out, or say effect='read'."
        )


def _check_lines(tool: str, interim: Interim | None, parameters: Mapping[str, Any]) -> None:
    for text in interim.lines if interim else ():
        if unknown := placeholders(text) - parameters.keys():
            raise FlowError(
                f"The line {text!r} of the tool {tool} names {', '.join(sorted(unknown))}, and its "
                f"parameters are {', '.join(parameters) or 'none'}."
            )


def _parameters(tool: str, function: ToolFunction) -> tuple[str | None, dict[str, Any]]:
    """Name of the parameter that takes the `Call`, and pydantic fields for the others."""
    hints = get_type_hints(function, include_extras=True)
    call_parameter, fields = None, {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise FlowError(f"The tool {tool} must name its parameters; *{name} says nothing.")
        if name not in hints:
            raise FlowError(f"The parameter {name} of the tool {tool} needs a type: {name}: str.")
        if hints[name] is Call:
            call_parameter = name
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (_described(hints[name]), default)
    return call_parameter, fields


def _described(hint: Any) -> Any:
    """`Annotated[str, "Four digits"]`: the text is the parameter's description."""
    if get_origin(hint) is not Annotated:
        return hint
    texts = [extra for extra in get_args(hint)[1:] if isinstance(extra, str)]
    return Annotated[hint, Field(description=" ".join(texts))] if texts else hint


def _plain(tool: str, schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> Any:
    """The schema without titles and references, refused where a branch has no type.

    Voice Live has been seen to reject a tool whose `anyOf` branches lack a type.
    """
    if depth > 20:  # noqa: PLR2004 - deeper than any arguments a caller can speak
        raise FlowError(f"A parameter of the tool {tool} contains itself; flatten it.")
    if isinstance(schema, list):
        return [_plain(tool, entry, definitions, depth + 1) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        merged = {**definitions[reference.rpartition("/")[2]], **schema}
        del merged["$ref"]
        return _plain(tool, merged, definitions, depth + 1)
    plain = {
        key: _plain(tool, value, definitions, depth + 1)
        for key, value in schema.items()
        if key not in ("title", "$defs", "properties")
    }
    if "properties" in schema:
        plain["properties"] = {
            name: _typed(tool, name, _plain(tool, value, definitions, depth + 1))
            for name, value in schema["properties"].items()
        }
    return plain


def _typed(tool: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    branches = schema.get("anyOf", [schema])
    if not all("type" in branch for branch in branches):
        raise FlowError(
            f"The parameter {name} of the tool {tool} can be anything; give it a type such as str."
        )
    return schema
