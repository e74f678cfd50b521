"""Replay: make a recorded generation again, and compare."""

from __future__ import annotations

import os
import shutil
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from godel.lineage import Generation, Split, Status, Tree
from godel.lineage.store import Store

from . import acceptance
from .assessment import Trial, trial_of
from .engine import Engine, Observer
from .errors import RunFolderError, UsageError
from .generation import Made, Recorded, Workshop, seed_generation
from .laboratory import Laboratory

TIMED_NOISE = 0.1
"""How far the score of a task with a wall-clock budget may move between two runs. A choice,
not yet a measurement: see the README's figures for what has been run on a GPU."""


@dataclass(frozen=True)
class Verdict:
    """What a replay found. `differences` is empty when the record holds."""

    generation: Generation
    replayed: Generation
    scores: Mapping[Trial, tuple[float, float]]
    """By trial: as recorded, as replayed."""
    differences: tuple[str, ...]


def verify(lab: Laboratory, index: int, observer: Observer) -> Verdict:
    """Run generation `index` again from its recorded replies and seeds.

    Its improves hear the words they heard; the child must be the same tree. Its products
    are scored again, on a fresh bench.
    """
    generation = lab.store.generations()[index]
    engine = Engine(lab.run, lab.scaffold, lab.store, lab.assessor, observer)
    assessor = lab.assessor()
    try:
        workshop = Workshop(lab.run, lab.scaffold.editable, assessor, acceptance.make(lab.run.acceptance))
        heard = Recorded.of(lab.store.transcript(index))
        seed = lab.scaffold.program
        if index == 0:
            made = seed_generation(seed, workshop.score(seed, workshop.trials, heard))
        else:
            made = workshop.make(engine.order(index), heard)
    finally:
        assessor.close()
    timed = {name for name, task in lab.tasks.items() if task.timed}
    return compare(lab.store, generation, made, heard, timed)


def compare(store: Store, generation: Generation, made: Made, heard: Recorded, timed: Container[str]) -> Verdict:
    """Trees and scores must be identical; the scores of `timed` tasks, whose budget is the
    wall clock, may differ by TIMED_NOISE."""
    again = made.generation
    found = [
        f"{name}: recorded {before}, replayed {after}"
        for name, before, after in (
            ("parent", generation.parent, again.parent),
            ("child", generation.child, again.child),
            ("status", generation.status, again.status),
            ("rung", generation.rung, again.rung),
            ("trials", sorted(heard.trials), sorted(trial_of(each) for each in made.evaluations)),
        )
        if before != after
    ]
    if again.status is Status.FAILED and again.status != generation.status:
        found.append(f"replayed: {again.reason}")
    pairs = _scores(store, made)
    for trial, (before, after) in pairs.items():
        if not abs(before - after) <= (TIMED_NOISE if trial.task in timed else 0.0):
            found.append(f"{trial.task} seed {trial.seed}: recorded {before:.6f}, replayed {after:.6f}")
    return Verdict(generation, again, pairs, tuple(found))


def _scores(store: Store, made: Made) -> dict[Trial, tuple[float, float]]:
    recorded = {}
    if made.generation.child:
        for evaluation in store.evaluations(tree=made.generation.child, split=Split.SEARCH):
            recorded[trial_of(evaluation)] = evaluation.score
    again = {trial_of(each): each.score for each in made.evaluations}
    return {trial: (recorded.get(trial, float("nan")), score) for trial, score in again.items()}


def checkout(tree: Tree, folder: Path) -> list[Path]:
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


def _write(tree: Tree, folder: Path) -> None:
    for name, text in tree.files.items():
        try:
            path = (folder / name).resolve()
            if not path.is_relative_to(folder):
                raise UsageError(f"{name!r} lies outside the scaffold; nothing is written")
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
