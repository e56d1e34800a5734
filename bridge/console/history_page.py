"""The pages of calls that are over, and of how their callers waited."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import web

from bridge.call.ends import By, Reason
from bridge.console.calls_view import lines_of, moments_of
from bridge.console.visits import Visit, page, whole
from bridge.console.waits_view import plot_of
from bridge.service.floor.history import Search
from bridge.service.floor.past import past_call
from bridge.service.flows import Flows
from bridge.service.parts import FLIGHTS, HISTORY, LINES

A_PAGE = 20
MOST_PLOTS = 12
DAYS = {"1": "last day", "7": "last 7 days", "30": "last 30 days", "90": "last 90 days"}

_SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?")

ENDED_BY = tuple(str(by) for by in By)
REASONS = tuple(str(reason) for reason in Reason)


@page("history.html")
async def show(visit: Visit) -> dict[str, Any]:
    """Calls that a search finds, and the waits of the same time."""
    asked = {name: text.strip() for name, text in visit.request.query.items() if text.strip()}
    days = asked.get("days", "7") if asked.get("days") in DAYS else "7"
    now = datetime.now(UTC)
    since = now - timedelta(days=int(days))
    search, problem = _search(asked, since)
    history, flows = visit.part(HISTORY), visit.part(LINES).current
    calls = await history.calls(search)
    waits = await history.waits(since, now, flow=search.flow)
    more = urlencode({**asked, "before": calls[-1].number}) if len(calls) == A_PAGE else ""
    return {
        "asked": asked,
        "days": days,
        "all_days": DAYS,
        "flows": sorted({*flows.by_name, *(wait.flow for wait in waits)}),
        "ended_by": ENDED_BY,
        "reasons": REASONS,
        "calls": calls,
        "more": more,
        "problem": problem,
        "plots": [
            plot_of(each, _threshold(flows, each.flow, each.tool)) for each in waits[:MOST_PLOTS]
        ],
    }


def _search(asked: Mapping[str, str], since: datetime) -> tuple[Search, str]:
    dead_air = asked.get("dead_air", "0").replace(",", ".")
    problem = "" if _SECONDS.fullmatch(dead_air) else "A number of seconds, like 2.5."
    return Search(
        text=_as_kept(asked["text"][:200]) if "text" in asked else None,
        flow=asked.get("flow", "")[:200] or None,
        by=asked.get("by", "")[:200] or None,
        reason=asked.get("reason", "")[:200] or None,
        since=since,
        dead_air_ms=0 if problem else round(float(dead_air) * 1000),
        before=whole(asked.get("before", "")),
        limit=A_PAGE,
    ), problem


def _as_kept(text: str) -> str:
    """A call's id as it is; of a number, the last two digits, as no more is kept."""
    digits = "".join(filter(str.isdecimal, text))
    is_number = len(digits) >= 2 and not text.strip("+…0123456789 ()-/.")  # noqa: PLR2004
    return f"…{digits[-2:]}" if is_number else text


def _threshold(flows: Flows, flow: str, tool: str) -> int | Literal["adaptive"] | None:
    """What holds now for waits of a flow, for a tool or for the model's answer."""
    known = flows.by_name.get(flow)
    if known is None:
        return None
    of_tool = known.tools.get(tool.partition(",")[0])
    interim = of_tool.interim if of_tool else known.interim
    return interim.latency_threshold_ms if interim else None


@page("history_call.html")
async def show_call(visit: Visit) -> dict[str, Any]:
    """What is left of one call."""
    call = await visit.part(HISTORY).call(visit.request.match_info["id"])
    if call is None:
        here = " here: each replica keeps its own" if visit.other_replicas else ""
        raise web.HTTPNotFound(text=f"Nothing is kept of such a call{here}.")
    past = await past_call(call, visit.part(FLIGHTS).file_of(call.id))
    past = past if visit.may_edit else past.masked()
    return {
        "call": call,
        "figures": call.figures,
        "said": lines_of(past.said),
        "timeline": moments_of(past.timeline),
        "problem": past.problem,
    }
