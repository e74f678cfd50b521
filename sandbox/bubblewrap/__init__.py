"""The bubblewrap tier, for machines without a container engine.

Everything is unshared, nothing of the host is there but what `rootfs` names, and no
environment is inherited, not by bwrap either. The zygote is the guest's init: it can't be
signalled or traced by its children, and no process stands beside it.
"""

from __future__ import annotations

from .guest import BubblewrapGuest
from .tier import BubblewrapTier

__all__ = ["BubblewrapGuest", "BubblewrapTier"]
