"""The parts of the console, by the keys under which it has them."""

from datetime import datetime

from aiohttp import web

from bridge.console.brake import Brake
from bridge.console.preview import Previews
from bridge.service.settings import Settings

SETTINGS = web.AppKey("settings", Settings)
BRAKE = web.AppKey("brake", Brake)
PREVIEWS = web.AppKey("previews", Previews)
STARTED = web.AppKey("started", datetime)
"""When the process began."""
