"""The gateway: a small HTTP proxy between one worker and the SaaS API.

It writes down every call, can hold a chosen call until told, and can make one fail in the ways networks and servers fail.
"""

from support.gateway.calls import Call, kind_of
from support.gateway.faults import FAULTS, Fault
from support.gateway.gates import ANY, CallGate, Condition
from support.gateway.gateway import Gateway

__all__ = ["ANY", "FAULTS", "Call", "CallGate", "Condition", "Fault", "Gateway", "kind_of"]
