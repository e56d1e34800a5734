"""From a template to a page. Whatever is put into one is text, and never markup."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from jinja2 import PackageLoader, StrictUndefined

from bridge.console.static_files import StaticFiles
from bridge.console.wait_plan import WaitPlan
from bridge.service.guards import Operator

OPERATOR = web.RequestKey("operator", Operator)
SIGNED_IN = web.RequestKey("signed_in", bool)
"""Whether it was by a cookie that they were let in."""

_TICKS = 12
_LARGE = 1024
"""Bytes; what is longer is packed in a thread."""


def set_up_templates(console: web.Application, files: StaticFiles) -> None:
    """Have the pages of this application rendered by our templates."""
    aiohttp_jinja2.setup(
        console,
        loader=PackageLoader("bridge.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        filters=FILTERS,
        default_helpers=False,
    ).globals["asset"] = files.address


async def rendered(request: web.Request, template: str, **content: Any) -> web.Response:
    """Make a page in a thread: one with 200 calls takes longer than sound should wait."""
    content["operator"] = request.get(OPERATOR)
    content["signed_in"] = request.get(SIGNED_IN, False)
    content["path"] = request.path
    text = await asyncio.to_thread(aiohttp_jinja2.render_string, template, request, content)
    page = web.Response(text=text, content_type="text/html", zlib_executor_size=_LARGE)
    page.enable_compression()
    return page


def seconds(ms: float) -> str:
    """A length in seconds, as people say it: 0.5 s."""
    return f"{ms / 1000:.1f}".removesuffix(".0") + " s"


def lasting(s: float) -> str:
    """How long something lasted, as people say it: 1:02 min or 12 s."""
    whole = round(s)
    return f"{whole // 60}:{whole % 60:02} min" if whole >= 60 else f"{whole} s"  # noqa: PLR2004


def moment(at: datetime) -> str:
    """A moment in a sentence: by the world's clock, as replicas share it."""
    return at.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")


def stamp(at: datetime) -> str:
    """A moment in a column whose head says that it is UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def since(at: datetime, now: datetime) -> float:
    """Seconds between two moments."""
    return max(0.0, (now - at).total_seconds())


def ticks(plan: WaitPlan) -> list[int]:
    """Whole seconds to write on the axis of a wait: six to twelve of them, where it is long."""
    lasts_s = plan.lasts_ms / 1000
    step = next(each for each in (1, 2, 5, 10, 20, 30, 60, 300, 3600) if lasts_s / each <= _TICKS)
    return [*range(0, int(lasts_s) + 1, step)]


FILTERS: dict[str, Callable[..., Any]] = {
    "lasting": lasting,
    "moment": moment,
    "seconds": seconds,
    "stamp": stamp,
    "since": since,
    "ticks": ticks,
}
