"""One nursery for each kind of guest, made when it is first needed and anew when it has died.

The tiers of a process share them: they are there as long as one of these is open.
"""

from __future__ import annotations

import atexit
import functools
import threading
from contextlib import closing, suppress

from .. import MiB, Spec
from ..guest.jobs import ZygoteSettings
from . import launch
from .born import Born
from .cgroups import Group
from .nursery import Nursery, Unfit

TRIAL_TIMEOUT_S = 10.0
Kind = tuple[tuple[str, ...], bool]
"""What is imported, and whether there is a GPU."""


class Nurseries:
    """Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[Kind, Nursery] = {}
        self._unfit: set[Kind] = set()
        self._obstacle: str | None = None
        self._users: set[object] = set()
        self._lock = threading.Lock()
        self._starting: dict[Kind, threading.Lock] = {}
        atexit.register(self.end)

    def obstacle(self) -> str | None:
        """Why no guest can be forked here, found by forking one; None if one can. Raises OSError and SandboxLost
        for what may be otherwise the next time."""
        if self._obstacle is None:
            self._obstacle = _trial()
        return self._obstacle or None

    def bear(self, user: object, spec: Spec, settings: ZygoteSettings, group: Group) -> Born | None:
        """A guest in which nothing has run; None for a kind that can't be forked. A nursery that has died, or that
        does not answer, is replaced once. Raises OSError and SandboxLost when the next one fails too."""
        kind = (spec.preload, spec.gpu)
        if kind in self._unfit:
            return None
        with suppress(OSError):
            return self._bear(user, kind, spec, settings, group)
        return self._bear(user, kind, spec, settings, group)

    def leave(self, user: object) -> None:
        """`user` needs none any more. The last to leave ends them, and all their guests."""
        with self._lock:
            self._users.discard(user)
            if self._users:
                return
        self.end()

    def end(self) -> None:
        """End them, and all their guests. The next guest has new ones."""
        with self._lock:
            known, self._known = list(self._known.values()), {}
        for nursery in known:
            nursery.close()

    def _bear(self, user: object, kind: Kind, spec: Spec, settings: ZygoteSettings, group: Group) -> Born | None:
        try:
            nursery = self._of(user, kind, spec)
        except Unfit:
            self._unfit.add(kind)
            return None
        try:
            return nursery.bear(settings, spec.limits.tmpfs_bytes, group)
        except OSError:
            self._forget(kind, nursery)
            raise

    def _of(self, user: object, kind: Kind, spec: Spec) -> Nursery:
        """That of this kind; those of different kinds do their imports side by side."""
        with self._lock:
            self._users.add(user)
            starting = self._starting.setdefault(kind, threading.Lock())
        with starting:
            nursery = self._known.get(kind)
            if nursery and nursery.alive():
                return nursery
            if nursery:
                self._forget(kind, nursery)
            made = Nursery(spec, launch.nursery_namespace())
            with self._lock:
                self._known[kind] = made
            return made

    def _forget(self, kind: Kind, nursery: Nursery) -> None:
        with self._lock:
            if self._known.get(kind) is not nursery:
                return  # somebody else was faster
            del self._known[kind]
        nursery.close()


def _trial() -> str:
    """What went wrong with a first guest; empty if nothing did."""
    try:
        nursery = Nursery(Spec("trial"), launch.nursery_namespace())
    except (Unfit, PermissionError) as problem:
        return str(problem)
    with closing(nursery):
        born = nursery.bear(ZygoteSettings(), MiB, Group(()))
        with closing(born):
            ready_line = born.stdout.readline() and born.stdout.readline()  # what it has used, and that it is ready
            born.end()
            log = born.stderr.read().decode("utf-8", "replace")
            born.wait(TRIAL_TIMEOUT_S)
        return "" if ready_line else str((log.strip().splitlines() or ["it ended"])[-1])


@functools.cache
def shared(pid: int) -> Nurseries:
    """Those of process `pid`: what another one has started is not ours to use."""
    return Nurseries()
