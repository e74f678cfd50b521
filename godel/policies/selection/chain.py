"""The Self-Taught Optimizer's recursion (Zelikman et al. 2023, arXiv 2310.02304, algorithm 1): the improver that came
last improves itself, I_t = I_{t-1}(u, I_{t-1}).

The paper keeps each improver without a test of its own: what its predecessor handed in takes its place, after a search
by the meta-utility. That is this selection with `acceptance=any`, `workers=1` and `improve.self_calls` of 2 or more. A
child that was not kept (refused, or turned down by another acceptance) is no link: the chain goes on from the last one
that was. With several workers, it goes on from the last one that was known when the generation was ordered. Without
self-calls it is a walk of blind edits without selection, which is a control.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import Expand, View


@dataclass(frozen=True)
class Chain:
    """Always the last one that was kept, whatever it is worth: the Self-Taught Optimizer's."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        return Expand((view.members[-1].tree,))
