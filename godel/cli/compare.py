"""`compare`: a design's conditions, run with the same seeds, and what they differ by."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from godel import called

from . import formatting
from .console import out, print_json, say, sign_of_life, table, write_file
from .options import Json, Quiet

if TYPE_CHECKING:
    from godel.study.arms import Arm
    from godel.study.contrasts import Effect
    from godel.study.study import Row, Study

LEGEND = """
Every condition has the same instances with a run seed; the unit of an interval is the run seed.
Where two conditions did not differ in what was to differ, nothing was tested."""
MEANING = {
    "not tested": "not tested: they hardly differ",
    "more": "{left} gains more",
    "less": "{left} gains less",
    "not shown": "not shown",
}


def compare(
    design: Annotated[Path, typer.Argument(help="A design in TOML; see docs/studies.md.", metavar="DESIGN.toml")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where its runs lie; runs/NAME of the design if not given.", metavar="FOLDER")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(help="Runs at a time; as many as there are cores if not given.", min=1, max=256, metavar="N"),
    ] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Draw NAME.svg too (needs matplotlib).")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run a study: conditions side by side, and what they differ by.

    What is done is not done again: to go on after a stop, or with more run seeds in the
    design, give the same command.
    """
    found, home = conducted(design, folder, jobs, quiet)
    _keep(found, home / design.stem, plot, quiet)
    if as_json:
        print_json(found.to_json())
        return
    show(found)


def conducted(design: Path, folder: Path | None, jobs: int | None, quiet: bool) -> tuple[Study, Path]:
    """A study once all its runs are over, and where they lie."""
    from godel.study import design as designs
    from godel.study.conduct import conduct
    from godel.study.study import study

    from .work import RUNS, resumable

    asked, home = designs.load(design), folder or RUNS / design.stem
    runs = len(asked.arms()) * len(asked.seeds)
    with resumable(called.command("compare", design, home)), sign_of_life(f"{runs} runs below {home}", quiet) as tell:
        done = conduct(asked, home, jobs or os.cpu_count() or 1, lambda *news: tell(_told(*news)))
        return study(asked, done), home


def show(found: Study) -> None:
    if found.design.question:
        out().print(f"{found.design.question}\n", style="bold")
    _checks(found)
    _conditions(found)
    out().print()
    _effects(found.effects)
    for name, share in found.unequal().items():
        out().print(f"{name} spent {share:.2f} times the mean of all: not at equal spend", style="yellow")
    out().print(LEGEND, style="dim")
    out().print(f"\nspent in all: {formatting.spent(found.spend, sum(each.generations for each in found.results))}")


def _checks(found: Study) -> None:
    """First of all: whether the conditions did anything else than one another."""
    for left, right in dict.fromkeys((each.left, each.right) for each in found.effects):
        share = next(each.different for each in found.effects if (each.left, each.right) == (left, right))
        what = (
            "generations, by what they propose" if found.checks_proposals(left, right) else "runs, by what they hand in"
        )
        out().print(f"{left} and {right} differ in {share:.0%} of the {what}", style="dim")
    out().print()


def _conditions(found: Study) -> None:
    numbers = ("runs", "generations", "kept", "deep", "evaluations", "CPU")
    rows = table("condition", *numbers, "held out (95 % CI)", "over its seed", right=numbers)
    for row in found.rows:
        rows.add_row(*_cells(row))
        for gain in row.gains[1:]:
            rows.add_row(f"  {gain.measure}", *[""] * 7, formatting.interval(gain.effect), style="dim")
    out().print(rows)


def _cells(row: Row) -> list[str]:
    counts = (f"{row.runs}", f"{row.generations:.0f}", f"{row.kept:.1f}", f"{row.depth:.1f}", f"{row.evaluations:,.0f}")
    over = formatting.interval(row.gains[0].effect)
    return [row.name, *counts, formatting.duration(row.cpu_s), formatting.utility(row.utility), over]


def _effects(effects: Sequence[Effect]) -> None:
    rows = table("difference", "by", "mean (95 % CI)", "seeds", "verdict", right=("seeds",))
    for each in effects:
        verdict = MEANING[each.verdict].format(left=each.left)
        named = f"{each.left} - {each.right}"
        rows.add_row(named, each.measure, formatting.interval(each.effect), f"{len(each.by_seed)}", verdict)
    out().print(rows)
    for each in effects:
        if each.chosen:
            stood = ", ".join(f"{seed}: {name}" for seed, name in each.chosen.items())
            out().print(f"{each.right} ({each.measure}), by run seed: {stood}", style="dim", soft_wrap=True)


def _keep(found: Study, stem: Path, plot: bool, quiet: bool) -> None:
    """Under the design's name: several designs may share runs."""
    import json

    from .console import jsonable

    results, drawing = Path(f"{stem}.json"), Path(f"{stem}.svg")
    write_file(results, [json.dumps(jsonable(found.to_json()), indent=1), "\n"])
    say(f"written: {results}", quiet)
    if plot:
        from godel.study.plots import plot as draw

        draw(found.effects, drawing)
        say(f"written: {drawing}", quiet)


def _told(arm: Arm, over: int, of: int, ended: bool) -> str:
    return f"[{over} of {of}] {arm.label} {'is over' if ended else 'begins'}"
