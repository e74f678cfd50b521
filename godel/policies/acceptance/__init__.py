"""Whether a scored child is kept. A new policy is a sibling file and a line below."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from godel.policies import Differences
from godel.registry import Registry


class Decision(NamedTuple):
    """`gain` is the mean paired difference; low and high its 95 % confidence interval."""

    accept: bool
    gain: float
    low: float
    high: float
    reason: str


class Acceptance(Protocol):
    def decide(self, differences: Differences) -> Decision:
        """What becomes of a child with these differences to its parent: at least one."""


ACCEPTANCES: Registry[Acceptance] = Registry(
    kind="acceptance",
    key="acceptance",
    group="godel.acceptance",
    shipped={
        "noise_aware": "godel.policies.acceptance.noise_aware:NoiseAware",
        "strict": "godel.policies.acceptance.strict:Strict",
        "any": "godel.policies.acceptance.any_child:AnyChild",
    },
    needs=("decide",),
)
