"""Signing in with a key or a token, and the sealed cookie that stands for it afterwards."""

from urllib.parse import urlsplit

from aiohttp import web

from bridge.console.parts import BRAKE, SETTINGS
from bridge.console.rendering import rendered
from bridge.service.bearer import Refused, Why
from bridge.service.guards import Door, Operator, Role
from bridge.service.parts import GUARDS, TOKENS
from bridge.service.tokens import LIFETIME_S, BadToken, Purpose

COOKIE = "interlude-console"
_PATH = "/console"
_LONGEST_NAME = 60

_WRONG = "That is neither a key of this service nor a token for it."
_NO_ROLE = "The token is right, but it has neither role: Interlude.Reader or Interlude.Editor."
_NO_AUTHORITY = "The issuer of the token cannot be reached just now. Try again, or use a key."


def who_signed_in(request: web.Request) -> Operator | None:
    """Whom a request's cookie stands for; None without one, and for one that is no longer good."""
    try:
        stamp = request.config_dict[SETTINGS].operators_stamp
        cookie = request.cookies.get(COOKIE, "")
        name, role = request.config_dict[TOKENS].open_session(cookie, stamp)
    except BadToken:
        return None
    return Operator(name, Role(role))


async def ask(request: web.Request) -> web.Response:
    """The page on which somebody signs in."""
    return await _form(request, back=request.query.get("next", ""), name="", problem="")


async def sign_in(request: web.Request) -> web.Response:
    """Take a key or a token; who shows a right one gets a cookie, for eight hours."""
    form = await request.post()
    given, name, back = (str(form.get(field, "")).strip() for field in ("key", "name", "next"))
    guards = request.config_dict[GUARDS]
    try:
        operator = await guards.shown(f"Bearer {given}", Role.READER)
    except Refused as refused:
        guards.turned_away(Door.OPERATORS, refused.why)
        await request.config_dict[BRAKE].hold()
        page = await _form(request, back=back, name=name, problem=_sentence(refused.why))
        page.set_status(403 if refused.why is Why.ROLE else 401)
        return page
    if not name and operator.name.startswith("INTERLUDE_"):
        problem = "Say who you are: everybody who has this key is the same to the service."
        return await _form(request, back=back, name=name, problem=problem)
    raise _welcome(request, _named(operator, name), back)


async def sign_out(_: web.Request) -> web.Response:
    """Forget the cookie."""
    answer = web.HTTPSeeOther("/console/login")
    answer.del_cookie(COOKIE, path=_PATH)
    raise answer


def _named(operator: Operator, name: str) -> Operator:
    """The holder of a key by the name that they give; a token's own name is proved, and stays."""
    if operator.name.startswith("INTERLUDE_"):
        return Operator(f"{name[:_LONGEST_NAME]} ({operator.name})", operator.role)
    return operator


def _welcome(request: web.Request, operator: Operator, back: str) -> web.HTTPSeeOther:
    is_ours = back.startswith("/console") and not urlsplit(back).netloc
    answer = web.HTTPSeeOther(back if is_ours else "/console")
    stamp = request.config_dict[SETTINGS].operators_stamp
    answer.set_cookie(
        COOKIE,
        request.config_dict[TOKENS].seal_session(operator.name, operator.role, stamp),
        path=_PATH,
        max_age=LIFETIME_S[Purpose.CONSOLE],
        httponly=True,
        samesite="Strict",
        secure=request.config_dict[SETTINGS].interlude_public_url.startswith("https:"),
    )
    return answer


async def _form(request: web.Request, **content: str) -> web.Response:
    settings = request.config_dict[SETTINGS]
    can = (
        settings.interlude_api_key or settings.interlude_read_key or settings.interlude_oidc_issuer
    )
    return await rendered(
        request, "login.html", is_shut=not can, issuer=settings.interlude_oidc_issuer, **content
    )


def _sentence(why: Why) -> str:
    return {Why.ROLE: _NO_ROLE, Why.NO_AUTHORITY: _NO_AUTHORITY}.get(why, _WRONG)
