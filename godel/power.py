"""Which gain a run's budget can detect: what a child has to be better by to be accepted four times out of five."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from godel.lineage import Verdict
from godel.scoring.trials import doubling, stages
from godel.tasks import Task

from .config import Run
from .loop.hypotheses import hypothesis
from .policies.acceptance import ACCEPTANCES, Acceptance, Hypothesis, decided
from .policies.pruning.least_gain import LeastGain

POWER = 0.8
DRAWS = 400
"""Children that are drawn: the answer is right to about a twentieth."""

HALVINGS = 12
WIDEST = 4.0
"""Standard deviations beyond which nothing is sought."""


@dataclass(frozen=True)
class Plan:
    """What a child is scored with: seeds of each task, and when scoring stops early."""

    seeds: Mapping[str, int]
    hypothesis: Hypothesis
    least_gain: float
    """What pruning asks for (`least_gain`); -inf where every child is scored in full."""


def detectable(acceptance: Acceptance, plan: Plan, deviation: Mapping[str, float], power: float = POWER) -> float:
    """The least gain that `acceptance` accepts with probability `power`; inf where even a large one is not.

    A child's paired differences are drawn as gain + N(0, deviation of the task), on as many seeds as
    the plan has, and go through the run's own scoring: looks of 1, 1, 2, 4, … seeds of every task, an end at the
    first look whose mean is below the least gain, and `acceptance` on all pairs. Each draw's noise has one
    gain from which on it is accepted, as more gain never hurts; the answer is their `power` quantile. For a
    test without looks it is Student's power function, δ ≈ (t(0.95) + t(0.8)) · standard error (Cohen 1988, ch. 2).
    """
    rng = random.Random(0)  # the same numbers give the same answer
    low, high = 0.0, WIDEST * max(deviation.values(), default=0.0) + max(0.0, plan.least_gain)
    draws, wanted = [_noise(plan, deviation, rng) for _ in range(DRAWS)], math.ceil(power * DRAWS)
    if sum(_accepted(acceptance, plan, each, high) for each in draws) < wanted:
        return math.inf
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        judged = [(each, _accepted(acceptance, plan, each, middle)) for each in draws]
        accepted = [each for each, yes in judged if yes]
        if len(accepted) >= wanted:  # the others need more than is still asked about
            high, draws = middle, accepted
        else:
            low, draws, wanted = middle, [each for each, yes in judged if not yes], wanted - len(accepted)
    return high


GREATEST = 1.0
"""A gain from the initial program to the reference, which no self-edit is expected to pass."""


def out_of_reach(run: Run, tasks: Mapping[str, Task]) -> str:
    """Why not even the greatest gain, on every pair, would be accepted in a run's last generation; "" where it would
    be, or where a policy from outside decides."""
    if run.acceptance not in ACCEPTANCES.shipped or not run.generations:
        return ""
    trials = [trial for stage in stages(tasks, run.scoring) for trial in stage]
    gains = {name: [GREATEST] * sum(trial.task == name for trial in trials) for name in tasks}
    acceptance = ACCEPTANCES.make(run.acceptance, run.options.acceptance)
    answer = decided(acceptance, gains, hypothesis(run.generations, [GREATEST]))
    if answer.verdict is not Verdict.REJECTED:
        return ""
    return (
        f"{run.acceptance} could accept nothing in generation {run.generations}: a gain of {GREATEST:+g} on each of "
        f"{len(trials)} trials is not enough ({answer.reason}); give more scoring.search_seeds, or fewer generations"
    )


def _noise(plan: Plan, deviation: Mapping[str, float], rng: random.Random) -> dict[str, list[float]]:
    return {task: [rng.gauss(0.0, deviation[task]) for _ in range(count)] for task, count in plan.seeds.items()}


def _accepted(acceptance: Acceptance, plan: Plan, noise: Mapping[str, Sequence[float]], gain: float) -> bool:
    pairs = {task: [gain + each for each in values] for task, values in noise.items()}
    most = max(plan.seeds.values())
    looks = doubling(most) if min(plan.seeds.values()) < most else doubling(most)[:-1]  # costly tasks come last
    pruning = LeastGain(plan.least_gain)
    for look in looks:
        seen = {task: values[: look.stop] for task, values in pairs.items() if len(values) == most}
        if pruning.prune(seen):
            return False
    return decided(acceptance, pairs, plan.hypothesis).verdict is Verdict.ACCEPTED
