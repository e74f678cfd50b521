"""What is thought of a child: by which policy or person, why, and on which evidence.

A child has one ruling or more, in order; the last one counts. None is ever changed: approval is an
acceptance after a hold, a rollback is a revocation after an acceptance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ACCEPTANCE, PRUNING, PERSON = "acceptance:", "pruning:", "person:"
"""What `Ruling.by` begins with. The rest is the name of the policy or the person."""


class Verdict(StrEnum):
    ACCEPTED = "accepted"  # it is kept, and may become a parent
    REJECTED = "rejected"
    HELD = "held"  # nothing is decided yet: it is not kept until it is accepted
    REVOKED = "revoked"  # it was accepted, and is no longer kept


@dataclass(frozen=True)
class Evidence:
    """The mean paired difference child - parent on the search split with its 95 % confidence interval, and how
    many pairs it rests on. A bound that a single pair leaves infinite is None."""

    gain: float
    low: float | None
    high: float | None
    pairs: int


@dataclass(frozen=True)
class Ruling:
    """`generation` is the one whose child is ruled on, `after` the last one that was recorded when that was done:
    its own, for what a policy says at once. What is chosen from the records up to `after` knows of the ruling."""

    generation: int
    verdict: Verdict
    by: str  # "acceptance:noise_aware", "pruning:least_gain", "person:NAME"
    reason: str = ""
    evidence: Evidence | None = None
    after: int = 0

    @property
    def by_person(self) -> bool:
        return self.by.startswith(PERSON)
