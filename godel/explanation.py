"""Why a run accepted nothing: where its proposals fell, which gain it could have seen, and what to change."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

from godel import config
from godel.lineage import Spend, Split, Status
from godel.lineage.analysis import statistics
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.proposals import UNCHANGED, Proposals, deviations, proposals

from .called import command
from .loop.hypotheses import hypothesis
from .policies.acceptance import ACCEPTANCES
from .policies.chosen import pruning_of
from .policies.pruning import PRUNINGS
from .policies.pruning.least_gain import LeastGain
from .power import POWER, Plan, detectable

MOST_PAIRS = 4096
"""Beyond it no power is computed: it would take longer than looking at a run may."""

MORE_SEEDS = (2, 4)
"""How many times the trials of a child are considered."""

LATER = 0.4
"""Standard deviations below 0 at which such a run stops scoring: an early look at few trials is mostly noise."""

SMALLEST = 0.03
"""The smallest gain that a run is advised to look for."""

CANDIDATES = 4
"""Meta-utility calls that are proposed where a scaffold edits itself blindly."""


@dataclass(frozen=True)
class Advice:
    """What a command, which can be pasted, would change."""

    why: str
    command: str


@dataclass(frozen=True)
class Explanation:
    """`trials`: of a child that is scored in full. `deviation`: of its paired differences about their mean, over all
    tasks (root mean square); None where it is not known. `detectable`: the gain that is accepted with probability
    `power`; None where it is not known, or where no gain is."""

    proposals: Proposals
    trials: int
    deviation: float | None
    detectable: float | None
    power: float
    acceptance: str
    advice: tuple[Advice, ...]


def explanation(lineage: Lineage, folder: Path, settings: Mapping[str, Any]) -> Explanation | None:
    """Of a run that accepted no self-edit though it tried some; None for any other. `settings`: its own, as they
    are now. Raises ConfigError for settings that are none."""
    tally = proposals(lineage)
    if not tally.tried or Status.ACCEPTED in tally.statuses:
        return None
    run = config.validate(settings, str(folder))
    noise = _Noise(run, _plan(lineage, run), deviations(lineage))
    gain = noise.detectable()
    advice = (
        *_held(folder, lineage),
        *_candidates(folder, run, tally),
        *_more_trials(folder, run, tally, noise, gain),
        _more_edits(folder, run, lineage),
    )
    return Explanation(tally, sum(noise.plan.seeds.values()), noise.mean(), gain, POWER, run.acceptance, advice)


def _plan(lineage: Lineage, run: config.Run) -> Plan:
    """As the seed was scored."""
    scored = lineage.scored(lineage.generations[0].child or "", Split.SEARCH)
    seeds = {task: len(values) for task, values in statistics.scores(scored).items()}
    case = hypothesis(len(lineage), (each.score for each in scored))  # of the seed's next child
    return Plan(seeds, case, _least_gain(run))


def _least_gain(run: config.Run) -> float:
    """Below which scoring stops; -inf where it never does, NaN where a policy from outside says when."""
    name = pruning_of(run)
    pruning = PRUNINGS.make(name, run.options.pruning) if name in PRUNINGS.shipped else None
    return pruning.gain if isinstance(pruning, LeastGain) else math.nan if pruning is None else -math.inf


@dataclass(frozen=True)
class _Noise:
    """What a child is scored with, and how its differences vary, by task."""

    run: config.Run
    plan: Plan
    deviation: Mapping[str, float]

    def mean(self) -> float | None:
        """Over the tasks (root mean square); None where it is not known."""
        if not self.deviation:
            return None
        return math.sqrt(math.fsum(each**2 for each in self.deviation.values()) / len(self.deviation))

    def detectable(self, times: int = 1, least_gain: float | None = None) -> float | None:
        """With so many times the trials; None where nobody knows the noise, and where no gain suffices."""
        pairs = times * sum(self.plan.seeds.values())
        spread = self.mean()
        least = self.plan.least_gain if least_gain is None else least_gain
        if spread is None or not 0 < pairs <= MOST_PAIRS or _from_outside(self.run):
            return None
        seeds = {task: count * times for task, count in self.plan.seeds.items()}
        plan = replace(self.plan, seeds=seeds, least_gain=least)
        by_task = {task: self.deviation.get(task, spread) for task in plan.seeds}
        acceptance = ACCEPTANCES.make(self.run.acceptance, self.run.options.acceptance)
        gain = detectable(acceptance, plan, by_task)
        return gain if math.isfinite(gain) else None


def _candidates(folder: Path, run: config.Run, tally: Proposals) -> Iterator[Advice]:
    """Where most self-edits are worth nothing: let a parent try several."""
    lost = sum(tally.refused.values()) + sum(tally.failed.values()) + tally.scored.get(UNCHANGED, 0)
    if lost > tally.tried / 2 and not run.improve.self_calls:
        why = f"{lost} of {tally.tried} broke it or changed nothing: let a parent try {CANDIDATES} edits for each child"
        yield Advice(why, launch_like(folder, run, {"improve.self_calls": CANDIDATES}))


def _more_trials(
    folder: Path, run: config.Run, tally: Proposals, noise: _Noise, gain: float | None
) -> Iterator[Advice]:
    """Trials enough, and looks late enough, for the greatest gain that was seen; else the most that are considered."""
    spread = noise.mean()
    if spread is None or _from_outside(run):
        return
    seen = max(tally.best_gain or 0.0, noise.plan.least_gain, SMALLEST)
    least = min(noise.plan.least_gain, -round(LATER * spread, 2))
    smaller = None
    for times in MORE_SEEDS:
        smaller = noise.detectable(times, least)
        if smaller is not None and smaller <= seen:
            break
    if smaller is not None and (gain is None or smaller < gain):
        trials = times * sum(noise.plan.seeds.values())
        settings: dict[str, float] = {"scoring.search_seeds": run.scoring.search_seeds * times}
        later = f", stopped early only below {least:+.2f}" if math.isfinite(least) else ""
        if later:
            settings["options.pruning.gain"] = least
        if any(count < run.scoring.search_seeds for count in noise.plan.seeds.values()):
            settings["scoring.costly_seeds"] = run.scoring.costly_seeds * times
        why = f"to see a gain of {smaller:+.2f}: {trials} trials for a child{later}"
        yield Advice(why, launch_like(folder, run, settings))


def _from_outside(run: config.Run) -> bool:
    """Whether what decides on a child is not of the laboratory: it is not imported for a look at a run."""
    return run.acceptance not in ACCEPTANCES.shipped or pruning_of(run) not in PRUNINGS.shipped


def _held(folder: Path, lineage: Lineage) -> Iterator[Advice]:
    """Where somebody has to rule first, that comes first."""
    held = [made for made in lineage.generations if made.status is Status.HELD]
    if held:
        count = "1 child waits" if len(held) == 1 else f"{len(held)} children wait"
        ruling = command("rule", folder, f"g{held[0].index}", "accept", "--reason", "why")
        yield Advice(f"{count} for somebody to rule (accept, reject)", ruling)


def _more_edits(folder: Path, run: config.Run, lineage: Lineage) -> Advice:
    """Go on, with a budget that suffices."""
    done = len(lineage.generations) - 1
    wanted = run.generations if done < run.generations else 2 * done
    spent = sum((made.spend for made in lineage.generations), Spend())
    arguments: list[str | Path] = ["resume", folder, "--generations", str(wanted)]
    for name in ("evaluations", "cpu_s", "model_calls", "tokens", "dollars"):
        limit, needed = getattr(run.budget, name), 2 * getattr(spent, name) * wanted / done
        if limit is not None and limit < needed:
            arguments.append(f"budget.{name}={math.ceil(needed) if needed > 1 else needed:g}")
    return Advice(f"to try {wanted - done} more self-edits", command(*arguments))


def launch_like(folder: Path, run: config.Run, changes: Mapping[str, Any]) -> str:
    """The command that launches such a run anew, with some settings changed. It can be pasted."""
    arguments: list[str | Path] = ["launch", _free(folder)]
    arguments += [argument for task in run.tasks for argument in _task(task)]
    given = {key: value for key, value in _settings(run).items() if key not in ("tasks", "secret", "runtime")}
    arguments += [f"{key}={_toml(value)}" for key, value in {**given, **changes}.items()]
    return command(*arguments)


def _settings(run: config.Run) -> dict[str, Any]:
    """Keys whose values are not the default, dotted."""
    usual = config.Run()
    changed: dict[str, Any] = {}
    for key in (each["key"] for each in config.described()):
        value, default = (reduce(getattr, key.split("."), each) for each in (run, usual))
        if value != default:
            inside = {f"{key}.{name}": each for name, each in value.items()} if isinstance(value, Mapping) else {}
            changed |= inside or {key: value}
    return changed


def _task(name: str) -> list[str]:
    return ["--suite", name.removeprefix("suite:")] if name.startswith("suite:") else ["--task", name]


def _toml(value: Any) -> str:
    """As KEY=VALUE takes it: a bare word is a string."""
    if isinstance(value, str) and value.isidentifier() and value not in ("true", "false", "inf", "nan"):
        return value
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _free(folder: Path) -> Path:
    """A name beside `folder` that nothing has."""
    number = 2
    while (free := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return free
