"""Interlude's front door: everything a call flow may import, and nothing else."""

from bridge.flow.call import Call
from bridge.flow.callflow import Agent, Callflow
from bridge.flow.digits import NoDigits, Secret
from bridge.flow.ended import Ended, Said
from bridge.flow.errors import FlowError, ToolError
from bridge.flow.hours import Hours
from bridge.flow.interim import LlmInterim, Play, Say, StaticInterim, Trigger
from bridge.flow.limits import Limits
from bridge.flow.manners import Fallback, Recording, Silence
from bridge.flow.outcomes import HangUp, Transfer, Voicemail

__all__ = [
    "Agent",
    "Call",
    "Callflow",
    "Ended",
    "Fallback",
    "FlowError",
    "HangUp",
    "Hours",
    "Limits",
    "LlmInterim",
    "NoDigits",
    "Play",
    "Recording",
    "Said",
    "Say",
    "Secret",
    "Silence",
    "StaticInterim",
    "ToolError",
    "Transfer",
    "Trigger",
    "Voicemail",
]
