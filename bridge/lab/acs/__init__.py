"""Azure Communication Services on loopback, with a caller at the other end.

The real Call Automation SDK talks to it. What it sends, and when, is as recorded from the service
and observed on real calls; where neither knows, its switches offer every reading.
"""

from bridge.lab.acs.behaviours import (
    BUSY,
    DECLINES,
    Answers,
    Behaviour,
    Refuses,
    RingsOut,
    Voicemail,
)
from bridge.lab.acs.colleague import Colleague
from bridge.lab.acs.ends import LineEnd
from bridge.lab.acs.eventgrid import NotSubscribed, SubscriptionRefused
from bridge.lab.acs.handset import CallRefused, DidNotHear, Line, LineDead
from bridge.lab.acs.phone import Phone
from bridge.lab.acs.replies import RestRequest
from bridge.lab.acs.standin import AcsStandIn
from bridge.lab.acs.switches import CallbackSwitches, Fault, Switches
from bridge.lab.acs.traffic import Exchange
from bridge.lab.quality import LineQuality

__all__ = [
    "BUSY",
    "DECLINES",
    "AcsStandIn",
    "Answers",
    "Behaviour",
    "CallRefused",
    "CallbackSwitches",
    "Colleague",
    "DidNotHear",
    "Exchange",
    "Fault",
    "Line",
    "LineDead",
    "LineEnd",
    "LineQuality",
    "NotSubscribed",
    "Phone",
    "Refuses",
    "RestRequest",
    "RingsOut",
    "SubscriptionRefused",
    "Switches",
    "Voicemail",
]
