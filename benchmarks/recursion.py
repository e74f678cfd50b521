"""Do self-edits make a better improver, and does improving the improver pay?

    python benchmarks/recursion.py --folder runs/recursion

For every run seed, three runs of the laboratory with the same budget of evaluations, on the
same instances, and one report on the held-out split:

    self    the parent proposes its own edits; noise-aware acceptance, best-first selection
    frozen  the seed proposes every edit of the evolving source; all else as `self`
    sham    self-edits that pass the gate, kept without selection

Claim 1, "self-edits make a better improver": the champion of `self` - the unmodified seed,
and - the end of the `sham` walk. Claim 2, "improving the improver pays": `self` - `frozen`.
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
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from godel import config
from godel.archive import mean
from godel.assessment import Trial
from godel.errors import BudgetSpent
from godel.laboratory import FILE, create, opened
from godel.lineage import Generation, Spend, Split
from godel.lineage.statistics import interval
from godel.lineage.store import Store
from godel.report import report

RESULTS = Path(__file__).parent / "results"
CONDITIONS: dict[str, dict[str, Any]] = {
    "self": {"proposer": "self", "selection": "best", "acceptance": "noise_aware"},
    "frozen": {"proposer": "seed", "selection": "best", "acceptance": "noise_aware"},
    "sham": {"proposer": "self", "selection": "last", "acceptance": "any"},
}
CLAIMS = {
    "self-edits make a better improver: self - seed": ("self", "seed"),
    "self-edits make a better improver: self - sham": ("self", "sham"),
    "improving the improver pays: self - frozen": ("self", "frozen"),
    "control: frozen - seed": ("frozen", "seed"),
    "control: sham - seed": ("sham", "seed"),
}


class Silent:
    """Prints one line when a generation changes the lineage."""

    def __init__(self, label: str) -> None:
        self._label = label

    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        if generation.status in ("seed", "accepted"):
            edits = "; ".join(f"{e.operator} {e.target}: {e.before} -> {e.after}" for e in generation.edits)
            print(f"{self._label} {generation.index:4} {score:+.3f} {edits[:150]}", flush=True)

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        print(f"{self._label} {index:4} waits {delay_s:g} s: {problem}", flush=True)


def condition(folder: Path, name: str, seed: int, options: argparse.Namespace) -> None:
    """One run to the end of its budget, and its held-out report."""
    here = folder / f"{name}-{seed}"
    if not (here / FILE).exists():
        create(here, settings(name, seed, options))
    with opened(here, {"budget": {"evaluations": options.evaluations}}) as lab:
        engine = lab.engine(Silent(f"{name}-{seed}"))
        try:
            engine.run()
        except BudgetSpent:
            pass  # that is how every condition is meant to end
        finally:
            engine.close()
        seeds = [lab.store.resolve("seed")] if name == "self" else []  # the same in every condition
        report(lab, [*seeds, champion(lab.store, name, options.evaluations)], Split.HELD_OUT)


def settings(name: str, seed: int, options: argparse.Namespace) -> config.Run:
    return config.load(
        None,
        [f"budget.evaluations={options.evaluations}", f"scoring.held_out_seeds={options.held_out}"],
        tasks=["suite:cheap"],
        generations=100_000,
        workers=1,
        seed=seed,
        secret=f"recursion benchmark {seed}",
        sandbox=options.sandbox or None,
        **CONDITIONS[name],
    )


def within(store: Store, evaluations: int) -> list[Generation]:
    """The generations that were started within a budget: a longer run begins like a shorter one."""
    done, spent = [], 0
    for generation in store.generations():
        if spent < evaluations:
            done.append(generation)
        spent += generation.spend.evaluations
    return done


def champion(store: Store, name: str, evaluations: int) -> str:
    """What the condition hands in: the best on the search split, or the last of a walk."""
    kept = [g for g in within(store, evaluations) if g.status in ("seed", "accepted") and g.child]
    if name == "sham":
        return str(kept[-1].child)
    return max((str(g.child) for g in kept), key=lambda tree: mean(scores(store, tree, Split.SEARCH)))


def scores(store: Store, tree: str, split: Split) -> dict[Trial, float]:
    return {Trial(e.task, e.split, e.seed): e.score for e in store.evaluations(tree=tree, split=split)}


def collect(folder: Path, seeds: range, evaluations: int) -> dict[str, Any]:
    """What every condition's champion is worth, by run seed, and the claims over them."""
    rows = [row for seed in seeds for row in collect_seed(folder, seed, evaluations)]
    utility = {(row["scaffold"], row["seed"]): row["held_out"] for row in rows}
    claims = {}
    for claim, (left, right) in CLAIMS.items():
        found = interval({"": [utility[left, seed] - utility[right, seed] for seed in seeds]})
        claims[claim] = {"mean": found.mean, "low": found.low, "high": found.high, "run_seeds": found.pairs}
    best = max(seeds, key=lambda seed: next(r["gain"] for r in rows if (r["scaffold"], r["seed"]) == ("self", seed)))
    return {"machine": machine(), "over_runs": claims, "over_instances": over_instances(rows, best), "rows": rows}


def over_instances(rows: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """The claims for the champion of run seed `seed`: its held-out scores, pair by pair."""
    held_out = {row["scaffold"]: row["pairs"] for row in rows if row["seed"] == seed}
    claims: dict[str, Any] = {"run_seed": seed}
    for claim, (left, right) in CLAIMS.items():
        paired = {task: [a - b for a, b in zip(scores, held_out[right][task], strict=True)]
                  for task, scores in held_out[left].items()}  # fmt: skip
        found = interval(paired)
        claims[claim] = {"mean": found.mean, "low": found.low, "high": found.high, "pairs": found.pairs}
    return claims


def collect_seed(folder: Path, seed: int, evaluations: int) -> list[dict[str, Any]]:
    rows = []
    for name in CONDITIONS:
        with Store.open(folder / f"{name}-{seed}" / FILE) as store:
            tree = champion(store, name, evaluations)
            generations = within(store, evaluations)
            spend = sum((g.spend for g in generations), Spend())
            found = row(store, name, seed, tree) | {"generations": len(generations) - 1}
            rows.append(
                found | {"evaluations": spend.evaluations, "cpu_s": round(spend.cpu_s), "edits": path(store, tree)}
            )
            if name == "self":
                rows.append(row(store, "seed", seed, store.resolve("seed")))
    return rows


def row(store: Store, name: str, seed: int, tree: str) -> dict[str, Any]:
    held_out = scores(store, tree, Split.HELD_OUT)
    pairs = {
        task: [held_out[trial] for trial in sorted(held_out) if trial.task == task] for task in store.config["tasks"]
    }
    search = mean(scores(store, tree, Split.SEARCH))
    gain = search - mean(scores(store, store.resolve("seed"), Split.SEARCH))
    return {"scaffold": name, "seed": seed, "tree": tree[:12], "search": search, "gain": gain,
            "held_out": mean(held_out), "pairs": pairs}  # fmt: skip


def path(store: Store, tree: str) -> list[dict[str, Any]]:
    """The self-edits from the seed to `tree`, with what each gave on the search split."""
    made = {g.child: g for g in reversed(store.generations()) if g.status in ("seed", "accepted")}
    steps = []
    while (generation := made[tree]).parent:
        steps.append({"generation": generation.index, "gain": generation.gain,
                      "edits": [list(edit) for edit in generation.edits]})  # fmt: skip
        tree = generation.parent
    return steps[::-1]


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
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
            found = result[kind][claim]
            ends = [[found["mean"] - found["low"]], [found["high"] - found["mean"]]]
            right.errorbar(found["mean"], -height - 0.25 * offset, xerr=ends, fmt="o", capsize=4, color=colour,
                           label=kind.replace("_", " ") if not height else None)  # fmt: skip
    right.set_yticks([-height - 0.12 for height in range(len(labels))], labels, fontsize=8)
    right.axvline(0, color="grey", linewidth=0.8)
    right.set_xlabel("difference in held-out utility, 95 % interval")
    right.legend(fontsize=8)
    figure.savefig(file, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/recursion"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=5_000, help="per run")
    parser.add_argument("--held-out", type=int, default=10, help="seeds per task on the held-out split")
    parser.add_argument("--sandbox", default="", help="a tier's name; the strongest if empty")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "recursion.json")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as jobs:
        work = [jobs.submit(condition, options.folder, name, seed, options)
                for seed in range(options.seeds) for name in CONDITIONS]  # fmt: skip
        for each in work:
            each.result()
    result = collect(options.folder, range(options.seeds), options.evaluations) | {"command": " ".join(sys.argv)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    plot(result, options.out.with_suffix(".png"))
    for kind in ("over_runs", "over_instances"):
        for claim in CLAIMS:
            found = result[kind][claim]
            print(f"{kind:15} {claim:52} {found['mean']:+.3f}  [{found['low']:+.3f}, {found['high']:+.3f}]")


if __name__ == "__main__":
    main()
