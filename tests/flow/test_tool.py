"""Tools are plain typed functions; the schema is read from the signature."""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel

from bridge import Call, Callflow, FlowError, HangUp, ToolError

CALL = Call(id="c1", caller="+14255550123", dialled="+18005550100", correlation_id="k1")


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Address(BaseModel):
    street: str
    number: int


class Tree(BaseModel):
    branches: list["Tree"]


async def run(flow: Callflow, arguments: str) -> Any:
    """Run the only tool of a flow."""
    (tool,) = flow.tools.values()
    return await tool.run(CALL, tool.parse(arguments))


@pytest.fixture
def flow() -> Callflow:
    return Callflow(number="+18005550100")


def test_the_schema_says_what_the_signature_says(flow: Callflow) -> None:
    @flow.tool(timeout_ms=5_000)
    async def book(
        call: Call,
        order_number: Annotated[str, "Four digits"],
        day: Literal["monday", "friday"],
        size: Size = Size.SMALL,
        when: date | None = None,
        address: Address | None = None,
    ) -> str:
        """Book a parcel."""
        return f"{call.id} {order_number} {day} {size} {when} {address}"

    tool = flow.tools["book"]
    assert (tool.name, tool.description, tool.timeout_ms) == ("book", "Book a parcel.", 5_000)
    assert tool.parameters == {
        "type": "object",
        "additionalProperties": False,
        "required": ["order_number", "day"],
        "properties": {
            "order_number": {"type": "string", "description": "Four digits"},
            "day": {"type": "string", "enum": ["monday", "friday"]},
            "size": {"type": "string", "enum": ["small", "large"], "default": "small"},
            "when": {
                "anyOf": [{"type": "string", "format": "date"}, {"type": "null"}],
                "default": None,
            },
            "address": {
                "anyOf": [
                    {
                        "type": "object",
                        "required": ["street", "number"],
                        "properties": {"street": {"type": "string"}, "number": {"type": "integer"}},
                    },
                    {"type": "null"},
                ],
                "default": None,
            },
        },
    }


async def test_a_tool_gets_typed_values_and_the_call(flow: Callflow) -> None:
    @flow.tool
    async def book(order: int, call: Call, size: Size = Size.LARGE) -> dict[str, Any]:
        """Book."""
        return {"order": order, "size": size, "by": call.caller}

    result = await run(flow, '{"order": "17"}')
    assert result == {"order": 17, "size": Size.LARGE, "by": "+14255550123"}


async def test_a_tool_may_end_the_call_with_nothing_but_a_word(flow: Callflow) -> None:
    @flow.tool
    async def goodbye() -> HangUp:
        """End the call."""
        return HangUp()

    assert await run(flow, "") == HangUp(say=None)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("{}", "order: Field required"),
        ('{"order": 1, "colour": "red"}', "colour: Extra inputs"),
        ('{"order": ', "arguments: Invalid JSON"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(
    flow: Callflow, arguments: str, complaint: str
) -> None:
    @flow.tool
    async def book(order: int) -> str:
        """Book."""
        return str(order)

    with pytest.raises(ToolError, match=complaint):
        await run(flow, arguments)


async def undocumented() -> str:
    return ""


def synchronous() -> str:
    """Block everybody."""
    return ""


async def untyped(order) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Take anything."""
    return str(order)


async def variadic(*orders: str) -> str:
    """Take many."""
    return str(orders)


async def anything(order: Any) -> str:
    """Take anything."""
    return str(order)


async def unsayable(order: Callable[[], None]) -> str:
    """Take a function."""
    return str(order)


async def arbitrary(order: object) -> str:
    """Take an object."""
    return str(order)


async def endless(tree: Tree) -> str:
    """Take a tree."""
    return str(tree)


@pytest.mark.parametrize(
    ("function", "remedy"),
    [
        (undocumented, "needs a docstring"),
        (synchronous, "async def"),
        (untyped, "needs a type"),
        (variadic, "must name its parameters"),
        (anything, "can be anything"),
        (unsayable, "JSON cannot carry"),
        (arbitrary, "can be anything"),
        (endless, "contains itself"),
    ],
)
def test_a_tool_that_cannot_be_described_is_refused(
    flow: Callflow, function: Any, remedy: str
) -> None:
    with pytest.raises(FlowError, match=remedy):
        flow.tool(function)


def test_two_tools_of_one_name_are_refused(flow: Callflow) -> None:
    async def book() -> str:
        """Book."""
        return ""

    flow.tool(book)
    with pytest.raises(FlowError, match="two tools are named book"):
        flow.tool(book)
    with pytest.raises(FlowError, match="timeout_ms above 0"):
        flow.tool(timeout_ms=0)(book)


@pytest.mark.parametrize(
    ("contract", "remedy"),
    [
        ({"effect": "delete"}, "effect='read' or effect='write'"),
        ({"retries": -1}, "retries from 0 to 5"),
        ({"retries": "2"}, "retries from 0 to 5"),
        ({"on_barge_in": "stop"}, "on_barge_in='continue' or"),
        ({"effect": "write", "retries": 1}, "leave retries out"),
        ({"effect": "write", "on_barge_in": "cancel"}, "leave on_barge_in out"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused(
    flow: Callflow, contract: dict[str, Any], remedy: str
) -> None:
    async def book() -> str:
        """Book."""
        return ""

    with pytest.raises(FlowError, match=remedy):
        flow.tool(**contract)(book)


def test_the_same_arguments_are_equal_however_they_are_written(flow: Callflow) -> None:
    @flow.tool(effect="write")
    async def book(day: str, size: Size = Size.SMALL) -> str:
        """Book."""
        return f"{day} {size}"

    tool = flow.tools["book"]
    once = tool.parse('{"day": "monday"}')
    assert once == tool.parse('{"size": "small", "day": " monday "}')
    assert once != tool.parse('{"day": "friday"}')


def test_a_call_never_shows_its_numbers_when_printed() -> None:
    assert "555" not in repr(CALL)
