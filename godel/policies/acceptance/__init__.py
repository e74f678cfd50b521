"""Whether a scored child is kept. A new policy is a sibling file and a line below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from godel.contract.limits import REASON_CHARACTERS
from godel.lineage import Verdict
from godel.outside import WrongAnswer
from godel.policies import Differences
from godel.registry import Registry


class Decision(NamedTuple):
    """What a policy rules, and why. The evidence (mean paired difference, its interval) is recorded beside it,
    whatever the policy looked at."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Hypothesis:
    """That a child is no better than its parent. `number`: which of its run's this is, from 1, whatever became of the
    others: its generation. `bound`: what it can lose at most on one pair, known before it is scored."""

    number: int
    bound: float


class Acceptance(Protocol):
    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        """What becomes of a child with these differences to its parent (at least one): ACCEPTED, REJECTED, or HELD
        until somebody rules on it."""


ACCEPTANCES: Registry[Acceptance] = Registry(
    kind="acceptance",
    key="acceptance",
    group="godel.acceptance",
    shipped={
        "certified": "godel.policies.acceptance.certified:Certified",
        "noise_aware": "godel.policies.acceptance.noise_aware:NoiseAware",
        "strict": "godel.policies.acceptance.strict:Strict",
        "any": "godel.policies.acceptance.any_child:AnyChild",
    },
    needs=("decide",),
)


RULES = (Verdict.ACCEPTED, Verdict.REJECTED, Verdict.HELD)


def decided(policy: Acceptance, differences: Differences, hypothesis: Hypothesis) -> Decision:
    """The policy's decision. Raises OutsideFailed for an answer that is none."""
    with ACCEPTANCES.outside(policy):
        answer = policy.decide(differences, hypothesis)
        if not isinstance(answer, Decision) or answer.verdict not in RULES or not isinstance(answer.reason, str):
            raise WrongAnswer(answer, f"Decision(verdict, reason) with the verdict {', '.join(RULES)}")
        return Decision(Verdict(answer.verdict), answer.reason[:REASON_CHARACTERS])


def accepted(passes: bool, reason: str) -> Decision:
    """ACCEPTED where the child passes, else REJECTED."""
    return Decision(Verdict.ACCEPTED if passes else Verdict.REJECTED, reason)
