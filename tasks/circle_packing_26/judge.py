"""Circle packing: the sum of the radii, feasibility checked in exact rational arithmetic.

There is one instance: the seed changes nothing, so the splits coincide.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from godel.tasks.judging import Candidate, Verdict
from godel.tasks.judging.arrays import reals
from godel.tasks.judging.exact import check_packing, circles


def instance(seed: int, preset: Mapping[str, Any]) -> int:
    """The number of circles, whatever the seed."""
    del seed
    return int(preset["circles"])


def score(instance: int, candidate: Candidate) -> Verdict:
    candidate.start()
    rows = reals(candidate.call({"circles": instance}), (instance, 3), "circles")
    packing, scale = circles(rows.tolist())
    check_packing(packing, scale)
    total = float(Fraction(sum(circle.r for circle in packing), scale))
    return Verdict(total, numbers={"sum of the radii": total})
