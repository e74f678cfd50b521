"""Why a run accepted nothing, in lines that fit a terminal, and commands that can be pasted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import formatting
from .console import out

if TYPE_CHECKING:
    from godel.explanation import Explanation
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.analysis.remarks import Remarks

MEANS = {"unchanged": "changed no score", "neutral": "within the noise", "worse": "worse", "better": "better"}
"""By class of `godel.lineage.analysis.proposals`."""


def show(explanation: Explanation) -> None:
    for line in lines(explanation):
        out().print(line, soft_wrap=True)
    for each in explanation.advice:
        out().print(f"\n{each.why}:")
        out().print(f"  {each.command}", soft_wrap=True)


def remarked(lineage: Lineage, folder: Path, settings: Mapping[str, Any]) -> Lineage:
    """The same, with this explanation for a page or an export to hand on. `settings`: the run's, without those
    that belong to the caller: a page goes to others."""
    from godel.explanation import explanation

    def remarks() -> Remarks | None:
        why = explanation(lineage, folder, settings)
        return _remarks(why) if why else None

    lineage.remarks = remarks
    return lineage


def _remarks(explanation: Explanation) -> Remarks:
    from godel.lineage.analysis.remarks import Remarks

    return Remarks(
        tuple(lines(explanation)), tuple((each.why, each.command) for each in explanation.advice), explanation
    )


def lines(explanation: Explanation) -> Iterator[str]:
    """What became of the proposals, and what could have been seen."""
    made = explanation.proposals
    yield f"Of {formatting.count(made.tried, 'self-edit')}"
    if made.refused:
        yield f"  {_sum(made.refused):3} refused by the gate: {_counts(made.refused)}"
    if made.smoke:
        yield f"      in the smoke run it {_times(made.smoke)}"
    if made.failed:
        yield f"  {_sum(made.failed):3} gave no child: {_counts(made.failed)}"
    if made.hopeless:
        yield f"  {_sum(made.hopeless):3} stopped early: {_kinds(made.hopeless)}"
    full = {kind: count - made.hopeless.get(kind, 0) for kind, count in made.scored.items()}
    if _sum(full):
        best = "" if made.best_gain is None else f"; the most was {formatting.number(made.best_gain)}"
        yield f"  {_sum(full):3} scored in full, and not accepted: {_kinds(full)}{best}"
    yield from _power(explanation)


def _power(explanation: Explanation) -> Iterator[str]:
    if explanation.deviation is None:
        yield "Which gain could have been seen is not known: too few children were scored."
        return
    yield (
        f"A child is scored on {formatting.count(explanation.trials, 'trial')}; its differences to its parent vary by "
        f"{explanation.deviation:.2f} (SD)."
    )
    if explanation.detectable is None:
        yield f"No gain would be accepted ({explanation.acceptance}) in {explanation.power:.0%} of cases on so few."
    else:
        gain = f"{explanation.detectable:+.2f}"
        yield (
            f"So {explanation.acceptance} accepts a gain of {gain} in {explanation.power:.0%} of cases, "
            "a smaller one less."
        )


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {MEANS[kind]}" for kind, count in counts.items() if count)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {formatting.cut(name, 40)}" for name, count in counts.items())


def _times(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{formatting.cut(name, 40)} ({count} ×)" for name, count in counts.items())


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
