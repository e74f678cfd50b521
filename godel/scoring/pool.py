"""Fresh sandboxes without the wait: a spare of each kind is started ahead of need, and those
that are done with are ended behind their takers' backs.

A session that was handed out belongs to its taker and never comes back, so whoever takes
one knows that nothing has run in it before.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from godel.sandbox import SandboxLost, Spec, Tier, TierMissing
from godel.sandbox.channel import Session
from godel.sandbox.packages import lacking

BACKLOG = 6
"""Sessions that may be ending at once: three of a generation, of two workers."""


class Pool:
    """Starts sessions on one tier. Thread-safe. Close it to end everything it started."""

    def __init__(self, tier: Tier, spares: int = 1) -> None:
        self.tier = tier
        self._spares = spares
        self._waiting: dict[Spec, list[Future[Session]]] = {}
        self._alive: set[Session] = set()
        self._lock = threading.Lock()
        self._starters = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-start")
        self._enders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-end")
        self._ending: deque[Future[None]] = deque()
        self.closed = False

    def take(self, spec: Spec) -> Session:
        """A session in which nothing has run. Raises SandboxLost, and TierMissing for what no guest of this tier
        can do."""
        with self._lock:
            waiting = self._waiting.setdefault(spec, [])
            future = waiting.pop(0) if waiting else self._start(spec)
            while len(waiting) < self._spares:
                waiting.append(self._start(spec))
        try:
            return future.result()
        except RuntimeError as error:
            raise SandboxLost(str(error)) from error

    def give_up(self, session: Session) -> None:
        """The taker is done: the session is dead to it at once, and ended in the background. Waits only
        when so many are being ended that they would pile up. Raises what went wrong with earlier ones."""
        session.dead = True
        with self._lock:
            self._alive.discard(session)
            late = self._ending.popleft() if len(self._ending) >= BACKLOG else None
            try:
                self._ending.append(self._enders.submit(session.close))
            except RuntimeError:  # the pool was closed in the meantime: nobody would wait for the background
                session.close()
        if late:
            late.result()

    def close(self) -> None:
        """End every session, those in use too: a thread that waits on one gets an error.
        When this returns nothing of the pool runs any more."""
        with self._lock:
            self.closed = True
            alive, self._alive = list(self._alive), set()
        self._starters.shutdown(wait=False, cancel_futures=True)
        for session in alive:
            session.close()
        self._starters.shutdown(wait=True)
        self._enders.shutdown(wait=True)
        for ended in self._ending:
            ended.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, spec: Spec) -> Future[Session]:
        if self.closed:
            raise SandboxLost("the run is stopping")
        return self._starters.submit(self._start_now, spec)

    def _start_now(self, spec: Spec) -> Session:
        """Raises TierMissing for a module that no guest of this tier has: it would end while it starts."""
        for module in spec.preload:
            if why := lacking(module, self.tier):
                raise TierMissing(f"the {spec.role}'s sandbox: {why}")
        session = Session(self.tier.start(spec))
        with self._lock:
            closed = self.closed
            self._alive.add(session)
        try:
            if closed:
                raise SandboxLost("the run is stopping")
            session.wait_ready()
        except BaseException:
            self.give_up(session)
            raise
        return session
