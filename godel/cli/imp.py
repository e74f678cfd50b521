"""`imp`: how much scaffolds of a run, frozen, improve programs with k utility calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import complete, formatting
from .console import out, print_json, table
from .options import AsRecorded, Folder, Json, Quiet, RunSandbox

if TYPE_CHECKING:
    from godel.lineage.analysis.imp import Imp, Measurement

LEGEND = """
imp@k: the mean gain after k utility calls, 0 the initial program, 1 the reference, on instances that no scaffold
has seen. Intervals have the target as their unit, for a claim about targets like these; a target's, and those on
these very targets, have the instance."""
Nodes = Annotated[
    list[str] | None,
    typer.Argument(
        help="Which scaffolds; seed, best and all between if not given.", autocompletion=complete.nodes, metavar="NODE"
    ),
]
Others = Annotated[
    list[str] | None,
    typer.Option(
        "--scaffold",
        help="Beside those of the run: a scaffold by name or folder, random_search, tpe or cma_es; repeatable.",
        metavar="NAME",
        autocompletion=complete.scaffolds,
    ),
]
On = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        help="Suite, task or folder, reserved ones too; repeatable. weak_improver:reserved if not given.",
        metavar="NAME",
        autocompletion=complete.targets,
    ),
]
Calls = Annotated[int, typer.Option("--k", help="Utility calls on each instance.", min=1, max=1_000_000, metavar="N")]
Pairs = Annotated[int, typer.Option(help="Instances of each target.", min=1, max=10_000, metavar="N")]
Workers = Annotated[
    int | None, typer.Option(help="Instances at a time; the run's if not given.", min=1, max=256, metavar="N")
]


def imp(
    folder: Folder,
    node: Nodes = None,
    others: Others = None,
    k: Calls = 160,
    on: On = None,
    pairs: Pairs = 8,
    workers: Workers = None,
    sandbox: RunSandbox = None,
    as_recorded: AsRecorded = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Measure imp@k: how much scaffolds, frozen, improve programs.

    What is measured is recorded in the run's file, and never measured again: to go on after a
    stop, or with more pairs, give the same command.
    """
    from godel import front

    from .status import place
    from .work import Terminal

    named = {"on": tuple(on)} if on else {}
    asked = front.Asked(nodes=tuple(node or ()), others=tuple(others or ()), calls=k, pairs=pairs, **named)
    changes = {**place(folder, sandbox), **({"workers": workers} if workers else {})}
    found = front.imp(folder, asked, watch=Terminal(quiet), as_recorded=as_recorded, **changes)
    if as_json:
        print_json(found)
        return
    show(found)
    out().print(LEGEND, style="dim")


def show(measured: Measurement) -> None:
    """One k on one set of targets."""
    rows = table(
        f"imp@{measured.calls}",
        "mean (95 % CI)",
        "over the seed",
        "on these targets",
        "evaluations",
        "CPU",
        right=("evaluations", "CPU"),
    )
    for each in measured.scaffolds:
        spend = (f"{each.spend.evaluations:,}", formatting.duration(each.spend.cpu_s))
        over = formatting.interval(each.over_seed), formatting.interval(each.over_seed_fixed)
        rows.add_row(name(each), formatting.utility(each.mean), *over, *spend, style="bold")
        for target, gain in each.targets.items():
            rows.add_row(f"  {formatting.cut(target, 60)}", formatting.utility(gain), style="dim")
        if each.failures:
            rows.add_row(f"  {formatting.count(each.failures, 'trial')} failed: each counts -1", style="yellow")
    out().print(rows)


def name(each: Imp) -> str:
    """A node as everywhere; a scaffold that is none by what it was called."""
    if each.generation is None:
        return formatting.cut(f"{each.name} {each.node[: formatting.SHORT]}", 60)
    return formatting.node(each.generation, each.node)
