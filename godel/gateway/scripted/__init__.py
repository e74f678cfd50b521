"""A stand-in for a language model: an OpenAI-compatible server on loopback that answers by
script, and goes wrong on order.

    with Served(Script.load(DEFAULT), Faults(rate=0.1)) as served:
        ...  # ask served.address; look at served.requests and served.faults_made

A reply depends on the request alone, so that a run with it can be repeated, whatever the timing.
"""

from __future__ import annotations

from .faults import ALL, Faults
from .manners import Manners
from .script import DEFAULT, Script, script_file
from .server import Received, Served

__all__ = ["ALL", "DEFAULT", "Faults", "Manners", "Received", "Script", "Served", "script_file"]
