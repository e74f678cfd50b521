"""How a command begins that a message advises."""

from __future__ import annotations

import os


def sudo() -> str:
    """Before a command that only root may run: "sudo ", or nothing for root."""
    return "" if os.geteuid() == 0 else "sudo "
