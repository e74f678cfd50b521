"""Our own failures (a guest lost, an engine gone, a judge broken, a provider silent) are tried again,
later and later, and then raised. They are never scores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar

from godel.errors import JudgeFailed, ProviderFailed
from godel.sandbox import SandboxError, TierMissing

Result = TypeVar("Result")


class Closes(Protocol):
    def close(self) -> None: ...


Held = TypeVar("Held", bound=Closes)
AT_ONCE = (0.0,)
"""Once more and without a wait, where somebody sits and waits for the answer."""
DELAYS_S = (1.0, 4.0, 15.0, 30.0)
"""How long work waits for what went away, try by try."""


class Renewed(Generic[Held]):
    """Something that holds guests: made when it is first needed, and anew after its end."""

    def __init__(self, make: Callable[[], Held]) -> None:
        self._make = make
        self._held: Held | None = None

    def now(self) -> Held:
        if self._held is None:
            self._held = self._make()
        return self._held

    def end(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def patiently(
    work: Callable[[], Result],
    afresh: Callable[[], None],
    waiting: Callable[[str, float], None] = lambda problem, delay_s: None,
    *,
    delays_s: Sequence[float] = DELAYS_S,
    stopping: threading.Event | None = None,
) -> Result:
    """The result of `work`. After a failure `afresh` throws away the guests it used, and `waiting` is told.
    Raises the failure when it stays to the end; at once one that waiting can't mend, or any when the
    run is `stopping`."""
    pause = stopping or threading.Event()
    for delay_s in (*delays_s, None):
        try:
            return work()
        except (SandboxError, JudgeFailed, ProviderFailed) as error:
            if pause.is_set() or isinstance(error, TierMissing) or delay_s is None:
                raise
            afresh()
            waiting(str(error), delay_s)
            pause.wait(delay_s)
    raise AssertionError("unreachable")
