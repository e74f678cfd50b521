"""Differences between scaffolds, with their uncertainty.

**The unit is the pair.** Two scaffolds that were scored on the same (task, seed) give one
difference. Seeds are nested in tasks, and the tasks are fixed: they are the suite that a
claim is about, not a sample of all tasks. So a task is a stratum. The estimate is the mean
over tasks of the mean difference within the task (each task weighs the same, however many
seeds it has), and its variance is that of a stratified mean, sum of w² s²/n, with the
degrees of freedom of Welch and Satterthwaite. A claim about tasks that were not in the
suite needs the task as its unit: `over_tasks`.

A task with one pair has no variance of its own. Then one variance, pooled within the tasks
that have more pairs, stands for all: scores are normalised, so their noise is of one scale.
Where no task has two pairs, all are collapsed into one stratum (Cochran, Sampling Techniques, 3rd ed., 5A.12),
which can only widen the interval. The estimate never changes.

Degenerate input: no pairs raise ValueError. A single pair gives an interval from -inf to
inf and p = 1: one pair is no evidence. Differences that don't vary at all give an interval
of width 0: right for tasks without noise, and too sure of itself for a few pairs that
happen to agree, so a caller that accepts on a bound should ask for several seeds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple, TypeVar

from .. import Evaluation, Split, Trial

Differences = Mapping[str, Sequence[float]]
"""By task, child minus parent, one for each pair. Any values by stratum will do."""

Instance = TypeVar("Instance", bound=tuple[Any, ...])
"""What two scaffolds are scored on: a trial, or one of a certain version of its task. The task comes first."""

CONFIDENCE = 0.95
RESAMPLES = 9_999


class Interval(NamedTuple):
    """An estimate and its two-sided confidence interval; `pairs` is what it rests on."""

    mean: float
    low: float
    high: float
    pairs: int


class _Estimate(NamedTuple):
    mean: float
    error: float  # standard error of the mean
    freedom: float  # degrees of freedom; 0 when nothing is known about the error
    pairs: int


class _Stratum(NamedTuple):
    weight: float
    values: Sequence[float]


def differences(child: Mapping[Instance, float], parent: Mapping[Instance, float]) -> dict[str, list[float]]:
    """By task, score of the child minus score of the parent on every instance that both have, in order."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for instance in sorted(child.keys() & parent.keys()):
        by_task[instance[0]].append(child[instance] - parent[instance])
    return dict(by_task)


def paired(child: Iterable[Evaluation], parent: Iterable[Evaluation]) -> dict[str, list[float]]:
    """The differences on every (task, version, split, seed) that both have. Repeats of one instance are averaged
    first."""
    return differences(_by_instance(child), _by_instance(parent))


def utility(scores: Mapping[Trial, float]) -> float:
    """The mean over tasks of the mean over seeds: each task weighs the same."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for trial, score in scores.items():
        by_task[trial.task].append(score)
    # Rounded once, so that the order in which workers brought the scores does not show.
    return _mean([_mean(each) for each in by_task.values()]) if by_task else 0.0


def scores(evaluations: Iterable[Evaluation]) -> dict[str, list[float]]:
    """By task, the scores themselves: for the interval of one scaffold's utility."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for (task, *_), score in sorted(_by_instance(evaluations).items()):
        by_task[task].append(score)
    return dict(by_task)


def interval(values: Differences, confidence: float = CONFIDENCE) -> Interval:
    """Student's t interval of the stratified mean. Raises ValueError without pairs."""
    estimate = _estimate(values)
    half = _quantile((1 + confidence) / 2, estimate.freedom) * estimate.error if estimate.error else 0.0
    return Interval(estimate.mean, estimate.mean - half, estimate.mean + half, estimate.pairs)


def bootstrap(values: Differences, rng: Random, confidence: float = CONFIDENCE, resamples: int = RESAMPLES) -> Interval:
    """Bias-corrected and accelerated bootstrap (Efron 1987) that resamples pairs within
    each stratum. For skewed differences; with fewer than about eight pairs trust `interval`.

    Falls back on `interval` where BCa is undefined: one pair, no variance at all, or
    resamples that all lie on one side of the estimate.
    """
    plain = interval(values, confidence)
    strata = _strata(values)
    if not math.isfinite(plain.low) or plain.low == plain.high:
        return plain
    low, high = _bca(strata, rng, confidence, resamples)
    return Interval(plain.mean, low, high, plain.pairs) if math.isfinite(low + high) else plain


def over_tasks(values: Differences, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a claim about tasks like these: one value a task, its mean."""
    return interval({"": [_mean(each) for each in values.values() if each]}, confidence)


def slope(points: Sequence[tuple[float, float]], confidence: float = CONFIDENCE) -> Interval:
    """Of the least-squares line through (x, y), with Student's t interval. Raises ValueError with
    fewer than three points, or with one x."""
    if len(points) < 3:
        raise ValueError(f"{len(points)} points; expected three at least")
    from scipy.stats import linregress

    fit = linregress([x for x, _ in points], [y for _, y in points])
    error = float(fit.stderr) if len({y for _, y in points}) > 1 else 0.0  # scipy's is NaN on a level line
    half = _quantile((1 + confidence) / 2, len(points) - 2) * error
    return Interval(float(fit.slope), float(fit.slope) - half, float(fit.slope) + half, len(points))


def kendall_tau(left: Sequence[float], right: Sequence[float]) -> float:
    """Kendall's tau-b: how far two orders of the same things agree, from -1 to 1. NaN where one side has no order."""
    from scipy.stats import kendalltau

    return float(kendalltau(left, right).statistic)


def lower_bound(values: Differences, confidence: float = CONFIDENCE) -> float:
    """One-sided: the mean is above this with `confidence`. -inf for a single pair."""
    return interval(values, 2 * confidence - 1).low


def p_value(values: Differences) -> float:
    """One-sided, of "the mean is not above 0". Without variance: 0 or 1, by the sign."""
    estimate = _estimate(values)
    if not estimate.freedom:
        return 1.0
    if not estimate.error:
        return 0.0 if estimate.mean > 0 else 1.0
    from scipy.special import stdtr

    return float(stdtr(estimate.freedom, -estimate.mean / estimate.error))


def q_values(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg (1995): the false discovery rate at which each would count.

    Edits of one parent share its scores, so their tests depend on each other positively,
    which the procedure allows (Benjamini and Yekutieli 2001, PRDS). The family has to be
    every edit that was tested, not only those that were kept.
    """
    if not p_values:
        return []
    from scipy.stats import false_discovery_control

    return [float(each) for each in false_discovery_control(p_values)]


def proportion(successes: int, tries: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's interval (1927) of a rate. Without tries: 0 to 1 around a half."""
    if not tries:
        return Interval(0.5, 0.0, 1.0, 0)
    from scipy.stats import binomtest

    limits = binomtest(successes, tries).proportion_ci(confidence, method="wilson")
    return Interval(successes / tries, float(limits.low), float(limits.high), tries)


def _by_instance(evaluations: Iterable[Evaluation]) -> dict[tuple[str, str, Split, int], float]:
    by_instance: dict[tuple[str, str, Split, int], list[float]] = defaultdict(list)
    for each in evaluations:
        by_instance[each.task, each.task_version, each.split, each.seed].append(each.score)
    return {instance: _mean(scores) for instance, scores in by_instance.items()}


def _strata(values: Differences) -> list[_Stratum]:
    """Strata of two or more values each, whose weighted means add up to the estimate."""
    tasks = [list(each) for each in values.values() if each]
    if not tasks:
        raise ValueError("no pairs: the two were never scored on the same task and seed")
    share = 1 / len(tasks)
    alone = [each[0] for each in tasks if len(each) == 1]
    rest = sorted((each for each in tasks if len(each) > 1), key=len)
    if len(alone) == 1 and rest:
        alone.append(_mean(rest.pop(0)))
    strata = [_Stratum(share, each) for each in rest]
    return [*strata, _Stratum(share * len(alone), alone)] if alone else strata


def _estimate(values: Differences) -> _Estimate:
    tasks = [list(each) for each in values.values() if each]
    pairs = sum(map(len, tasks))
    if pairs == 1:
        return _Estimate(tasks[0][0], math.inf, 0, pairs)
    parts = _parts(tasks) or [
        (weight * weight * _variance(each) / len(each), len(each) - 1) for weight, each in _strata(values)
    ]
    variance = math.fsum(part for part, _ in parts)
    shares = math.fsum((part / variance) ** 2 / freedom for part, freedom in parts) if variance else 1.0
    return _Estimate(_mean([_mean(each) for each in tasks]), math.sqrt(variance), 1 / shares, pairs)


def _parts(tasks: Sequence[Sequence[float]]) -> list[tuple[float, int]]:
    """The variance of the mean by stratum, with its degrees of freedom. A single pooled part
    when a task has one pair only; none when no task has two."""
    freedom = sum(len(each) - 1 for each in tasks)
    if not freedom:
        return []
    if min(map(len, tasks)) > 1:
        return [(_variance(each) / len(each) / len(tasks) ** 2, len(each) - 1) for each in tasks]
    pooled = math.fsum((len(each) - 1) * _variance(each) for each in tasks if len(each) > 1) / freedom
    return [(pooled * math.fsum(1 / len(each) for each in tasks) / len(tasks) ** 2, freedom)]


def _quantile(p: float, freedom: float) -> float:
    if not freedom:
        return math.inf
    from scipy.special import ndtri, stdtrit  # not scipy.stats, which takes a second to import

    return float(ndtri(p) if math.isinf(freedom) else stdtrit(freedom, p))


def _bca(strata: Sequence[_Stratum], rng: Random, confidence: float, resamples: int) -> tuple[float, float]:
    """NaN where it is undefined."""
    import warnings

    import numpy as np
    from scipy.stats import DegenerateDataWarning, bootstrap

    weights = [weight for weight, _ in strata]

    def estimate(*samples: Any, axis: int = -1) -> Any:
        return sum(weight * each.mean(axis=axis) for weight, each in zip(weights, samples, strict=True))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # NaN says it
        limits = bootstrap(
            [np.asarray(each, dtype=float) for _, each in strata],
            estimate,
            n_resamples=resamples,
            confidence_level=confidence,
            method="BCa",
            vectorized=True,
            random_state=np.random.default_rng(rng.getrandbits(64)),
        ).confidence_interval
    return float(limits.low), float(limits.high)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
