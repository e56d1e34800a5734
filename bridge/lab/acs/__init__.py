"""Azure Communication Services on loopback, with a caller at the other end.

The real Call Automation SDK talks to it. What it sends, and when, is as recorded from the service
and observed on real calls; where neither knows, its switches offer every reading.
"""

from bridge.lab.acs.ends import LineEnd
from bridge.lab.acs.eventgrid import SubscriptionRefused
from bridge.lab.acs.phone import CallRefused, DidNotHear, Line, LineDead, Phone
from bridge.lab.acs.rest import RestRequest
from bridge.lab.acs.standin import AcsStandIn
from bridge.lab.acs.switches import CallbackSwitches, Fault, Switches

__all__ = [
    "AcsStandIn",
    "CallRefused",
    "CallbackSwitches",
    "DidNotHear",
    "Fault",
    "Line",
    "LineDead",
    "LineEnd",
    "Phone",
    "RestRequest",
    "SubscriptionRefused",
    "Switches",
]
