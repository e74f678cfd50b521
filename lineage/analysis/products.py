"""What came out of a run: the best program that a scaffold has made of each task."""

from __future__ import annotations

from collections.abc import Iterable

from .. import Evaluation


def best_products(evaluations: Iterable[Evaluation]) -> dict[str, Evaluation]:
    """By task, the evaluation with the highest score, the earliest of equals. One that failed does not count, nor
    one in which the judge or the sandbox noticed something."""
    best: dict[str, Evaluation] = {}
    for each in evaluations:
        if each.failure or each.flags:
            continue
        if each.task not in best or each.score > best[each.task].score:
            best[each.task] = each
    return best
