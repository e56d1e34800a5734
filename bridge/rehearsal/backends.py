"""Flows whose tools do what a script says of their back ends."""

import asyncio
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from bridge.flow.callflow import Callflow
from bridge.flow.errors import ToolError
from bridge.flow.tool import Tool
from bridge.lab.script import Backend, BadScript


class BackendFailed(Exception):
    """What a script has a tool raise."""


def with_backends(flow: Callflow, backends: Mapping[str, Backend]) -> Callflow:
    """A flow like this one, whose tools are slow, fail, or answer as told.

    Raises:
        BadScript: it has no such tool.
    """
    if unknown := backends.keys() - flow.tools.keys():
        raise BadScript(
            f"tools: the flow has no tool {', '.join(sorted(unknown))}; it has "
            f"{', '.join(flow.tools) or 'none'}."
        )
    other = copy(flow)
    tools = {
        name: _with_backend(tool, backends[name]) if name in backends else tool
        for name, tool in flow.tools.items()
    }
    object.__setattr__(other, "tools", tools)
    return other


def _with_backend(tool: Tool, backend: Backend) -> Tool:
    async def work(**values: Any) -> Any:
        await asyncio.sleep(backend.takes_s)
        if backend.hangs:
            await asyncio.Event().wait()
        if backend.fails:
            raise BackendFailed(backend.fails)
        if backend.refuses:
            raise ToolError(backend.refuses)
        if backend.returns is not None:
            return backend.returns
        return await tool.function(**values)

    return replace(tool, function=work)
