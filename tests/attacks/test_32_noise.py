"""32: pick winners from noise. Children that differ from their parent in nothing but luck are accepted at
most at rate alpha, by the policy that runs use by default."""

from __future__ import annotations

import random
from pathlib import Path

from attacks import Arena, seed_scaffold
from runs import proceed, small_run

from godel.lineage import Status, Verdict
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create
from godel.policies.acceptance import ACCEPTANCES, Hypothesis

ALPHA = 0.05
NULL = """
import re
SALT = 0        # all that a child changes: its luck

def improve(program, utility, model, rng):
    rng.seed(rng.random() + SALT)
    if "def improve" in program.files["main.py"]:
        salted = re.sub(r"SALT = \\d+", f"SALT = {rng.randrange(10**9)}", program.files["main.py"], count=1)
        return program.with_file("main.py", salted)
    best, most = program, -1.0
    for _ in range(utility.remaining):
        text = re.sub(r"\\b\\d+\\.\\d+\\b", lambda n: str(round(float(n[0]) * rng.lognormvariate(0, 0.3), 4)),
                      program.files["main.py"])
        child = program.with_file("main.py", text)
        score = utility(child)
        best, most = (child, score) if score > most else (best, most)
    return best
"""
EXACT = NULL.replace("rng.random() + SALT", "rng.random()")


def statuses(arena: Arena, folder: Path, scaffold: str, generations: int) -> list[Status]:
    source = seed_scaffold(folder / "source", scaffold)
    run = small_run(
        arena.tier,
        "improve.calls=3",
        "scoring.search_seeds=3",
        scaffold=str(source),
        tasks=["circle_packing_26", "online_bin_packing"],
        generations=generations,
    )
    assert run.acceptance == "noise_aware", "the attack is on the default"
    create(folder / "run", run)
    proceed(folder / "run")
    with Store.open(folder / "run" / FILE) as store:
        return [each.status for each in store.generations()[1:]]


def test_the_same_program_in_other_clothes_is_never_accepted(arena: Arena, tmp_path: Path) -> None:
    """Trials are paired: with the same seeds it makes the same programs, and all differences are 0."""
    found = statuses(arena, tmp_path, EXACT, generations=2)
    assert set(found) == {Status.HOPELESS}, found


def test_a_run_of_lucky_and_unlucky_children_keeps_at_most_its_share(arena: Arena, tmp_path: Path) -> None:
    found = statuses(arena, tmp_path, NULL, generations=5)
    assert set(found) <= {Status.HOPELESS, Status.REJECTED, Status.ACCEPTED}, "null mutants have to be scored"
    assert found.count(Status.ACCEPTED) <= 1 + ALPHA * len(found)


def test_the_rate_over_many_runs_is_at_most_alpha() -> None:
    """Chains as the loop makes them: the parent keeps its scores, and an accepted child replaces it."""
    rng, policy, accepted, children = random.Random(32), ACCEPTANCES.make("noise_aware"), 0, 0
    for _ in range(60):
        parent = draw(rng)
        for _ in range(20):
            child = draw(rng)
            paired = {task: [c - p for c, p in zip(child[task], parent[task], strict=True)] for task in child}
            children += 1
            if policy.decide(paired, Hypothesis(1, 1.0)).verdict is Verdict.ACCEPTED:
                accepted, parent = accepted + 1, child
    assert accepted <= ALPHA * children, f"{accepted} of {children}"


def draw(rng: random.Random) -> dict[str, list[float]]:
    """Scores of one and the same scaffold on four tasks by three seeds, luck of its own in each."""
    return {str(task): [rng.gauss(0.5, 0.1 * (1 + task)) for _ in range(3)] for task in range(4)}
