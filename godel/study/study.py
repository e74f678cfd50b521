"""A study as it stands, read from its folder: what each condition cost and came to, and what is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from godel.lineage import Spend
from godel.lineage.analysis.statistics import Interval, interval
from godel.study.arms import Arm, walks
from godel.study.conditions import BEST_FROZEN
from godel.study.contrasts import Check, Effect, contrast, handed_in, over_seed, proposals
from godel.study.design import Design
from godel.study.results import Result
from godel.study.results import results as found

UNEQUAL = 0.1
"""Conditions whose runs spent more or less than the mean of all by this share are said not to be of equal spend."""


@dataclass(frozen=True)
class Row:
    """One condition over its run seeds. `evaluations` and `cpu_s`: what its runs spent to find what they hand in."""

    name: str
    meaning: str
    runs: int
    generations: float
    kept: float
    depth: float
    evaluations: float
    cpu_s: float
    utility: Interval
    gains: Sequence[Effect]


@dataclass(frozen=True)
class Study:
    """`spend`: of all runs and all that was measured together."""

    design: Design
    results: Sequence[Result]
    rows: Sequence[Row]
    effects: Sequence[Effect]
    spend: Spend

    def unequal(self) -> Mapping[str, float]:
        """By condition that did not spend what the others did: its evaluations, as a multiple of the mean. A walk ends
        where it is long enough."""
        rows = [row for row in self.rows if not walks(self.design, row.name)]
        mean = sum(row.evaluations for row in rows) / len(rows) if rows else 0.0
        shares = {row.name: row.evaluations / mean for row in rows} if mean else {}
        return {name: share for name, share in shares.items() if abs(share - 1) > UNEQUAL}

    def checks_proposals(self, left: str, right: str) -> bool:
        """Whether the two were to differ in who proposes, and not in what becomes of it."""
        return _check(self.design, left, right) is proposals

    def to_json(self) -> dict[str, Any]:
        return {
            "question": self.design.question,
            "design": self.design.model_dump(mode="json"),
            "conditions": self.rows,
            "effects": [{**vars(each), "verdict": each.verdict} for each in self.effects],
            "spend": self.spend.named(),
            "unequal_spend": self.unequal(),
        }


def study(design: Design, done: Sequence[Arm]) -> Study:
    """Of arms that are all over."""
    results = [each for arm in done for each in found(arm)]
    effects = [
        each
        for left, right in design.compared()
        for each in contrast(results, left, right, _check(design, left, right))
    ]
    spend = sum((each.search + each.measuring for each in results if each.name in design.arms()), Spend())
    return Study(design, results, [_row(design, results, name) for name in design.arms()], effects, spend)


def _check(design: Design, *names: str) -> Check:
    others = {BEST_FROZEN, *design.beside()}
    chooses = any(name in design.beside() or (name not in others and design.of(name).chooses) for name in names)
    return handed_in if chooses else proposals


def _row(design: Design, results: Sequence[Result], name: str) -> Row:
    mine = [each for each in results if each.name == name]

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    return Row(
        name,
        design.of(name).meaning,
        len(mine),
        mean([each.generations for each in mine]),
        mean([each.kept for each in mine]),
        mean([each.depth for each in mine]),
        mean([each.search.evaluations for each in mine]),
        mean([each.search.cpu_s for each in mine]),
        interval({"": [each.utility for each in mine]}),
        over_seed(results, name),
    )
