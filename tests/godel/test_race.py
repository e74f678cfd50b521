"""Racing: what is behind on the same trials is stopped, and what is told of it compares with the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from godel.config import Scoring
from godel.lineage import Evaluation, Split, Trial
from godel.scoring.evaluator import Scored
from godel.scoring.race import Race
from godel.scoring.trials import raced
from godel.tasks import load

TASKS = {name: load(name) for name in ("maxcut", "micro_knobs")}
ROUNDS = raced(TASKS, Scoring(), 4)
Scorer = Callable[[Sequence[Trial]], list[Scored]]


def worth(value: Callable[[Trial], float], failure: str = "") -> Scorer:
    """Scores each trial by its value."""

    def score(trials: Sequence[Trial]) -> list[Scored]:
        made = [
            Evaluation("t", each.task, "v", each.split, each.seed, value(each), 1.0, failure or None, "p")
            for each in trials
        ]
        return [Scored(each, None, ()) for each in made]

    return score


def easy(trial: Trial) -> float:
    """Trials differ, as instances do."""
    return 0.1 * trial.seed + (0.5 if trial.task == "maxcut" else 0.0)


def test_rounds_double_the_seeds_of_every_task() -> None:
    assert [len(trials) for trials in ROUNDS] == [2, 2, 4]
    assert all({each.task for each in trials} == set(TASKS) for trials in ROUNDS)


def test_the_first_and_the_better_are_scored_in_full() -> None:
    race = Race(ROUNDS)
    assert len(race.run(worth(easy))[0]) == 8
    scored, told = race.run(worth(lambda trial: easy(trial) + 0.2))
    assert (len(scored), len(told)) == (8, 8)
    assert race.best == told


def test_one_that_is_behind_is_stopped_and_told_the_difference_on_the_same_trials() -> None:
    """Its own mean would say that it is far below: its trials happen to be the hard ones."""
    race = Race(ROUNDS)
    race.run(worth(easy))
    scored, told = race.run(worth(lambda trial: easy(trial) - 0.05))
    assert len(scored) == 2
    assert all(abs(told[trial] - (score - 0.05)) < 1e-12 for trial, score in race.best.items())


def test_one_that_is_as_good_as_the_best_is_stopped_at_once() -> None:
    race = Race(ROUNDS)
    race.run(worth(easy))
    scored, told = race.run(worth(easy))
    assert len(scored) == 2
    assert told == race.best


def test_where_all_fails_the_rest_is_spared_and_it_leads_nobody() -> None:
    race = Race(ROUNDS)
    scored, told = race.run(worth(lambda _: -1.0, "crash"))
    assert (len(scored), len(told), race.best) == (2, 2, {})


def test_only_costly_tasks_make_one_round() -> None:
    assert [len(trials) for trials in raced({"byte_lm": load("byte_lm")}, Scoring(costly_seeds=3), 4)] == [3]


def test_the_best_of_many_by_racing_is_better_than_by_one_look() -> None:
    """Twelve versions, of which two gain 0.2, seen through noise of 0.3: by one seed of each task, and by a race."""
    found = {seeds: sum(picked(seeds, Random(run)) for run in range(200)) / 200 for seeds in (1, 16)}
    assert found[16] > found[1] + 0.15


def picked(seeds: int, rng: Random) -> bool:
    """Whether the version that is told to be best is one of those that gain."""
    race, told = Race(raced(TASKS, Scoring(), seeds)), {}
    for version in range(12):
        _, scores = race.run(worth(partial(noisy, gain(version), rng)))
        told[version] = sum(scores.values()) / len(scores)
    return gain(max(told, key=told.__getitem__)) > 0


def gain(version: int) -> float:
    return 0.2 if version in (3, 8) else 0.0


def noisy(gain: float, rng: Random, _: Trial) -> float:
    return gain + rng.gauss(0.0, 0.3)


def test_what_is_raced_is_on_the_search_split() -> None:
    assert {trial.split for trials in ROUNDS for trial in trials} == {Split.SEARCH}
