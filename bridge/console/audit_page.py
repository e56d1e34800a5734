"""The page of what operators did: who, what, when."""

from typing import Any

from bridge.console.visits import Visit, page, whole
from bridge.service.parts import AUDIT

A_PAGE = 100

DEEDS = {
    "call.end": "ended a call",
    "call.transfer": "transferred a caller",
    "call.say": "had the line say something",
    "numbers.publish": "published a version",
    "numbers.roll_back": "rolled back",
    "numbers.reload": "had all read anew",
    "trial.begin": "began a trial",
    "trial.end": "ended a trial",
    "capacity.set": "set the capacity",
    "service.drain": "had the replica drain",
}


@page("audit.html")
async def show(visit: Visit) -> dict[str, Any]:
    """The latest deeds first, of all or of one person."""
    query = visit.request.query
    entries = await visit.part(AUDIT).entries(
        who=query.get("who") or None,
        about=query.get("about") or None,
        before=whole(query.get("before", "")),
        limit=A_PAGE,
    )
    if not visit.may_edit:
        entries = [entry.masked() for entry in entries]
    return {
        "entries": entries,
        "deeds": DEEDS,
        "who": query.get("who", ""),
        "about": query.get("about", ""),
        "more": entries[-1].id if len(entries) == A_PAGE else None,
    }
