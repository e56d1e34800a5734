"""The console as a part of the service: its routes under `/console`."""

from datetime import UTC, datetime

from aiohttp import web

from bridge.console import service_page, sign_in
from bridge.console.brake import Brake
from bridge.console.parts import BRAKE, SETTINGS, STARTED
from bridge.console.phone import add_softphone
from bridge.console.rendering import set_up_templates
from bridge.console.safety import add_headers, in_words
from bridge.console.static_files import StaticFiles
from bridge.service.settings import Settings


def add_console(app: web.Application, settings: Settings) -> None:
    """Add the operators' pages to the service."""
    files = StaticFiles()
    console = web.Application(middlewares=[in_words])
    console[SETTINGS] = settings
    console[BRAKE] = Brake()
    console[STARTED] = datetime.now(UTC)
    console.on_response_prepare.append(add_headers)
    set_up_templates(console, files)
    console.router.add_get("/login", sign_in.ask)
    console.router.add_post("/login", sign_in.sign_in)
    console.router.add_post("/logout", sign_in.sign_out)
    console.router.add_get("/static/{file:.+}", files.serve)
    console.router.add_get("/service", service_page.show)
    console.router.add_get("/service/now", service_page.now)
    console.router.add_post("/service/capacity", service_page.set_capacity)
    add_softphone(console, app)
    app.add_subapp("/console", console)
