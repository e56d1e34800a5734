"""What holds for every page: headers that bind the browser, and requests of our own pages only."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from bridge.console.rendering import rendered

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # All that a page runs, applies and asks for comes from here, and nothing of it is inline.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Have the browser keep pages to themselves, and not keep what operators saw."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what other sites have a browser send, and tell of every refusal in a page."""
    try:
        if request.method not in ("GET", "HEAD") and not is_ours(request):
            raise web.HTTPForbidden(
                text="This did not come from a page of the console. Open the page, and try again."
            )
        return await handler(request)
    except web.HTTPException as problem:
        if problem.status < 400:  # noqa: PLR2004 - a redirect
            raise
        page = await rendered(
            request, "problem.html", status=problem.status, reason=problem.reason, why=problem.text
        )
        page.set_status(problem.status)
        for name in ("HX-Redirect", "Retry-After", "WWW-Authenticate"):
            if name in problem.headers:
                page.headers[name] = problem.headers[name]
        return page


def is_ours(request: web.Request) -> bool:
    """Whether a browser says that a page of this host has sent this.

    Browsers name the origin of everything that changes something, and no page can forge it.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return bool(origin) and urlsplit(origin or "").netloc == request.host
