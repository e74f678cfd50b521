"""The experiments on self-edits: the scaffolds that they led to, each edit taken back, each edit alone, and two
of them together, as far as a budget goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from godel.contract import Program
from godel.credit.measuring import Plan
from godel.credit.separating import name, separate
from godel.credit.session import Asked, measured
from godel.lineage import Generation
from godel.lineage.analysis import separation
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.separation import Wanted
from godel.loop.open_run import OpenRun, opened
from godel.loop.session import SILENT, Watch

BUDGET = 20_000
Made = Iterator[tuple[Wanted, Program | None]]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Extent:
    """How far the experiments go. `budget`: evaluations that all of them together may take, those that were made
    before included; the scaffolds of the run are measured whatever that takes. `every`: of all edits that were kept,
    and not of the main line alone."""

    budget: int = BUDGET
    every: bool = False

    def words(self) -> list[str]:
        return ["--measure", "--budget", str(self.budget), *(["--all"] if self.every else [])]


EXTENT, ON_ITSELF = Extent(), Asked(calls=None, on=())
"""As far as it goes, and with what the run itself has: its tasks, its calls."""


def experiment(
    folder: Path,
    asked: Asked = ON_ITSELF,
    extent: Extent = EXTENT,
    watch: Watch = SILENT,
    follow: bool = False,
    changes: Mapping[str, Any] | None = None,
) -> Plan:
    """Measure what the self-edits are worth, and record it in the run's file. Raises what `session.imp` raises."""
    with opened(folder, changes, follow=follow) as run:
        plan = asked.plan(run)
        with watch.work("lineage", "credit", folder, *asked.words(), *extent.words()):
            lineage = Lineage.of(run.store)
            edits = separation.kept_edits(lineage) if extent.every else separation.main_line(lineage)
            nodes = {f"g{lineage.nodes[tree].made.index}": lineage.source(tree) for tree in around(lineage, edits)}
            measured(run, plan, nodes, watch)
            most = extent.budget // cost(plan) - len(nodes)
            measured(run, plan, variants(run, lineage, edits, most, watch), watch)
    return plan


def around(lineage: Lineage, edits: Sequence[Generation]) -> list[str]:
    """The seed, and of each edit its parent, its child and the best that came of it."""
    trees = [lineage.generations[0].child, *(each for edit in edits for each in (edit.parent, edit.child))]
    best = [separation.best_descendant(lineage, edit.child) for edit in edits if edit.child]
    return [tree for tree in dict.fromkeys([*trees, *best]) if tree]


def variants(
    run: OpenRun, lineage: Lineage, edits: Sequence[Generation], most: int, watch: Watch
) -> dict[str, Program]:
    """By name, so many scaffolds at most that nobody proposed: the edits that seemed to give most come first."""
    order = [each.index for each in sorted(edits, key=lambda edit: (-(edit.gain or 0.0), edit.index))]
    asked = separation.wanted(lineage, order)
    with watch.phase("taking edits back, and putting them elsewhere") as tell:
        return dict(_within(lineage, separate(run, lineage, asked), most, tell))


def _within(lineage: Lineage, made: Made, most: int, tell: Tell) -> Iterator[tuple[str, Program]]:
    digests: set[str] = set()
    while len(digests) < most and (found := next(made, None)):
        wanted, program = found
        tell(f"{name(lineage, wanted)}: {'can be had' if program else 'can not be had'}")
        if program:
            digests.add(program.digest)
            yield name(lineage, wanted), program


def cost(plan: Plan) -> int:
    """Evaluations that one scaffold takes: its utility calls, and a fresh score, on each instance."""
    return plan.pairs * len(plan.targets) * (plan.calls + 1)
