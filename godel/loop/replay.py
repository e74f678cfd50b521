"""Replay: make a recorded generation again, and compare."""

from __future__ import annotations

import math
import os
import re
import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from godel.contract import Program
from godel.errors import RunFolderError, UsageError
from godel.lineage import Evaluation, Generation, Outcome, Split, Transcript, Trial
from godel.lineage.store import Store
from godel.loop.open_run import OpenRun
from godel.loop.orders import Evaluate, Propose, Proposed
from godel.loop.patience import Renewed, patiently
from godel.loop.records import evaluated, seed_result
from godel.loop.run import Observer
from godel.scoring.improvement import RECORD_ENDS

TIMED_NOISE = 0.1
"""How far the score of a task with a wall-clock budget may move between two runs. A choice,
not yet a measurement: see docs/figures.md for what has been run on a GPU."""
ADDRESS = re.compile("0x[0-9a-f]+")
LIMITS = re.compile(r"(improve: )?(cpu|wall)\b")
"""How a reason begins that a limit of time gave."""
UNSCORED = (Outcome.FAILED, Outcome.REFUSED)
PROPOSAL = "proposal"


@dataclass(frozen=True)
class Verdict:
    """What a replay found. `differences` is empty when the record holds."""

    generation: Generation
    replayed: Generation
    scores: Mapping[Trial, tuple[float, float]]
    """By trial: as recorded, as replayed."""
    differences: tuple[str, ...]


class Replayer:
    """Makes generations of one run again, from their recorded replies and seeds: by a worker as any order is done.

    Its improves are told what they were told, all of them; the child must be the same tree, and what became
    of it the same, for the same reason. Its products are scored again, on a fresh bench."""

    def __init__(self, run: OpenRun, observer: Observer) -> None:
        self._run, self._observer = run, observer
        self._generations = run.store.generations()
        self._schedule = run.schedule(run.records())
        self._worker = Renewed(run.worker)
        self._timed = {name for name, task in run.tasks.items() if task.timed}

    def verify(self, index: int) -> Verdict:
        """Generation `index`, and in what its replay differs."""
        told = self._run.store.transcript(index)
        waiting = partial(self._observer.waiting, index)
        result = patiently(lambda: self.again(index, told), self._worker.end, waiting)
        return compare(self._run.store, self._generations[index], result, told, self._timed)

    def again(self, index: int, told: Transcript) -> Proposed:
        """What comes of generation `index` when its improves are told `told`."""
        worker, schedule = self._worker.now(), self._schedule
        if index:
            order = schedule.order(index)
            if isinstance(order, Propose):
                return worker.propose(order, told)
            return evaluated(index, order, worker.evaluate(order, told))
        result = worker.evaluate(Evaluate("0", schedule.seed, tuple(schedule.trials())), told)
        return seed_result(schedule.seed, result.scored)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.end()


def compare(store: Store, generation: Generation, made: Proposed, told: Transcript, timed: Container[str]) -> Verdict:
    """All that is recorded of a generation and its trials must come out the same, but for what a clock
    decides: the scores of `timed` tasks, whose budget is the wall clock, may differ by TIMED_NOISE."""
    trials = _scores(store, made)
    recorded = _recorded(store, made)
    ends = {PROPOSAL: generation.reason} | {named(trial): each.failure or "" for trial, each in recorded.items()}
    # What people said of it later is no part of what is made again.
    first = replace(generation, rulings=generation.rulings[:1])
    differences = [
        *_outcome(first, made.generation),
        *_told(_counts(told), _counts(made.transcript), {place for place in ends if LIMITS.match(ends[place])}),
        *_trials(recorded, made, timed),
    ]
    return Verdict(generation, made.generation, trials, tuple(differences))


def _outcome(before: Generation, after: Generation) -> Iterator[str]:
    for name in ("parents", "child", "outcome", "status", "rung", "edits"):
        if getattr(before, name) != getattr(after, name):
            yield f"{name}: recorded {getattr(before, name)}, replayed {getattr(after, name)}"
    # Of a child that was scored, the reason is made of its scores, which are compared one by one.
    unscored = before.outcome in UNSCORED or after.outcome in UNSCORED
    if unscored and not same_end(before.reason, after.reason):
        yield f"reason: recorded {before.reason}, replayed {after.reason}"


def _told(before: Mapping[str, int], after: Mapping[str, int], limited: Container[str]) -> Iterator[str]:
    """Where an improve was told another number of replies. One that a limit of time ended may have come less far."""
    for place in [*before, *(after.keys() - before.keys())]:
        if before.get(place) != after.get(place) and not (place in limited and place in after):
            yield f"{place}: recorded {before.get(place, 'no')} replies, replayed {after.get(place, 'no')}"


def _counts(told: Transcript) -> dict[str, int]:
    """By improve, the replies that it was told."""
    by_trial = {named(trial): len(replies) for trial, replies in told.trials.items()}
    return {PROPOSAL: len(told.proposal), **by_trial}


def named(trial: Sequence[Any]) -> str:
    return " ".join(map(str, trial))


def _trials(recorded: Mapping[Trial, Evaluation], made: Proposed, timed: Container[str]) -> Iterator[str]:
    for again in made.evaluations:
        before, where = recorded.get(again.trial), f"{again.task} seed {again.seed}"
        if before is None:
            yield f"{where}: replayed, but not recorded"
            continue
        if not abs(before.score - again.score) <= (TIMED_NOISE if again.task in timed else 0.0):
            yield f"{where}: recorded {before.score:.6f}, replayed {again.score:.6f}"
        if not same_end(before.failure or "", again.failure or ""):
            yield f"{where}: recorded {before.failure or 'no failure'}, replayed {again.failure or 'no failure'}"
        if before.program != again.program:
            yield f"{where}: recorded product {before.program[:12]}, replayed {again.program[:12]}"


def same_end(recorded: str, replayed: str) -> bool:
    """Whether two reasons say the same. Addresses differ in every process. An improve that a limit of time
    had ended is told no more than it was told then: a replay that is faster comes to the record's end."""
    if ADDRESS.sub("0x", recorded) == ADDRESS.sub("0x", replayed):
        return True
    return bool(LIMITS.match(recorded)) and RECORD_ENDS in replayed


def _recorded(store: Store, made: Proposed) -> dict[Trial, Evaluation]:
    """Of the scaffold that was scored: the child, or a parent that was evaluated further."""
    generation = made.generation
    tree = generation.parent if generation.outcome is Outcome.EVALUATED else generation.child
    return {each.trial: each for each in store.evaluations(tree=tree, split=Split.SEARCH)} if tree else {}


def _scores(store: Store, made: Proposed) -> dict[Trial, tuple[float, float]]:
    recorded = _recorded(store, made)
    return {
        each.trial: (recorded[each.trial].score if each.trial in recorded else math.nan, each.score)
        for each in made.evaluations
    }


def checkout(tree: Program, folder: Path) -> list[Path]:
    """Write a scaffold's source tree into `folder`, which must be empty or new: all of it or nothing.
    Raises RunFolderError, UsageError, and OSError, naming `folder`."""
    new = not folder.exists()
    if not new and (not folder.is_dir() or any(folder.iterdir())):
        raise RunFolderError(f"{folder} exists and is not an empty folder: choose another")
    final = folder.resolve()
    # Beside a new folder, to take its name at once; within one that is there, as it may be a mount.
    draft = (final.parent if new else final) / f".{final.name}.{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        _write(tree, draft)
        _settle(draft, final, new)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return [final / name for name in tree.files]


def _write(tree: Program, folder: Path) -> None:
    for name, text in tree.files.items():
        try:
            path = (folder / name).resolve()
            if not path.is_relative_to(folder):
                raise UsageError(f"{name!r} lies outside the scaffold; nothing is written")
            if any(part.startswith(".") for part in Path(name).parts):  # .git/config, .envrc: run by what looks at them
                raise UsageError(f"{name!r} is hidden, and a scaffold's source never is; nothing is written")
            path.parent.mkdir(parents=True, exist_ok=True)
            # Half a surrogate pair is written too: the file holds what the scaffold wrote.
            path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
        except ValueError:
            raise UsageError(f"{name!r} is no name that a file can have; nothing is written") from None


def _settle(draft: Path, final: Path, new: bool) -> None:
    if new:
        draft.rename(final)
        return
    for each in draft.iterdir():
        each.rename(final / each.name)
