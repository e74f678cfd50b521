"""An arm: one condition with one run seed, a run of its own below the study's folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from godel import config, local
from godel.config import RESUMABLE, Run
from godel.credit import session as measuring
from godel.credit.session import Asked
from godel.errors import RunFolderError
from godel.lineage import Split
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.loop import session
from godel.loop.open_run import opened
from godel.loop.run_folder import FILE, planned
from godel.study.conditions import WALK
from godel.study.design import Design, Transfer

NOTE_BYTES = 1 << 16
DONE = "handed-in.json"
"""Beside its run: that what it handed in was scored, and what it was to come to."""


@dataclass(frozen=True)
class Arm:
    """`run`: what it is launched with. `beside`: scaffolds that are measured with what it hands in. `steps`: of a walk,
    after how many kept edits it hands in; of others None."""

    name: str
    seed: int
    folder: Path
    run: Run
    transfer: Transfer | None = None
    beside: tuple[str, ...] = ()
    steps: int | None = None

    @property
    def label(self) -> str:
        return f"{self.name}, run seed {self.seed}"

    @property
    def ends(self) -> dict[str, Any]:
        """When it is over, and what is measured then: as it is noted once that is done."""
        budget, transfer = self.run.budget.model_dump(mode="json"), self.transfer
        measured = transfer.model_dump(mode="json") if transfer else None
        return {"generations": self.run.generations, "budget": budget, "steps": self.steps, "transfer": measured} | {
            "beside": list(self.beside)
        }


def arms(design: Design, folder: Path, secret: str) -> list[Arm]:
    """All of a study, in order; `steps` of walks are not known yet (see `with_steps`)."""
    return [
        Arm(
            name,
            seed,
            folder / name / str(seed),
            design.settings(name, seed, secret),
            design.transfer,
            design.beside() if name == design.arms()[0] else (),  # the instances are those of all conditions
        )
        for name in design.arms()
        for seed in design.seeds
    ]


def walks(design: Design, name: str) -> bool:
    return design.of(name).hands_in == WALK


def perform(arm: Arm) -> None:
    """Make its run, or go on with it, until it is over; then score what it hands in. What is done is not done again.
    Raises Stopped and failures of ours, and RunFolderError where another run lies in its folder."""
    if not (arm.folder / FILE).exists():
        (arm.folder / DONE).unlink(missing_ok=True)
        session.begin(arm.folder, arm.run)
    _check_same(arm)
    if noted(arm) == arm.ends:
        return
    for generations in _wanted(arm):
        with opened(arm.folder, {"generations": generations, "budget": arm.ends["budget"]}) as run:
            session.prepare(run.pool.tier)
            session.go_on(run, reported=False, budget_ends=True)
    hand_in(arm)
    draft = arm.folder / f".{DONE}"
    draft.write_text(json.dumps(arm.ends, indent=1) + "\n", encoding="utf-8")
    draft.replace(arm.folder / DONE)


def hand_in(arm: Arm) -> None:
    """Score its seed and what it hands in on the held-out split, and on other tasks where that is asked for."""
    with opened(arm.folder) as run:
        lineage = Lineage.growing(run.store)
        tree = handed_in(lineage, arm.steps)
        session.scored(run, [lineage.resolve("seed"), tree], Split.HELD_OUT, session.SILENT)
    if arm.transfer:
        nodes, (calls, on, pairs) = ("seed", tree), (arm.transfer.k, arm.transfer.on, arm.transfer.pairs)
        measuring.imp(arm.folder, Asked(nodes, arm.beside, calls, on, pairs))


def handed_in(lineage: Lineage, steps: int | None) -> str:
    """The best on the search split; of a walk, what it came to after so many kept edits, or all it has."""
    if steps is None:
        return lineage.best or lineage.resolve("seed")
    return lineage.members()[: steps + 1][-1].tree


def depth(lineage: Lineage) -> int:
    """How many self-edits lie between the seed and the best."""
    return len(lineage.path(lineage.best or lineage.resolve("seed"))) - 1


def noted(arm: Arm) -> dict[str, Any] | None:
    """How it ended, once it is over and measured. A note that can't be read is none: then all is looked at again."""
    note = arm.folder / DONE
    if not note.is_file():
        return None
    try:
        ends: dict[str, Any] = json.loads(note.read_bytes()[:NOTE_BYTES])
        return ends
    except (ValueError, RecursionError):
        return None


def _wanted(arm: Arm) -> Iterator[int]:
    """Up to how many generations it is to be gone on with, one after the other: all, or, for a walk, as many as it
    still needs at least."""
    if arm.steps is None:
        yield arm.run.generations
        return
    done, kept = _reached(arm.folder)
    if not done:  # the seed has to be scored, whatever is handed in
        yield 1
        done, kept = _reached(arm.folder)
    while kept < arm.steps and done < arm.run.generations:
        yield (wanted := min(arm.run.generations, done + arm.steps - kept))
        done, kept = _reached(arm.folder)
        if done < wanted:  # its budget is spent
            return


def _reached(folder: Path) -> tuple[int, int]:
    """Generations that are done, and edits that were kept."""
    with Store.open(folder / FILE) as store:
        lineage = Lineage.of(store)
        return max(0, len(lineage) - 1), max(0, len(lineage.members()) - 1)


def _check_same(arm: Arm) -> None:
    """Raises RunFolderError where its run was launched with other settings."""
    with Store.open(arm.folder / FILE) as store:
        there = config.validate(local.split(store.config["run"])[0], str(arm.folder))
    asked = planned(arm.run).run
    for key, before, now in _differing(_lasting(there), _lasting(asked)):
        raise RunFolderError(
            f"{arm.folder}: launched with {key} = {before!r}, and the design has {now!r}; give the study another folder"
        )


def _lasting(run: Run) -> dict[str, Any]:
    """What no resumption changes."""
    data = local.split(run.model_dump(mode="json"))[0]
    return {key: value for key, value in data.items() if key not in ("secret", *RESUMABLE)}


def _differing(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Dotted keys with both values."""
    for key in sorted({*one, *other}):
        before, now = one.get(key), other.get(key)
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            yield from _differing(before, now, f"{prefix}{key}.")
        elif before != now:
            yield f"{prefix}{key}", before, now
