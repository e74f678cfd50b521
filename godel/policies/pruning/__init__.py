"""Whether it is worth going on scoring a child. A new policy is a sibling file and a line below."""

from __future__ import annotations

from typing import Protocol

from godel.contract.limits import REASON_CHARACTERS
from godel.outside import text
from godel.policies import Differences
from godel.registry import Registry


class Pruning(Protocol):
    def prune(self, differences: Differences) -> str:
        """Why scoring stops here, given the differences so far (at least one), or "". Asked after each stage but the
        last; a child that is pruned is not kept."""


PRUNINGS: Registry[Pruning] = Registry(
    kind="pruning",
    key="pruning",
    group="godel.pruning",
    shipped={
        "least_gain": "godel.policies.pruning.least_gain:LeastGain",
        "none": "godel.policies.pruning.never:Never",
    },
    needs=("prune",),
)


def pruned(policy: Pruning, differences: Differences) -> str:
    """The policy's answer. Raises OutsideFailed for one that is no text."""
    with PRUNINGS.outside(policy):
        return text(policy.prune(differences), 'why scoring stops here, as text, or ""', REASON_CHARACTERS)


def usual(acceptance: str) -> str:
    """The pruning that goes with an acceptance policy: none where every child is kept, whatever it scores."""
    return "none" if acceptance == "any" else "least_gain"
