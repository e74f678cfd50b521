"""Generations as a test thinks of them: with the status that they count as."""

from __future__ import annotations

from typing import Any

from godel.contract import Edit
from godel.lineage import Evidence, Generation, Outcome, Ruling, Spend, Status, Verdict

BY = "acceptance:noise_aware"
OUTCOMES = {Status.SEED: Outcome.SEED, Status.REFUSED: Outcome.REFUSED, Status.FAILED: Outcome.FAILED}
VERDICTS = {Status.HOPELESS: Verdict.REJECTED}


def generation(
    index: int,
    parent: str | None,
    child: str | None,
    proposer: str | None,
    status: Status,
    reason: str = "",
    rung: str = "",
    edits: tuple[Edit, ...] = (),
    seed: int = 0,
    spend: Spend | None = None,
    gain: float | None = None,
    gain_low: float | None = None,
    gain_high: float | None = None,
    **more: Any,
) -> Generation:
    """With one ruling that gives it its status, where it was scored; `reason` and the gain are the ruling's then."""
    given = (index, (parent,) if parent else (), child, proposer)
    rest = {"rung": rung, "edits": edits, "seed": seed, "spend": spend or Spend(), **more}
    if status in OUTCOMES:
        return Generation(*given, OUTCOMES[status], reason, **rest)
    evidence = None if gain is None else Evidence(gain, gain_low, gain_high, 1)
    ruling = Ruling(index, VERDICTS.get(status) or Verdict(status), BY, reason, evidence, index)
    outcome = Outcome.STOPPED if status is Status.HOPELESS else Outcome.SCORED
    return Generation(*given, outcome, **rest, rulings=(ruling,))
