"""The lab: both clouds and a caller on loopback, for calls that need no account and no telephone.

It speaks the wires by itself and shares no code with `bridge.acs` and `bridge.voicelive`: a
misreading must not cancel itself out.
"""
