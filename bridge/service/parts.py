"""The parts of the application, by the keys under which it has them."""

import asyncio
from pathlib import Path

from aiohttp import web

from bridge.call.pace import PromptSessions
from bridge.service.after_call import AfterCalls
from bridge.service.capacity import Capacity
from bridge.service.carrier import Carrier
from bridge.service.flights import Flights
from bridge.service.floor.audit import Audit
from bridge.service.floor.floor import Floor
from bridge.service.floor.history import History
from bridge.service.guards import Guards
from bridge.service.ledger import Ledger
from bridge.service.metrics import Metrics
from bridge.service.numbers.lines import Lines
from bridge.service.prompts import PromptStore
from bridge.service.refusals import Refusals
from bridge.service.replicas.fleet import Fleet
from bridge.service.switchboard import Switchboard
from bridge.service.tokens import Tokens

CARRIER = web.AppKey("carrier", Carrier)
SWITCHBOARD = web.AppKey("switchboard", Switchboard)
TOKENS = web.AppKey("tokens", Tokens)
GUARDS = web.AppKey("guards", Guards)
REFUSALS = web.AppKey("refusals", Refusals)
PROMPTS = web.AppKey("prompts", PromptStore)
VOICES = web.AppKey("voices", PromptSessions)
CAPACITY = web.AppKey("capacity", Capacity)
METRICS = web.AppKey("metrics", Metrics)
SOUNDS = web.AppKey("sounds", Path)
LEDGER = web.AppKey("ledger", Ledger)
FLOOR = web.AppKey("floor", Floor)
HISTORY = web.AppKey("history", History)
AUDIT = web.AppKey("audit", Audit)
LINES = web.AppKey("lines", Lines)
FLIGHTS = web.AppKey("flights", Flights)
AFTER_CALLS = web.AppKey("after_calls", AfterCalls)
FLEET = web.AppKey("fleet", Fleet)
"""There only where there may be other replicas."""
DRAIN = web.AppKey("drain", asyncio.Event)
"""Set when an operator wants the process to drain."""
