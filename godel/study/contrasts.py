"""Differences between conditions, with the run seed as their unit: what the next run may expect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from godel.lineage.analysis.imp import paired
from godel.lineage.analysis.statistics import Interval, differences, interval
from godel.study.conditions import BEST_FROZEN, FROZEN
from godel.study.results import Result

HELD_OUT, IMP = "held out", "imp"
LEAST_DIFFERENT = 0.1
"""Where two conditions differed in less than this share of what was to differ, nothing was tested."""
NOT_TESTED, MORE, LESS, NOT_SHOWN = "not tested", "more", "less", "not shown"

BySeed = Mapping[int, Result]
Check = Callable[[Result, Result], float]


@dataclass(frozen=True)
class Effect:
    """What `left` is worth more than `right`. `different`: the share of generations in which they proposed different
    scaffolds or, where they differ in what becomes of proposals, of run seeds with which they handed in different ones;
    None against the seed. `chosen`: of BEST_FROZEN, which condition stood for it, by run seed."""

    left: str
    right: str
    measure: str
    effect: Interval
    by_seed: Mapping[int, float]
    different: float | None
    chosen: Mapping[int, str]

    @property
    def verdict(self) -> str:
        alike = not any(self.by_seed.values())  # not one pair differed, as where nobody gets anywhere
        if self.different is not None and (alike or self.different < LEAST_DIFFERENT):
            return NOT_TESTED
        if self.effect.low > 0:
            return MORE
        return LESS if self.effect.high < 0 else NOT_SHOWN


def over_seed(results: Sequence[Result], name: str) -> list[Effect]:
    """What a condition hands in, against its seed: by every measure there is."""
    mine = [each for each in results if each.name == name]
    return [_effect(name, "seed", measure, _gains(mine, measure), None, {}) for measure in measures(mine)]


def contrast(results: Sequence[Result], left: str, right: str, check: Check) -> list[Effect]:
    """By every measure that both sides have; `check`: how far two arms differ in what was to differ."""
    found = []
    for measure in measures([*_of(results, left), *_of(results, right)]):
        one, other = condition(results, left, measure), condition(results, right, measure)
        seeds = sorted(one.keys() & other.keys())
        by_seed = {seed: difference(one[seed], other[seed], measure) for seed in seeds}
        share = _mean([check(one[seed], other[seed]) for seed in seeds])
        chosen = {seed: other[seed].name for seed in seeds} if right == BEST_FROZEN else {}
        found.append(_effect(left, right, measure, by_seed, share, chosen))
    return found


def condition(results: Sequence[Result], name: str, measure: str) -> BySeed:
    """Its results by run seed; of BEST_FROZEN, for every run seed that of the condition which is best on the others."""
    if name != BEST_FROZEN:
        return {each.seed: each for each in results if each.name == name}
    arms = {arm: {each.seed: each for each in results if each.name == arm} for arm in FROZEN}
    seeds = {seed for by_seed in arms.values() for seed in by_seed}
    return {seed: arms[_best(arms, seed, measure)][seed] for seed in seeds}


def _of(results: Sequence[Result], name: str) -> list[Result]:
    names = FROZEN if name == BEST_FROZEN else (name,)
    return [each for each in results if each.name in names]


def _best(arms: Mapping[str, BySeed], left_out: int, measure: str) -> str:
    """By the other run seeds; of a study with one, by that."""
    worth = {
        arm: _mean([_gain(each, measure) for seed, each in by_seed.items() if seed != left_out or len(by_seed) == 1])
        for arm, by_seed in arms.items()
    }
    return max(worth, key=worth.__getitem__)


def measures(results: Iterable[Result]) -> list[str]:
    every = list(results)
    has = {HELD_OUT: lambda each: each.held_out, IMP: lambda each: each.imp and each.seed_imp}
    return [measure for measure, of in has.items() if every and all(map(of, every))]


def difference(one: Result, other: Result, measure: str) -> float:
    """Paired by task and instance: all arms of a run seed have the same."""
    if measure == HELD_OUT:
        return interval(differences(one.held_out, other.held_out)).mean
    return interval(paired(one.imp or {}, other.imp or {})).mean


def proposals(one: Result, other: Result) -> float:
    """The share of generations, of those that both have, in which they proposed different scaffolds."""
    pairs = list(zip(one.proposals, other.proposals, strict=False))
    return sum(child != twin for child, twin in pairs) / len(pairs) if pairs else 0.0


def handed_in(one: Result, other: Result) -> float:
    """1 where they handed in different scaffolds."""
    return float(one.node != other.node)


def _gains(results: Iterable[Result], measure: str) -> dict[int, float]:
    return {each.seed: _gain(each, measure) for each in results}


def _gain(each: Result, measure: str) -> float:
    if measure == HELD_OUT:
        return interval(differences(each.held_out, each.seed_held_out)).mean
    return interval(paired(each.imp or {}, each.seed_imp or {})).mean


def _effect(
    left: str,
    right: str,
    measure: str,
    by_seed: Mapping[int, float],
    share: float | None,
    chosen: Mapping[int, str],
) -> Effect:
    return Effect(left, right, measure, interval({"": list(by_seed.values())}), by_seed, share, chosen)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
