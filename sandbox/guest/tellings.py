"""What the host is told of a guest that a nursery forks: how each message begins."""

from __future__ import annotations

GUEST, ENDED = b"guest", b"ended"
"""The guest is there; it ended, with this code (negative: by this signal)."""
