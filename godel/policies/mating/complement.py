"""A scaffold of another line that does better on some trials: what GEPA merges (arXiv 2507.19457) are candidates whose
strengths lie in different instances."""

from __future__ import annotations

import random
from dataclasses import dataclass

from godel.policies.selection import View

from .apart import apart


@dataclass(frozen=True)
class Complement:
    """Of another line, in proportion to the trials on which it does better than the parent."""

    def choose(self, view: View, parent: str, rng: random.Random) -> str | None:
        others = apart(view, parent)
        weights = [self.better(view, other, parent) for other in others]
        return rng.choices(others, weights)[0] if any(weights) else None

    def better(self, view: View, other: str, parent: str) -> int:
        own, its = view.scores(parent), view.scores(other)
        return sum(its[trial] > own[trial] for trial in own.keys() & its.keys())
