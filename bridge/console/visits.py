"""Who looks at a page, and whether they may."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from bridge.console.parts import SETTINGS
from bridge.console.rendering import OPERATOR, SIGNED_IN, rendered
from bridge.console.sign_in import who_signed_in
from bridge.service.door_settings import Auth
from bridge.service.guards import Operator, Role
from bridge.service.parts import FLEET, GUARDS

T = TypeVar("T")

_DIGITS = 16
"""Of numbers that a database counts to."""
_ROLE = "This needs the role Interlude.Editor. Sign out, and in again with INTERLUDE_API_KEY."


@dataclass(frozen=True)
class Visit:
    """One request of somebody who was let in."""

    request: web.Request
    operator: Operator

    @property
    def may_edit(self) -> bool:
        """Whether they may do what changes something, and see what is personal."""
        return self.operator.role >= Role.EDITOR

    @property
    def other_replicas(self) -> int:
        """How many other replicas keep what they have done and heard for themselves."""
        fleet = self.request.config_dict.get(FLEET)
        return len(fleet.neighbours) if fleet else 0

    def part(self, key: web.AppKey[T]) -> T:
        """A part of the console or of the service."""
        return self.request.config_dict[key]

    async def page(self, template: str, **content: Any) -> web.Response:
        """Answer with a page."""
        return await rendered(
            self.request,
            template,
            **content,
            may_edit=self.may_edit,
            other_replicas=self.other_replicas,
        )


Content = Mapping[str, Any] | web.StreamResponse
Looked = Callable[[Visit], Awaitable[Content]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(template: str, needed: Role = Role.READER) -> Callable[[Looked], Handler]:
    """Make a handler of what collects the content of a page, for those who have the role."""

    def decorate(look: Looked) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            visit = await let_in(request, needed)
            content = await look(visit)
            if isinstance(content, web.StreamResponse):
                return content
            return await visit.page(template, **content)

        return handle

    return decorate


async def let_in(request: web.Request, needed: Role) -> Visit:
    """Let somebody in by what a proxy shows for them, or by the cookie of their signing in.

    Raises:
        HTTPException: to the page where they sign in, or a refusal.
    """
    is_open = request.config_dict[SETTINGS].interlude_auth is Auth.OFF
    shows = request.headers.get("Authorization", "")
    if is_open or shows.lower().startswith("bearer "):
        operator = await request.config_dict[GUARDS].operator(request, needed)
    else:
        signed_in = who_signed_in(request)
        if signed_in is None:
            raise _to_sign_in(request)
        operator, request[SIGNED_IN] = signed_in, True
    request[OPERATOR] = operator
    if operator.role < needed:
        raise web.HTTPForbidden(text=_ROLE)
    return Visit(request, operator)


def whole(text: str) -> int | None:
    """A whole number that a page asks for by; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else None


def _to_sign_in(request: web.Request) -> web.HTTPException:
    back = request.rel_url.raw_path_qs if request.method == "GET" else ""
    where = "/console/login" + (f"?{urlencode({'next': back}, safe='/')}" if back else "")
    if "HX-Request" in request.headers:  # htmx follows this with the whole page
        return web.HTTPUnauthorized(headers={"HX-Redirect": where}, text="Sign in again.")
    return web.HTTPSeeOther(where)
