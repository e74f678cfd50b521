"""Held-out and sealed reports: what the scaffolds of a run are worth on instances that
neither they nor their selection have seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from godel.errors import UsageError
from godel.lineage import Split
from godel.lineage.nodes import REPORT
from godel.loop.engine import program_blob
from godel.loop.patience import Renewed, patiently
from godel.loop.run_folder import Laboratory
from godel.sandbox import SandboxLost
from godel.scoring.evaluator import Assessed, Assessor, Trial, trial_of
from godel.scoring.trials import reported
from godel.stored import program


def report(lab: Laboratory, trees: Iterable[str], split: Split) -> int:
    """Score `trees` on `split` and record it; how many evaluations that took. What was
    scored before is not scored again. Raises UsageError when a sealed split was opened."""
    wanted = list(dict.fromkeys(trees))
    if split is Split.SEALED:
        _open_seal(lab, wanted)
    todo = [(tree, trial) for tree in wanted for trial in _missing(lab, tree, split)]
    if todo:  # so that a reader of one that is stopped half-way knows that it is
        whole = [[trial.task, trial.seed] for trial in reported(lab.tasks, lab.run.scoring, split)]
        lab.store.event(REPORT, {"split": str(split), "trials": whole})
    shares = [todo[number :: lab.run.workers] for number in range(lab.run.workers)]
    with ThreadPoolExecutor(lab.run.workers) as workers:
        try:
            return sum(workers.map(lambda share: _assess(lab, share, split), shares))
        except BaseException:
            lab.pool.close()  # ends the other threads at once: nobody wants to wait for them after Ctrl-C
            raise


def _missing(lab: Laboratory, tree: str, split: Split) -> list[Trial]:
    have = {trial_of(e) for e in lab.store.evaluations(tree=tree, split=split)}
    return [trial for trial in reported(lab.tasks, lab.run.scoring, split) if trial not in have]


def _assess(lab: Laboratory, share: Sequence[tuple[str, Trial]], split: Split) -> int:
    """One thread's part, each scaffold at desks of its own, each trial recorded as soon as it is scored."""
    with Renewed(lab.assessor) as assessors:
        for tree in dict.fromkeys(tree for tree, _ in share):
            todo = [trial for other, trial in share if other == tree]
            patiently(lambda: _score(lab, assessors.now(), tree, todo, split), assessors.end)  # noqa: B023 - called here
    return len(share)


def _score(lab: Laboratory, assessor: Assessor, tree: str, todo: list[Trial], split: Split) -> None:
    """Score `tree` on all of `todo`, which is empty in the end."""
    with assessor.desk(f"{split} {tree}") as desk:
        while todo:
            _record(lab, assessor.assess(desk, program(lab.store, tree), todo[:1]), split)
            todo.pop(0)


def _record(lab: Laboratory, done: Sequence[Assessed], split: Split) -> None:
    if lab.pool.closed:  # then what looks like a failure may be our own doing
        raise SandboxLost("the run is stopping")
    blobs = [program_blob(each.program) for each in done if each.program]
    lab.store.add_evaluations([each.evaluation for each in done], blobs, f"{split} report")


def _open_seal(lab: Laboratory, trees: Sequence[str]) -> None:
    """The sealed split is opened once in the life of a run, for the scaffolds then named."""
    opened = [event.body["trees"] for event in lab.store.events() if event.kind == "sealed split opened"]
    if opened and sorted(opened[0]) != sorted(trees):
        raise UsageError(f"the sealed split was opened already, for {', '.join(t[:12] for t in opened[0])}")
    if not opened:
        lab.store.event("sealed split opened", {"trees": list(trees)})
