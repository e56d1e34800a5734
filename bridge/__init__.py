"""Interlude's front door: everything a call flow may import, and nothing else."""

from bridge.flow.call import Call
from bridge.flow.callflow import Agent, Callflow
from bridge.flow.errors import FlowError, ToolError
from bridge.flow.interim import LlmInterim, Play, Say, StaticInterim, Trigger
from bridge.flow.outcomes import HangUp, Transfer

__all__ = [
    "Agent",
    "Call",
    "Callflow",
    "FlowError",
    "HangUp",
    "LlmInterim",
    "Play",
    "Say",
    "StaticInterim",
    "ToolError",
    "Transfer",
    "Trigger",
]
