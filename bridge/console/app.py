"""The console as a part of the service: its routes under `/console`."""

from datetime import UTC, datetime

from aiohttp import web

from bridge.console import (
    audit_page,
    calls_page,
    history_page,
    number_page,
    numbers_page,
    service_page,
    sign_in,
    streams,
    versions_page,
)
from bridge.console.brake import Brake
from bridge.console.parts import BRAKE, PREVIEWS, SETTINGS, STARTED
from bridge.console.phone import add_softphone
from bridge.console.preview import Previews
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
    console[PREVIEWS] = Previews()
    console[STARTED] = datetime.now(UTC)
    console.on_response_prepare.append(add_headers)
    set_up_templates(console, files)
    console.router.add_get("/login", sign_in.ask)
    console.router.add_post("/login", sign_in.sign_in)
    console.router.add_post("/logout", sign_in.sign_out)
    console.router.add_get("/static/{file:.+}", files.serve)
    console.router.add_get("", calls_page.show)
    console.router.add_get("/calls/events", streams.watch_calls)
    console.router.add_get("/calls/{id}", calls_page.show_call)
    console.router.add_get("/calls/{id}/events", streams.watch_call)
    console.router.add_post("/calls/{id}/end", calls_page.end)
    console.router.add_post("/calls/{id}/transfer", calls_page.transfer)
    console.router.add_post("/calls/{id}/say", calls_page.say)
    console.router.add_get("/numbers", numbers_page.show)
    console.router.add_post("/numbers", numbers_page.add)
    console.router.add_get("/numbers/{number}", number_page.show)
    console.router.add_post("/numbers/{number}/remove", numbers_page.remove)
    for name, deed in number_page.DEEDS.items():
        console.router.add_post(f"/numbers/{{number}}/{name}", deed)
    console.router.add_get("/previews/{id}.wav", number_page.play)
    console.router.add_get("/versions", versions_page.show)
    console.router.add_get("/versions/{version}", versions_page.show_version)
    console.router.add_post("/versions/{version}/rollback", versions_page.roll_back)
    console.router.add_post("/versions/trial", versions_page.end_trial)
    console.router.add_get("/history", history_page.show)
    console.router.add_get("/history/{id}", history_page.show_call)
    console.router.add_get("/audit", audit_page.show)
    console.router.add_get("/service", service_page.show)
    console.router.add_get("/service/now", service_page.now)
    console.router.add_post("/service/capacity", service_page.set_capacity)
    console.router.add_post("/service/drain", service_page.drain)
    add_softphone(console, app)
    app.add_subapp("/console", console)
