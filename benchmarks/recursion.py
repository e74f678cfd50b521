"""Do self-edits make a better improver, and does improving the improver pay?

    python benchmarks/recursion.py --folder runs/recursion

For every run seed, three conditions with the same budget of evaluations (programs that were
run), on the same instances, and one report on the held-out split:

    self    the parent proposes its own edits; noise-aware acceptance, best-first selection
    frozen  the seed proposes every edit of the evolving source; all else as `self`
    sham    as many self-edits as the champion of `self` has (at least one), each the first that
            passes the gate, kept without selection; as many such walks as the budget pays for,
            and the mean over them

Until its first accepted edit a `self` run is a `frozen` one, as the seed is the only parent:
that part is run once and copied, and counts for both.

Claim 1, "self-edits make a better improver": the champion of `self` - the unmodified seed,
and - `sham`. Claim 2, "improving the improver pays": `self` - `frozen`.
Each is answered twice. *Over runs*: the unit is the run seed (Student's t over their means);
this is what the next run may expect. *Over instances*: the one scaffold that gained most on
the search split, over all run seeds, against the others of its run on the held-out split,
paired by (task, seed); this is what that scaffold is worth.
Interrupt it at will: it goes on where it stopped. Results: benchmarks/results/recursion.json
and .png.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import godel
from godel import config
from godel.errors import BudgetSpent
from godel.lineage import Generation, Spend, Split, Trial
from godel.lineage.analysis.lineage import resolve
from godel.lineage.analysis.statistics import interval, utility
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.run_folder import FILE, create

RESULTS = Path(__file__).parent / "results"
SELECTED: dict[str, Any] = {"selection": "best", "acceptance": "noise_aware", "scoring__search_seeds": 8}
UNSELECTED: dict[str, Any] = {"selection": "chain", "acceptance": "any", "scoring__search_seeds": 1}
CLAIMS = {
    "self-edits make a better improver: self - seed": ("self", "seed"),
    "self-edits make a better improver: self - sham": ("self", "sham"),
    "improving the improver pays: self - frozen": ("self", "frozen"),
    "control: frozen - seed": ("frozen", "seed"),
    "control: sham - seed": ("sham", "seed"),
}


class Accepted(Exception):
    """As many self-edits were accepted as somebody waited for."""


class Watch:
    """Prints a line when a generation changes the lineage; raises Accepted after `enough` of them."""

    def __init__(self, label: str, enough: int | None = None) -> None:
        self._label, self._left = label, enough

    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        if generation.status in ("seed", "accepted"):
            edits = "; ".join(f"{e.operator} {e.target}: {e.before} -> {e.after}" for e in generation.edits)
            print(f"{self._label} {generation.index:4} {score:+.3f} {edits[:150]}", flush=True)
        if generation.status == "accepted" and self._left is not None:
            self._left -= 1
            if not self._left:
                raise Accepted

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        print(f"{self._label} {index:4} waits {delay_s:g} s: {problem}", flush=True)


def run_seed(folder: Path, seed: int, options: argparse.Namespace) -> None:
    """The three conditions of one run seed, one after the other."""
    here, frozen = folder / f"self-{seed}", folder / f"frozen-{seed}"
    if not (here / FILE).exists():
        create(here, settings(seed, options, seed=seed, **SELECTED))
    if not depth(here):
        work(here, options, enough=1)
    if depth(here) and not (frozen / FILE).exists():
        copy(here, frozen)
    if depth(here):
        work(here, options)
        work(frozen, options, proposer="seed")
        hand_in(frozen, options)
    hand_in(here, options, "seed")
    sham(folder, seed, options)


def settings(run_seed: int, options: argparse.Namespace, **given: Any) -> config.Run:
    """What all conditions share. The secret makes the instances: the same in all of a run seed."""
    return config.load(
        None,
        [f"scoring.held_out_seeds={options.held_out}"],
        tasks=["suite:cheap"],
        generations=100_000,
        workers=1,
        secret=f"recursion benchmark {run_seed}",
        sandbox=options.sandbox or None,
        **given,
    )


def work(here: Path, options: argparse.Namespace, enough: int | None = None, **changes: Any) -> None:
    """Go on until the budget of evaluations is spent, or `enough` more edits were accepted."""
    budget = {"budget": {"evaluations": options.evaluations}}
    # By the inside of the laboratory: `frozen` goes on from a copy of `self` with another proposer, which no
    # resumption may change. To be suppressed is how every run here is meant to end.
    with opened(here, {**budget, **changes}) as lab, suppress(BudgetSpent, Accepted):
        lab.loop(Watch(here.name, enough)).run()


def copy(here: Path, there: Path) -> None:
    """A run as it stands; whole under its name, or not there."""
    there.mkdir(parents=True, exist_ok=True)
    half = there / "half"
    shutil.copyfile(here / FILE, half)
    half.rename(there / FILE)


def hand_in(here: Path, options: argparse.Namespace, *names: str) -> None:
    """Score the champion of a run, and the nodes of these names, on the held-out split."""
    with godel.open_run(here) as run:
        best = champion(run.store, options.evaluations)
    godel.report(here, [*names, best]).close()


def sham(folder: Path, seed: int, options: argparse.Namespace) -> None:
    """Walks without selection, until they have cost what the other conditions may."""
    with godel.open_run(folder / f"self-{seed}") as run:
        steps = max(1, len(path(run.store, champion(run.store, options.evaluations))))
    for here in walks(folder, seed):
        if sum(spent(each).evaluations for each in walks_done(folder, seed)) >= options.evaluations:
            return
        if not (here / FILE).exists():
            create(here, settings(seed, options, seed=int(here.name), **UNSELECTED))
        if depth(here) < steps:
            work(here, options, enough=steps - depth(here))
        with godel.open_run(here) as run:
            newest = last(run.store)
        godel.report(here, newest).close()


def walks(folder: Path, seed: int) -> Iterator[Path]:
    return (folder / f"sham-{seed}" / str(1000 * (seed + 1) + number) for number in range(1000))


def walks_done(folder: Path, seed: int) -> list[Path]:
    """Those that have been scored on the held-out split."""
    return [here for here in walks(folder, seed) if (here / FILE).exists() and held_out_of_last(here)]


def held_out_of_last(here: Path) -> dict[Trial, float]:
    with godel.open_run(here) as run:
        return scores(run.store, last(run.store), Split.HELD_OUT)


def spent(here: Path) -> Spend:
    """All that a walk cost, its held-out scores included: they are what it is for."""
    with godel.open_run(here) as run:
        return sum((each.spend for each in run.store.evaluations()), Spend())


def kept(store: Store) -> list[Generation]:
    return [each for each in store.generations() if each.status in ("seed", "accepted")]


def depth(here: Path) -> int:
    """How many self-edits were accepted."""
    with godel.open_run(here) as run:
        return max(0, len(kept(run.store)) - 1)


def last(store: Store) -> str:
    return str(kept(store)[-1].child)


def within(store: Store, evaluations: int) -> list[Generation]:
    """The generations that were started within a budget: a longer run begins like a shorter one."""
    done, total = [], 0
    for generation in store.generations():
        if total < evaluations:
            done.append(generation)
        total += generation.spend.evaluations
    return done


def champion(store: Store, evaluations: int) -> str:
    """What a run hands in: the best on the search split."""
    candidates = [g for g in within(store, evaluations) if g.status in ("seed", "accepted") and g.child]
    return max((str(g.child) for g in candidates), key=lambda tree: utility(scores(store, tree, Split.SEARCH)))


def scores(store: Store, tree: str, split: Split) -> dict[Trial, float]:
    return {each.trial: each.score for each in store.evaluations(tree=tree, split=split)}


def collect(folder: Path, seeds: range, evaluations: int) -> dict[str, Any]:
    """What every condition's champion is worth, by run seed, and the claims over them."""
    rows = [row for seed in seeds for row in collect_seed(folder, seed, evaluations)]
    utility = {(row["scaffold"], row["seed"]): row["held_out"] for row in rows}
    claims = {}
    for claim, (left, right) in CLAIMS.items():
        effect = interval({"": [utility[left, seed] - utility[right, seed] for seed in seeds]})
        claims[claim] = {"mean": effect.mean, "low": effect.low, "high": effect.high, "run_seeds": effect.pairs}
    best = max(seeds, key=lambda seed: next(r["gain"] for r in rows if (r["scaffold"], r["seed"]) == ("self", seed)))
    return {"machine": machine(), "over_runs": claims, "over_instances": over_instances(rows, best), "rows": rows}


def over_instances(rows: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """The claims for the champion of run seed `seed`: its held-out scores, pair by pair."""
    held_out = {row["scaffold"]: row["pairs"] for row in rows if row["seed"] == seed}
    claims: dict[str, Any] = {"run_seed": seed}
    for claim, (left, right) in CLAIMS.items():
        paired = {
            task: [a - b for a, b in zip(scores, held_out[right][task], strict=True)]
            for task, scores in held_out[left].items()
        }
        effect = interval(paired)
        claims[claim] = {"mean": effect.mean, "low": effect.low, "high": effect.high, "pairs": effect.pairs}
    return claims


def collect_seed(folder: Path, seed: int, evaluations: int) -> list[dict[str, Any]]:
    """A row for the seed, and one for each condition. Without an accepted edit `frozen` is `self`."""
    runs = {name: folder / f"{name}-{seed}" for name in ("self", "frozen")}
    if not (runs["frozen"] / FILE).exists():
        runs["frozen"] = runs["self"]
    with godel.open_run(runs["self"]) as run:
        rows = [row(run.store, "seed", seed, resolve(run.store, "seed"))]
    rows += [run_row(here, name, seed, evaluations) for name, here in runs.items()]
    return [*rows, sham_row(folder, seed)]


def run_row(here: Path, name: str, seed: int, evaluations: int) -> dict[str, Any]:
    with godel.open_run(here) as run:
        generations, tree = within(run.store, evaluations), champion(run.store, evaluations)
        spend = sum((g.spend for g in generations), Spend())
        figures = row(run.store, name, seed, tree) | {"generations": len(generations) - 1}
        return figures | {"evaluations": spend.evaluations, "cpu_s": round(spend.cpu_s), "edits": path(run.store, tree)}


def row(store: Store, name: str, seed: int, tree: str) -> dict[str, Any]:
    search = utility(scores(store, tree, Split.SEARCH))
    gain = search - utility(scores(store, resolve(store, "seed"), Split.SEARCH))
    held_out = scores(store, tree, Split.HELD_OUT)
    return {
        "scaffold": name,
        "seed": seed,
        "tree": tree[:12],
        "search": search,
        "gain": gain,
        "held_out": utility(held_out),
        "pairs": by_task(held_out),
    }


def sham_row(folder: Path, seed: int) -> dict[str, Any]:
    """The mean over the walks, trial by trial."""
    done = walks_done(folder, seed)
    by_walk = [held_out_of_last(here) for here in done]
    spend = sum((spent(here) for here in done), Spend())
    held_out = {trial: sum(each[trial] for each in by_walk) / len(by_walk) for trial in by_walk[0]}
    return {
        "scaffold": "sham",
        "seed": seed,
        "walks": len(done),
        "steps": depth(done[0]),
        "each_walk": [utility(each) for each in by_walk],
        "evaluations": spend.evaluations,
        "cpu_s": round(spend.cpu_s),
        "held_out": utility(held_out),
        "pairs": by_task(held_out),
    }


def by_task(held_out: dict[Trial, float]) -> dict[str, list[float]]:
    """The scores of each task in the order of their seeds."""
    tasks = sorted({trial.task for trial in held_out})
    return {task: [held_out[trial] for trial in sorted(held_out) if trial.task == task] for task in tasks}


def path(store: Store, tree: str) -> list[dict[str, Any]]:
    """The self-edits from the seed to `tree`, with what each gave on the search split."""
    made = {g.child: g for g in reversed(store.generations()) if g.status in ("seed", "accepted")}
    steps = []
    while (generation := made[tree]).parent:
        steps.append(
            {
                "generation": generation.index,
                "gain": generation.gain,
                "edits": [list(edit) for edit in generation.edits],
            }
        )
        tree = generation.parent
    return steps[::-1]


def machine() -> str:
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{cores} cores of {model}, Python {platform.python_version()}"


def plot(result: dict[str, Any], file: Path) -> None:
    """Left: held-out utility by condition and run seed. Right: the claims with intervals."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.2), width_ratios=(1, 1.2), layout="constrained")
    names = ["seed", "sham", "frozen", "self"]
    values = {(r["scaffold"], r["seed"]): r["held_out"] for r in result["rows"]}
    for seed in sorted({seed for _, seed in values}):
        left.plot(names, [values[name, seed] for name in names], "o-", alpha=0.6, label=f"run seed {seed}")
    left.set_ylabel("held-out utility (0 initial program, 1 reference)")
    left.legend(fontsize=7)
    labels = [claim.replace(": ", ":\n") for claim in CLAIMS]
    for offset, (kind, colour) in enumerate((("over_runs", "tab:blue"), ("over_instances", "tab:orange"))):
        for height, claim in enumerate(CLAIMS):
            effect = result[kind][claim]
            ends = [[effect["mean"] - effect["low"]], [effect["high"] - effect["mean"]]]
            right.errorbar(
                effect["mean"],
                -height - 0.25 * offset,
                xerr=ends,
                fmt="o",
                capsize=4,
                color=colour,
                label=kind.replace("_", " ") if not height else None,
            )
    right.set_yticks([-height - 0.12 for height in range(len(labels))], labels, fontsize=8)
    right.axvline(0, color="grey", linewidth=0.8)
    right.set_xlabel("difference in held-out utility, 95 % interval")
    right.legend(fontsize=8)
    figure.savefig(file, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/recursion"))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--evaluations", type=int, default=12_000, help="per run")
    parser.add_argument("--held-out", type=int, default=10, help="seeds per task on the held-out split")
    parser.add_argument("--sandbox", default="", help="a tier's name; the strongest if empty")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "recursion.json")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as jobs:
        for each in [jobs.submit(run_seed, options.folder, seed, options) for seed in range(options.seeds)]:
            each.result()
    result = collect(options.folder, range(options.seeds), options.evaluations) | {"command": " ".join(sys.argv)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    plot(result, options.out.with_suffix(".png"))
    for kind in ("over_runs", "over_instances"):
        for claim in CLAIMS:
            effect = result[kind][claim]
            print(f"{kind:15} {claim:52} {effect['mean']:+.3f}  [{effect['low']:+.3f}, {effect['high']:+.3f}]")


if __name__ == "__main__":
    main()
