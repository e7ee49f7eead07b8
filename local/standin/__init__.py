"""A stand-in for DashScope: real HTTP, real pictures, documented limits, scripted faults, a ledger.

Run it with `python -m local.standin`, or use `StandIn` in a test; README.md tells how to script it.
"""

from local.standin.errors import ControlError
from local.standin.server import StandIn

__all__ = ["ControlError", "StandIn"]
