"""What the host is told of a guest that a nursery forks: how each message begins."""

from __future__ import annotations

KEEPER, GUEST, ENDED = b"keeper", b"guest", b"ended"
"""The keeper is there; the guest is there; it ended, with this code (negative: by this signal)."""
