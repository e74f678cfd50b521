"""The pool: what was given up is dead at once, ended in the background, and over when the pool is closed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from godel.sandbox import Guest, SandboxLost, Spec, Tier
from godel.sandbox.channel import Session
from godel.scoring.pool import BACKLOG, Pool

SPEC = Spec("scaffold")


class Watched:
    """`tier`, and all the guests that it has started."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self.guests: list[Guest] = []

    def start(self, spec: Spec) -> Guest:
        self.guests.append(self._tier.start(spec))
        return self.guests[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tier, name)


def test_nothing_runs_once_it_is_closed(any_tier: Tier) -> None:
    watched = Watched(any_tier)
    with Pool(watched) as pool:
        given_up, kept = pool.take(SPEC), pool.take(SPEC)
        pool.give_up(given_up)
        assert given_up.dead and not kept.dead
        deadline = time.monotonic() + 60
        while len(watched.guests) < 3 and time.monotonic() < deadline:  # a spare, too, which nobody waits for
            time.sleep(0.01)
    assert len(watched.guests) >= 3
    for guest in watched.guests:
        assert guest.receive(5.0) == b""
        with pytest.raises(BrokenPipeError):
            guest.send(b"K\n")


class Reluctant(Session):
    """A session whose end goes wrong on our side."""

    def close(self) -> None:
        super().close()
        raise SandboxLost("the engine has gone")


def test_an_end_that_goes_wrong_is_told(bubblewrap: Tier) -> None:
    pool = Pool(bubblewrap, spares=0)
    pool.give_up(Reluctant(bubblewrap.start(SPEC)))
    with pytest.raises(SandboxLost, match="the engine has gone"):
        pool.close()


def test_ends_do_not_pile_up(bubblewrap: Tier) -> None:
    """Whoever gives up one more than there may be is told of the first."""
    pool = Pool(bubblewrap, spares=0)
    pool.give_up(Reluctant(bubblewrap.start(SPEC)))
    for _ in range(BACKLOG - 1):
        pool.give_up(Session(bubblewrap.start(SPEC)))
    with pytest.raises(SandboxLost, match="the engine has gone"):
        pool.give_up(Session(bubblewrap.start(SPEC)))
    pool.close()
