"""Whole runs: deterministic, resumable after SIGKILL, replayable, stoppable."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from runs import Quiet, archive, kill_after, proceed, small_run

from godel.errors import BudgetSpent
from godel.ledger import free
from godel.lineage import Split, Status
from godel.lineage.analysis.lineage import resolve
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.replay import Replayer
from godel.loop.report import report
from godel.loop.run_folder import FILE, create
from godel.sandbox import Tier
from godel.scoring.evaluator import Evaluator, scores_in
from godel.tasks import HERE

CONTINUE = """
from pathlib import Path
from runs import proceed
proceed(Path({folder!r}))
"""


def test_a_run_records_every_generation_in_order(any_tier: Tier, launch: Callable[..., Path]) -> None:
    folder = launch(small_run(any_tier, generations=4))
    with Store.open(folder / FILE) as store:
        generations = store.generations()
        store.verify()
    assert [g.index for g in generations] == [0, 1, 2, 3, 4]
    assert generations[0].status is Status.SEED
    assert all(g.edits and g.parent for g in generations[1:] if g.child)


def test_the_same_seed_gives_the_same_archive_with_workers_in_flight(
    bubblewrap: Tier, launch: Callable[..., Path]
) -> None:
    run = small_run(bubblewrap, generations=6, workers=3)
    assert archive(launch(run, "one")) == archive(launch(run, "two"))


def test_another_seed_gives_another_archive(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    one, two = (small_run(bubblewrap, generations=3, seed=seed) for seed in (1, 2))
    assert archive(launch(one, "one")) != archive(launch(two, "two"))


@pytest.mark.slow
def test_killed_five_times_a_run_ends_as_an_undisturbed_one(
    bubblewrap: Tier, launch: Callable[..., Path], tmp_path: Path
) -> None:
    run = small_run(bubblewrap, "improve.calls=4", generations=30)
    undisturbed = launch(run, "undisturbed")
    killed = tmp_path / "killed"
    create(killed, run)
    rng = random.Random(7)
    for done in (0, 4, 9, 15, 22):
        ran = kill_after(resume(killed), killed, done, rng.uniform(0.0, 1.0))
        assert ran, "the run was over before it could be killed five times"
    assert resume(killed).wait() == 0
    assert archive(killed) == archive(undisturbed)
    replay_everything(killed)


def resume(folder: Path) -> subprocess.Popen[bytes]:
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": os.defpath}
    return subprocess.Popen([sys.executable, "-c", CONTINUE.format(folder=str(folder))], env=environment)


def replay_everything(folder: Path) -> None:
    with opened(folder, replay=True) as lab:
        for generation in lab.store.generations():
            assert Replayer(lab, Quiet()).verify(generation.index).differences == ()


def test_every_generation_replays(any_tier: Tier, launch: Callable[..., Path]) -> None:
    replay_everything(launch(small_run(any_tier, generations=3)))


def test_a_replay_notices_another_archive(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    """The check can fail: a run whose seed is not the recorded one makes other children."""
    folder = launch(small_run(bubblewrap, generations=2))
    with opened(folder, {"seed": 99}, replay=True) as lab:
        assert Replayer(lab, Quiet()).verify(1).differences


def test_a_finished_run_can_be_prolonged(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    folder = launch(small_run(bubblewrap, generations=2))
    before, seen = archive(folder), Quiet()
    proceed(folder, seen, generations=4)
    assert seen.indices == [3, 4]
    assert [row for row in archive(folder) if row in before] == before


def test_a_spent_budget_stops_a_run_where_it_can_go_on(
    bubblewrap: Tier, launch: Callable[..., Path], tmp_path: Path
) -> None:
    """The generation that would overdraw it is given up, and made again when there is more."""
    run = small_run(bubblewrap, "budget.evaluations=40", generations=50, workers=1)
    with pytest.raises(BudgetSpent, match=r"the budget of 40 evaluations is spent; \d+ of 50 generations are done"):
        launch(run)
    with Store.open(tmp_path / "run" / FILE) as store:
        done = store.generations()
    assert 0 < sum(made.spend.evaluations for made in done) <= 40
    proceed(tmp_path / "run", generations=len(done), budget={})  # the one that was given up, and no more
    undisturbed = launch(small_run(bubblewrap, generations=len(done), workers=1), "undisturbed")
    assert archive(tmp_path / "run") == archive(undisturbed)


def test_a_copy_of_its_file_is_all_that_a_run_needs(bubblewrap: Tier, tmp_path: Path) -> None:
    """Its task is gone, or another by the same name: the run goes on with its own."""
    task, copy = tmp_path / "mine", tmp_path / "elsewhere"
    shutil.copytree(HERE / "online_bin_packing", task)
    create(tmp_path / "run", small_run(bubblewrap, tasks=[str(task)], generations=2))
    proceed(tmp_path / "run", generations=1)
    shutil.rmtree(task)
    copy.mkdir()
    shutil.copy(tmp_path / "run" / FILE, copy)
    proceed(copy)
    replay_everything(copy)


def test_it_may_search_before_it_hands_in(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    """STOP's way: with meta-utility calls, the proposal heard scores of its children."""
    folder = launch(small_run(bubblewrap, "improve.self_calls=3", "improve.calls=4", generations=1))
    with Store.open(folder / FILE) as store:
        heard = store.transcript(1).proposal
    assert len(heard) == 3
    assert [reply["remaining"] for reply in heard] == [2, 1, 0]
    replay_everything(folder)


def test_the_held_out_report_uses_other_instances_and_is_not_made_twice(
    bubblewrap: Tier, launch: Callable[..., Path]
) -> None:
    folder = launch(small_run(bubblewrap, generations=1))
    with opened(folder) as lab:
        seed = resolve(lab.store, "seed")
        assert report(lab, [seed], Split.HELD_OUT) == 2
        assert report(lab, [seed], Split.HELD_OUT) == 0
        values = {split: [e.value for e in lab.store.evaluations(tree=seed, split=split)] for split in Split}
    assert not set(values[Split.SEARCH]) & set(values[Split.HELD_OUT])


def test_a_frozen_proposer_is_the_seed(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    folder = launch(small_run(bubblewrap, generations=3, proposer="seed", acceptance="any", selection="chain"))
    with Store.open(folder / FILE) as store:
        generations = store.generations()
    assert {g.proposer for g in generations[1:]} == {generations[0].child}


def test_budgets_are_counted_by_the_host(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    folder = launch(small_run(bubblewrap, generations=1))
    with Store.open(folder / FILE) as store:
        for generation in store.generations():
            for each in store.evaluations(tree=generation.child):
                asked, known = (
                    {reply["request"] for reply in store.transcript(index).trials[each.trial]}
                    for index in (generation.index, 0)
                )
                new = asked - known if generation.index else asked
                assert each.spend.evaluations == len(new) + 1  # each new program once, and the recorded score


def test_what_the_parent_heard_is_not_measured_again(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    """A child that behaves as its parent does costs its recorded scores only."""
    folder = launch(small_run(bubblewrap, generations=1))
    with opened(folder, replay=True) as lab:
        told = lab.store.transcript(0).trials
        known = {trial: scores_in(replies) for trial, replies in told.items()}
        evaluator = Evaluator(lab.tasks, lab.config.secret, "", "")
        with closing(lab.worker()) as worker, worker.workspace("again", free) as workspace:
            first, again = (
                evaluator.evaluate(workspace, lab.scaffold.program, list(told), known=before) for before in ({}, known)
            )
    assert min(each.evaluation.spend.evaluations for each in first) > 1
    assert {each.evaluation.spend.evaluations for each in again} == {1}
    assert [(e.program, e.evaluation.score, e.replies) for e in first] == [
        (e.program, e.evaluation.score, e.replies) for e in again
    ]


def test_a_polite_run_works_too(bubblewrap: Tier) -> None:
    """Children lower their priority further, whatever the host's own is."""
    words = ["-m", "godel", "tasks", "run", "circle_packing_26", "--sandbox", bubblewrap.name]
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": os.defpath, "HOME": str(Path.home())}
    done = subprocess.run(["nice", "-n", "5", sys.executable, *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
