"""A guest that somebody ends from outside is our failure, wherever it is used: nothing of it is recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from guests import processes
from runs import Quiet, archive, proceed, small_run, tier_or_skip

from godel import config, tasks
from godel.config import Run
from godel.contract import Program, Score
from godel.gateway import NoModel
from godel.lineage import Outcome
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.patience import Renewed
from godel.loop.replay import Replayer, compare
from godel.loop.run_folder import FILE, create
from godel.loop.threads import Threads
from godel.sandbox import Guest, SandboxLost, Spec, Tier
from godel.sandbox.bubblewrap import BubblewrapTier
from godel.sandbox.channel import TWICE, Session
from godel.scoring.bench import Bench, Judge
from godel.scoring.improvement import SCAFFOLD, Improve, improve
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.task_check import fresh

ASKS = """
def improve(program, utility, model, rng):
    for number in range(3):
        child = program.with_file("main.py", f"X = {number}{rng.randrange(9)}\\n")
        utility(child)
    return child
"""
SCAFFOLD_PROGRAM = Program({"main.py": ASKS})
KILLS_ITSELF = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


class Killer:
    """A utility that ends a process of the guest that asks it: for the first `times` of its calls."""

    description, budget = "kills", 9

    def __init__(self, victim: str, times: int) -> None:
        self.victim, self.times = victim, times
        self.session: Session
        self.asked: list[str] = []

    def take(self, pool: Pool) -> Session:
        self.session = pool.take(SCAFFOLD)
        return self.session

    def __call__(self, program: Program) -> Score:
        self.asked.append(program.digest)
        if len(self.asked) <= self.times:
            os.kill(processes(self.session.guest)[self.victim], signal.SIGKILL)
        return Score(0.5)


def improved(tier: Tier, killer: Killer) -> object:
    with Pool(tier, spares=0) as pool:
        call = Improve(SCAFFOLD_PROGRAM, SCAFFOLD_PROGRAM, killer, NoModel(), 7, config.Improve())
        made = improve(lambda: killer.take(pool), call)
        return replace(made, spend=replace(made.spend, cpu_s=0.0, wall_s=0.0))


def test_an_improve_whose_process_is_killed_is_made_again(any_tier: Tier) -> None:
    """As if nothing had happened; and what was measured before is not measured twice."""
    undisturbed, disturbed = Killer("child", times=0), Killer("child", times=1)
    assert improved(any_tier, disturbed) == improved(any_tier, undisturbed)
    assert disturbed.asked == undisturbed.asked


def test_twice_is_its_own_doing(any_tier: Tier) -> None:
    made = improved(any_tier, Killer("child", times=2))
    assert getattr(made, "failure") == "lost"  # noqa: B009
    assert getattr(made, "detail").startswith(TWICE)  # noqa: B009


def test_an_improve_whose_guest_is_killed_is_our_failure(any_tier: Tier) -> None:
    with pytest.raises(SandboxLost, match="killed from outside"):
        improved(any_tier, Killer("zygote", times=1))


def test_a_program_that_kills_itself_is_scored_as_failed(bubblewrap: Tier) -> None:
    task = tasks.load("online_bin_packing")
    with Pool(bubblewrap, spares=0) as pool:
        judge = Judge(pool)
        with Bench(pool, judge) as bench:
            outcome = bench.evaluate(task, Program({"main.py": KILLS_ITSELF}), 1, recorded=True)
        judge.close()
    assert outcome.failure == "lost"
    assert outcome.detail.startswith(TWICE)


class Deadly:
    """A tier whose guests of one role are real, and are killed from outside when they are at their first job: each
    second one that gets a job, so that the work succeeds in the end. (By their jobs: spares start side by side.)"""

    def __init__(self, tier: Tier, role: str, victim: str) -> None:
        self._tier, self._role, self._victim = tier, role, victim
        self.at_work = self.killed = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._tier, name)

    def start(self, spec: Spec) -> Guest:
        guest = self._tier.start(spec)
        if spec.role == self._role:
            self._watch(guest)
        return guest

    def _watch(self, guest: Guest) -> None:
        send, doomed = guest.send, list[bool]()

        def watched(data: bytes) -> None:
            send(data)
            if data[:1] == b"S" and not doomed:  # its first job
                self.at_work += 1
                doomed.append(self.at_work % 2 == 1 and self.killed < 3)
            if data[:1] == b"D" and doomed[0]:  # it is at work
                self.killed += 1
                setattr(guest, "send", send)  # noqa: B010
                os.kill(processes(guest)[self._victim], signal.SIGKILL)

        setattr(guest, "send", watched)  # noqa: B010


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Tier], list[dict[str, object]]]:
    """By tier: the archive of the run that nobody disturbs."""
    known: dict[str, list[dict[str, object]]] = {}

    def of(tier: Tier) -> list[dict[str, object]]:
        if tier.name not in known:
            folder = tmp_path_factory.mktemp("undisturbed")
            create(folder, lost_run(tier))
            proceed(folder)
            known[tier.name] = archive(folder)
        return known[tier.name]

    return of


def lost_run(tier: Tier) -> Run:
    return small_run(tier, "improve.calls=4", generations=3, workers=1)


@pytest.mark.parametrize("victim", ["zygote", "child"])
@pytest.mark.parametrize("role", ["scaffold", "candidate", "judge"])
def test_a_run_whose_guests_are_killed_ends_as_an_undisturbed_one(
    any_tier: Tier, tmp_path: Path, undisturbed: Callable[[Tier], object], role: str, victim: str
) -> None:
    create(tmp_path, lost_run(any_tier))
    observer, deadly = Quiet(), Deadly(any_tier, role, victim)
    with opened(tmp_path) as lab:
        lab.pool.tier = deadly  # type: ignore[assignment]
        lab.loop(observer, Threads(lab.setup, lab.services, (0.0,) * 5)).run()
    assert deadly.killed
    assert archive(tmp_path) == undisturbed(any_tier)


def test_a_yardstick_that_lost_its_judge_is_made_anew(bubblewrap: Tier) -> None:
    """Where a judge serves many."""
    task = tasks.load("online_bin_packing")
    with Pool(BubblewrapTier(nursery=False), spares=0) as pool:
        baselines = References(pool, MemoryShelf())
        baselines.of(task, 1)
        judge = baselines._yardsticks[task.stage]._judge._session
        assert judge
        os.kill(processes(judge.guest)["zygote"], signal.SIGKILL)
        with pytest.raises(SandboxLost):
            baselines.of(task, 2)
        assert baselines.of(task, 2)
        baselines.close()


def test_a_task_is_checked_although_its_judge_is_killed(bubblewrap: Tier) -> None:
    task, deadly = tasks.load("online_bin_packing"), Deadly(bubblewrap, "judge", "zygote")
    with Pool(deadly, spares=0) as pool, Renewed(lambda: Judge(pool)) as judge:  # type: ignore[arg-type]
        assert fresh(task, task.initial, 1, pool, judge).value is not None
    assert deadly.killed


# Generation 0

WATCHED = """
import os, signal, sys
from pathlib import Path
from runs import Quiet, proceed
from godel.lineage.store import Store

def stop_after_two(self, *given, add=Store.add_trial):
    add(self, *given)
    if len(self.trials()) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

Store.add_trial = stop_after_two
proceed(Path({folder!r}))
"""


def test_the_seeds_trials_outlive_a_kill(bubblewrap: Tier, tmp_path: Path) -> None:
    run = small_run(bubblewrap, "improve.calls=4", "scoring.search_seeds=4", generations=1, workers=1)
    for name in ("killed", "undisturbed"):
        create(tmp_path / name, run)
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": os.defpath}
    words = [sys.executable, "-c", WATCHED.format(folder=str(tmp_path / "killed"))]
    assert subprocess.run(words, env=environment).returncode == -signal.SIGKILL
    with Store.open(tmp_path / "killed" / FILE) as store:
        kept = store.trials()
        assert (len(kept), store.generations()) == (2, [])
    proceed(tmp_path / "killed")
    proceed(tmp_path / "undisturbed")
    assert archive(tmp_path / "killed") == archive(tmp_path / "undisturbed")
    with opened(tmp_path / "killed", replay=True) as lab:
        lab.store.verify()
        assert lab.store.trials()[:2] == kept
        assert Replayer(lab, Quiet()).verify(0).differences == ()


# Replay


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bubblewrap = tier_or_skip("bubblewrap")
    folder = tmp_path_factory.mktemp("finished")
    create(folder, small_run(bubblewrap, "improve.calls=4", generations=2))
    proceed(folder)
    return folder


@pytest.mark.bubblewrap
def test_a_replay_notices_what_a_killed_guest_would_have_left(finished: Path) -> None:
    """A failure that was none, another reason, a trial that failed otherwise, words that nobody asked for."""
    with opened(finished, replay=True) as lab:
        generation, words = lab.store.generations()[0], lab.store.transcript(0)
        with Replayer(lab, Quiet()) as replayer:
            made = replayer.again(0, words)

        def differences(record: object = generation, heard: object = words, remade: object = made) -> str:
            return "; ".join(compare(lab.store, record, remade, heard, ()).differences)  # type: ignore[arg-type]

        assert differences() == ""
        lost = replace(generation, outcome=Outcome.FAILED, reason="lost: exit 137", rulings=())
        assert "reason: recorded lost: exit 137, replayed" in differences(record=lost)
        *_, (last, told) = words.trials.items()
        more = replace(words, trials={**words.trials, last: (*told, {"request": "another"})})
        assert "replies, replayed" in differences(heard=more)
        failed = replace(made.scored[0], evaluation=replace(made.evaluations[0], failure="lost"))
        other = replace(made, scored=(failed, *made.scored[1:]))
        assert "recorded no failure, replayed lost" in differences(remade=other)
    assert words.trials
