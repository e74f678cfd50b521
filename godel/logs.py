"""What a guest wrote before it ended, in a line."""

from __future__ import annotations

LINE = 200
"""Characters of it that are kept."""


def last_line(log: str, most: int | None = LINE) -> str:
    """What a traceback ends with; "" of an empty log."""
    return log.strip().rpartition("\n")[2][:most]
