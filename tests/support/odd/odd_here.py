"""One of each kind that comes from outside, well-behaved unless the variable ODD says "KIND:WAY"."""

from __future__ import annotations

import os
from typing import Any

from godel.lineage import Verdict
from godel.loop.threads import InThreads
from godel.policies.acceptance import Decision
from godel.policies.selection import Expand
from godel.sandbox.bubblewrap import BubblewrapTier


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("it has no name")


def odd(kind: str, answer: Any) -> Any:
    """`answer`, unless this kind is to be odd: then what no caller expects."""
    what, _, way = os.environ.get("ODD", "").partition(":")
    if what != kind:
        return answer
    if way == "exits":
        raise SystemExit(0)
    if way == "interrupts":
        raise OSError(28, "No space left on device")
    if way == "raises":
        raise LookupError("nothing\nhere")
    return {"number": 5, "nothing": None, "unprintable": Unprintable()}[way]


class Selection:
    def choose(self, view: Any, rng: Any) -> Any:
        return odd("selection", Expand((view.members[0].tree,)))


class Acceptance:
    def decide(self, differences: Any, hypothesis: Any) -> Any:
        return odd("acceptance", Decision(Verdict.REJECTED, "as always"))


class Pruning:
    def prune(self, differences: Any) -> Any:
        return odd("pruning", "")


class Rung:
    @property
    def name(self) -> Any:
        return odd("name", "odd")

    def refuse(self, proposal: Any) -> Any:
        return odd("gate rung", "")


class Executor:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def submit(self, number: int, order: Any) -> Any:
        return odd("submit", self.inner.submit(number, order))

    def next(self) -> Any:
        return odd("next", self.inner.next())

    def close(self) -> None:
        self.inner.close()
        odd("close", None)


class Starts:
    def start(self, setup: Any, services: Any) -> Any:
        return odd("start", Executor(InThreads().start(setup, services)))


def exporter(lineage: Any) -> Any:
    return odd("exporter", ["a line\n", odd("piece", "another\n")])


def by_pieces(lineage: Any) -> Any:
    yield "a line\n"
    yield odd("piece", "another\n")


def registered(lineage: Any) -> Any:
    return exporter(lineage)


class Tier(BubblewrapTier):
    name = "odd"

    def __init__(self) -> None:
        super().__init__()
        odd("made", None)

    def missing(self) -> Any:
        return odd("missing", super().missing())

    def identity(self) -> Any:
        return odd("identity", super().identity())

    def start(self, spec: Any) -> Any:
        return odd("guest", super().start(spec))
