"""A stand-in for Azure Voice Live: a server on loopback that the real SDK connects to.

Order and shape of events are those of recorded traffic where there is some; where the service is
not known, a switch offers every reading.
"""

from bridge.lab.voicelive.brain import Brain, RuleBrain, ScriptBrain, Thought, ToolCall
from bridge.lab.voicelive.happening import Happening, Spoken
from bridge.lab.voicelive.server import VoiceLiveStandIn
from bridge.lab.voicelive.session import Session
from bridge.lab.voicelive.switches import Spoiling, Switches

__all__ = [
    "Brain",
    "Happening",
    "RuleBrain",
    "ScriptBrain",
    "Session",
    "Spoiling",
    "Spoken",
    "Switches",
    "Thought",
    "ToolCall",
    "VoiceLiveStandIn",
]
