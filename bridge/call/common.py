"""What calls have in common, and what the parts of one call have in common."""

import asyncio
from dataclasses import dataclass, field

from bridge.call.flight import Flight, Keeps
from bridge.call.history import History
from bridge.call.keypad import Keys
from bridge.call.legs import PhoneLeg, VoiceService
from bridge.call.orders import Orders
from bridge.call.parting import Parting
from bridge.call.playout import Playout
from bridge.call.prompts import Prompts
from bridge.call.record import Record
from bridge.call.ticker import Ticker
from bridge.call.timeline import Timeline
from bridge.call.transcript import Transcript
from bridge.call.uplink import Uplink
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow


@dataclass(frozen=True)
class Common:
    """What the calls of a process have in common."""

    voices: VoiceService
    prompts: Prompts
    history: History
    ticker: Ticker
    shutdown: asyncio.Event
    """Set when all calls must end."""
    keeps: Keeps = Keeps.NOTHING
    """What the flight recorder keeps of each call."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is about to end: callers are told, and passed on or let go."""


@dataclass(frozen=True)
class OneCall:
    """What the parts of one call have in common."""

    call: Call
    flow: Callflow
    phone: PhoneLeg
    playout: Playout
    uplink: Uplink
    keys: Keys
    parting: Parting
    transcript: Transcript
    record: Record
    prompts: Prompts
    history: History
    flight: Flight
    timeline: Timeline
    orders: Orders
    is_placed: bool = False
    """Whether the line has called, and not been called."""
