"""Measuring, from start to end: a run is opened to be written, scaffolds are put to work, gains are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from godel import arguments, scaffold
from godel.config import Run
from godel.constants import SEARCHERS, missing, stand_in
from godel.contract import Program
from godel.credit.measuring import Plan, Scaffolds, measure
from godel.credit.targets import targets
from godel.errors import ScaffoldError, UsageError
from godel.lineage.analysis.imp import Measurement
from godel.lineage.analysis.lineage import Lineage
from godel.loop.open_run import OpenRun, opened
from godel.loop.session import SILENT, Watch, prepare

TRANSFER = "weak_improver:reserved"
CALLS, PAIRS = 160, 8


@dataclass(frozen=True)
class Asked:
    """What somebody wants measured. `nodes`: of the run; without any (and without others), its seed, its best and all
    on the way between. `others`: scaffolds by name or folder, to stand beside them. `on`: suites, tasks, folders;
    none: the run's own tasks. `calls`: None for as many as the run gives."""

    nodes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    calls: int | None = CALLS
    on: tuple[str, ...] = (TRANSFER,)
    pairs: int = PAIRS

    def __post_init__(self) -> None:
        """Raises ConfigError."""
        for name in ("nodes", "others", "on"):
            given = getattr(self, name)
            if not isinstance(given, tuple) or not all(isinstance(each, str) and each for each in given):
                raise arguments.wrong(name, given, "names, as a tuple of texts")
        for name in ("calls", "pairs"):
            given = getattr(self, name)
            if (type(given) is not int or given < 1) and not (name == "calls" and given is None):
                raise arguments.wrong(name, given, "a whole number, 1 at least")

    def words(self) -> list[str]:
        """As a command line has it, after the run's folder."""
        beside = [word for each in self.others for word in ("--scaffold", each)]
        on = [word for each in self.on for word in ("--on", each)]
        calls = [] if self.calls is None else ["--k", str(self.calls)]
        return [*self.nodes, *beside, *on, *calls, "--pairs", str(self.pairs)]

    def plan(self, run: OpenRun) -> Plan:
        """On a run. Raises UsageErrors, TaskError."""
        tasks = targets(self.on, run.config.presets) if self.on else dict(run.tasks)
        return Plan(run.config.improve.calls if self.calls is None else self.calls, self.pairs, tasks)


DEFAULT = Asked()


class Asking(NamedTuple):
    """What was asked for, as it was understood."""

    plan: Plan
    scaffolds: frozenset[str]

    def of(self, found: Sequence[Measurement]) -> Measurement:
        """That part of all that was ever measured."""
        whole = next(each for each in found if self.plan.measures(each.calls, each.targets))
        gains = {tree: own for tree, own in whole.gains.items() if tree in self.scaffolds}
        return replace(whole, scaffolds=[each for each in whole.scaffolds if each.node in gains], gains=gains)


def imp(
    folder: Path, asked: Asked, watch: Watch = SILENT, follow: bool = False, changes: Mapping[str, Any] | None = None
) -> Asking:
    """Measure what is asked for and not recorded yet. Raises what `opened` raises, UsageErrors and TaskError for what
    can't be measured, and Stopped or failures of ours: what is recorded by then stays."""
    with opened(folder, changes, follow=follow) as run:
        plan = asked.plan(run)
        chosen = scaffolds(Lineage.of(run.store), asked.nodes, asked.others, run.config)
        with watch.work("imp", folder, *asked.words()):
            measured(run, plan, chosen, watch)
    return Asking(plan, frozenset(each.digest for each in chosen.values()))


def measured(run: OpenRun, plan: Plan, chosen: Scaffolds, watch: Watch) -> None:
    """Measure them on a tier that is made ready, and tell how far that is."""
    prepare(run.pool.tier, watch)
    with watch.phase(f"measuring imp@{plan.calls} of {len(chosen)} on {', '.join(plan.targets)}") as tell:
        measure(run, plan, chosen, tell)


def scaffolds(lineage: Lineage, nodes: Sequence[str], others: Iterable[str], run: Run) -> dict[str, Program]:
    """By name: a node goes by the generation that made it. Raises NodeError, and UsageErrors for one from outside."""
    trees = [lineage.resolve(node) for node in nodes]
    beside = {name: outside(name, run) for name in others}
    if not trees:
        trees = main_line(lineage)
    return {f"g{lineage.nodes[tree].made.index}": lineage.source(tree) for tree in trees} | beside


def main_line(lineage: Lineage) -> list[str]:
    """From the seed to the best."""
    best = lineage.best or lineage.resolve("seed")
    return [node.key for node in lineage.path(best)]


def outside(name: str, run: Run) -> Program:
    """A scaffold by name or folder, or what stands for a searcher. Raises UsageErrors."""
    if name in SEARCHERS:
        if library := missing(name):
            raise UsageError(f"{name}: needs {library}, which is not installed: pip install 'godel-lab[compare]'")
        return stand_in(name)
    found = scaffold.load(name)
    if found.needs_model and not run.model.names:
        raise ScaffoldError(f"--scaffold {name}: needs a language model, and this run has none: measure another one")
    return found.program
