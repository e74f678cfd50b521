"""Online bin packing: excess over the L2 lower bound, every assignment checked in integers.

Item streams as in FunSearch (Romera-Paredes et al., Nature 625, 2024): uniform on 20..100
in bins of 150 (the OR-library's u sets, Falkenauer 1996), and Weibull(shape 3, scale 45)
rounded and cut to 1..100 in bins of 100 (Castineiras et al. 2012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from godel.tasks.judging import Candidate, Invalid, Verdict, causality
from godel.tasks.judging.arrays import integers, pack, replies
from godel.tasks.judging.seeding import stream

RESOLUTION = 0.01
"""Percent: the least excess that is told apart from none, as the scale is logarithmic."""

CAPACITY = {"uniform": 150, "weibull": 100}


@dataclass(frozen=True)
class Stream:
    """Items in the order in which they arrive, and the bins' capacity."""

    family: str
    items: np.ndarray

    @property
    def capacity(self) -> int:
        return CAPACITY[self.family]


@dataclass(frozen=True)
class Instance:
    seed: int
    cuts: int
    streams: tuple[Stream, ...]
    bounds: tuple[int, ...]


def draw(family: str, count: int, rng: np.random.Generator) -> np.ndarray:
    if family == "uniform":
        return rng.integers(20, 101, count)
    return np.clip(np.rint(45 * rng.weibull(3, count)), 1, 100).astype(np.int64)


def instance(seed: int, preset: Mapping[str, Any]) -> Instance:
    streams = tuple(
        Stream(family, draw(family, preset[f"{family}_items"], stream(seed, family, number)))
        for family in CAPACITY
        for number in range(preset[family])
    )
    return Instance(seed, preset["cuts"], streams, tuple(lower_bound(s.items, s.capacity) for s in streams))


def lower_bound(items: np.ndarray, capacity: int) -> int:
    """L2 of Martello and Toth (1990): the best over k of L(k), in integers."""
    return max(_bound_at(items, capacity, k) for k in range(capacity // 2 + 1))


def _bound_at(items: np.ndarray, capacity: int, k: int) -> int:
    """Items above capacity - k are alone; those above half need a bin each; the room that
    those leave takes part of the items from k to half."""
    large = items[(items > capacity // 2) & (items <= capacity - k)]
    alone = int((items > capacity - k).sum())
    small = int(items[(items >= k) & (items <= capacity // 2)].sum())
    spill = small - (len(large) * capacity - int(large.sum()))
    return alone + len(large) + max(0, -(-spill // capacity))


def score(instance: Instance, candidate: Candidate) -> Verdict:
    candidate.start()
    decisions = ask(candidate, instance.streams)
    excesses = [
        100 * (used(part, each) / bound - 1)
        for part, each, bound in zip(split(decisions, instance.streams), instance.streams, instance.bounds, strict=True)
    ]
    if candidate.recorded:
        check_causality(instance, candidate, decisions)
    families = {
        family: float(np.mean([e for e, s in zip(excesses, instance.streams, strict=True) if s.family == family]))
        for family in CAPACITY
    }
    told = {f"excess of {family} in percent": excess for family, excess in families.items()}
    return Verdict(max(RESOLUTION, float(np.mean(excesses))), {"excess_percent": families}, numbers=told)


def ask(candidate: Candidate, streams: Sequence[Stream]) -> np.ndarray:
    """All decisions, one stream after the other."""
    reply = candidate.call([{"capacity": s.capacity, "items": pack(s.items)} for s in streams])
    parts = replies(reply, len(streams), "assignments")
    sizes = [len(s.items) for s in streams]
    return np.concatenate([integers(part, (n,), 0, n, "bins") for part, n in zip(parts, sizes, strict=True)])


def split(decisions: np.ndarray, streams: Sequence[Stream]) -> list[np.ndarray]:
    return np.split(decisions, np.cumsum([len(s.items) for s in streams])[:-1])


def used(bins: np.ndarray, packed: Stream) -> int:
    """How many bins; Invalid when one is overfull."""
    loads = np.zeros(len(bins), dtype=np.int64)
    np.add.at(loads, bins, packed.items)
    if int(loads.max()) > packed.capacity:
        raise Invalid(f"a bin of capacity {packed.capacity} holds {int(loads.max())}")
    return int((loads > 0).sum())


def check_causality(instance: Instance, candidate: Candidate, decisions: np.ndarray) -> None:
    """Whatever follows a secret cut is drawn again, in every stream at once: even a look at
    the next few items only shows before one cut or another."""
    rng = stream(instance.seed, "cuts")
    for _ in range(instance.cuts):
        cuts = [int(rng.integers(1, len(each.items))) for each in instance.streams]
        changed = [redrawn(each, cut, rng) for each, cut in zip(instance.streams, cuts, strict=True)]
        kept = [np.arange(len(each.items)) < cut for each, cut in zip(instance.streams, cuts, strict=True)]
        causality.check(candidate, partial(ask, candidate, changed), decisions, np.concatenate(kept), "decisions")


def redrawn(packed: Stream, cut: int, rng: np.random.Generator) -> Stream:
    fresh = draw(packed.family, len(packed.items) - cut, rng)
    return replace(packed, items=np.concatenate([packed.items[:cut], fresh]))
