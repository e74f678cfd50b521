"""Held-out and sealed reports: what the scaffolds of a run are worth on instances that
neither they nor their selection have seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from godel.errors import UsageError
from godel.lineage import Split, Trial
from godel.lineage.records.events import ReportBegun, SealOpened
from godel.lineage.store import Store
from godel.loop.batch import batch
from godel.loop.open_run import OpenRun
from godel.scoring.trials import reported


def report(run: OpenRun, trees: Iterable[str], split: Split) -> int:
    """Score `trees` on `split` and record it, trial by trial; how many evaluations that took. What was
    scored before is not scored again. Raises UsageError when a sealed split was opened."""
    wanted = list(dict.fromkeys(trees))
    if split is Split.SEALED:
        _open_seal(run.store, wanted)
    trials = reported(run.tasks, run.config.scoring, split)
    records = run.records()
    schedule = run.schedule(records)
    todo = [
        schedule.evaluate(f"{split} {tree}", run.store.program(tree), trial)
        for tree in wanted
        for trial in _missing(run.store, tree, split, trials)
    ]
    if todo:  # so that a reader of one that is stopped half-way knows that it is
        run.store.event(ReportBegun(split, tuple((trial.task, trial.seed) for trial in trials)))
    for _, result in batch(run.executor(), todo):
        records.add_scores(result, f"{split} report")
    return len(todo)


def _missing(store: Store, tree: str, split: Split, trials: Sequence[Trial]) -> list[Trial]:
    have = {each.trial for each in store.evaluations(tree=tree, split=split)}
    return [trial for trial in trials if trial not in have]


def _open_seal(store: Store, trees: Sequence[str]) -> None:
    """The sealed split is opened once in the life of a run, for the scaffolds then named."""
    opened = store.happened(SealOpened)
    if opened and sorted(opened[0].programs) != sorted(trees):
        raise UsageError(f"the sealed split was opened already, for {', '.join(t[:12] for t in opened[0].programs)}")
    if not opened:
        store.event(SealOpened(tuple(trees)))
