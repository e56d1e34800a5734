"""What covers the wait for one tool: an interim response of its own, the flow's, or nothing."""

from dataclasses import replace
from types import EllipsisType

from bridge.flow.errors import FlowError
from bridge.flow.interim import Interim, StaticInterim, Trigger

OwnInterim = Interim | str | EllipsisType | None
"""As the author of a tool gave it: `...` follows the flow's, a line takes the place of its first,
None is silence."""


def interim_of_tool(own: OwnInterim, flows: Interim | None) -> Interim | None:
    """The interim response of a tool, where `flows` is that of its flow.

    Raises:
        FlowError: it stands on the flow's, and there is none; or nobody could deliver it.
    """
    if own is ...:
        return flows
    if isinstance(own, str):
        if not flows:
            raise FlowError(
                f"@flow.tool(interim={own!r}) follows the flow's interim=..., and there is none; "
                "give the tool a StaticInterim(...)."
            )
        return StaticInterim(
            texts=(own,),
            triggers=(Trigger.TOOL,),
            latency_threshold_ms=flows.latency_threshold_ms,
            delivery=flows.delivery,
            then=flows.then,
        )
    if own and own.delivery == "service":
        raise FlowError(
            "@flow.tool(interim=...) cannot have delivery='service': Voice Live knows no interim "
            "responses for single tools."
        )
    return replace(own, triggers=(Trigger.TOOL,)) if own else None
