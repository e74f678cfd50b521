"""Whether a scored child is kept. A new policy is a sibling file and a line below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from godel.registry import create

Differences = Mapping[str, Sequence[float]]
"""By task: score of the child minus score of its parent, one for each paired seed."""


class Decision(NamedTuple):
    """`gain` is the mean paired difference; low and high its 95 % confidence interval."""

    accept: bool
    gain: float
    low: float
    high: float
    reason: str


class Acceptance(Protocol):
    stages: bool
    """Whether scoring may stop early when a child looks hopeless under this policy."""

    def decide(self, differences: Differences) -> Decision: ...


POLICIES = {
    "strict": "godel.acceptance.strict:Strict",
    "noise_aware": "godel.acceptance.noise_aware:NoiseAware",
    "any": "godel.acceptance.anything:Anything",
}


def make(name: str) -> Acceptance:
    policy: Acceptance = create("acceptance", name, POLICIES)
    return policy
