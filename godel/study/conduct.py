"""A study is conducted: its arms side by side, each in a process of its own, and whatever is done stays done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from godel.credit.session import outside
from godel.credit.targets import targets
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.loop import run_folder, session
from godel.seeds import installation_secret
from godel.study.arms import Arm, arms, depth, walks
from godel.study.crew import performed
from godel.study.design import Design

Tell = Callable[[Arm, int, int, bool], None]
"""Is told of an arm, of how many are over and of how many there are, and whether this one begins or is over."""


def conduct(design: Design, folder: Path, jobs: int, tell: Tell) -> list[Arm]:
    """Perform all arms, `jobs` at a time, walks after those that say how long they are. Raises what the first arm that
    fails does: Stopped and failures of ours."""
    planned = arms(design, folder, str(design.run.get("secret") or installation_secret()))
    first = [arm for arm in planned if not walks(design, arm.name)]
    _check(design, planned)
    _prepare(planned[0])
    performed(first, jobs, lambda arm, done, over: tell(arm, done, len(planned), over))
    then = [with_steps(design, arm, folder) for arm in planned if walks(design, arm.name)]
    performed(then, jobs, lambda arm, done, over: tell(arm, done + len(first), len(planned), over))
    return sorted([*first, *then], key=lambda arm: (design.arms().index(arm.name), design.seeds.index(arm.seed)))


def with_steps(design: Design, arm: Arm, folder: Path) -> Arm:
    """A walk that is as long as the way to the best of the first condition, with the same run seed."""
    with Store.open(folder / design.arms()[0] / str(arm.seed) / run_folder.FILE) as store:
        return replace(arm, steps=depth(Lineage.of(store)))


def _check(design: Design, every: Sequence[Arm]) -> None:
    """All that can be found out before anything is spent. Raises UsageErrors, TaskError."""
    for arm in {arm.name: arm for arm in every}.values():
        run_folder.planned(arm.run)
    if design.transfer:
        targets(design.transfer.on, every[0].run.presets)
        for name in design.beside():
            outside(name, every[0].run)


def _prepare(arm: Arm) -> None:
    """The tier, once and not in every process."""
    with closing(run_folder.tier_of(arm.run)) as tier:
        session.prepare(tier)
