"""`lineage credit`: what each self-edit is worth, from the records and by experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import complete, formatting
from .console import out, print_json, table
from .imp import Workers
from .options import AsRecorded, Folder, Json, Quiet, RunSandbox

if TYPE_CHECKING:
    from godel.lineage.analysis.account import Account, Experiment, KeptEdit
    from godel.lineage.analysis.credit import GroupCredit
    from godel.lineage.analysis.recursion import Known, Recursion
    from godel.lineage.analysis.worth import Effect, Epistasis, Worth

MOST_ROWS, LONGEST = 12, 300
KEPT_LEGEND = """
●: part of the best scaffold. gain: over the parent, on the search split, which flatters what was accepted by it.
there: of the kept descendants, those that have all of it, a part, nothing. cost: evaluations."""
WORTH_LEGEND = """
in place: the child over its parent. taken back: what the best descendant loses without it. alone: what the seed
gains by it. Paired, on these targets; to speak of targets like them, see the interval of each scaffold."""
On = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        help="With --measure: suite, task or folder; repeatable. The run's own tasks if not given.",
        metavar="NAME",
        autocompletion=complete.targets,
    ),
]
Calls = Annotated[
    int | None,
    typer.Option("--k", help="With --measure: utility calls; as many as the run gives.", min=1, max=1_000_000),
]
Pairs = Annotated[
    int | None, typer.Option(help="With --measure: instances of each target; 8.", min=1, max=10_000, metavar="N")
]
Budget = Annotated[
    int | None,
    typer.Option(help="With --measure: evaluations at most; 20,000.", min=1, max=1_000_000_000, metavar="N"),
]


def credit(
    folder: Folder,
    measure: Annotated[bool, typer.Option("--measure", help="Take edits back, and put them elsewhere.")] = False,
    k: Calls = None,
    on: On = None,
    pairs: Pairs = None,
    budget: Budget = None,
    every: Annotated[bool, typer.Option("--all", help="With --measure: all kept edits, not the best's alone.")] = False,
    workers: Workers = None,
    sandbox: RunSandbox = None,
    as_recorded: AsRecorded = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """What each self-edit is worth.

    From the records alone, with all that was measured so far; --measure experiments: each edit
    taken back in its best descendant, each alone on the seed, and pairs of them. What is measured is
    recorded, and never measured again.
    """
    from godel import front
    from godel.credit.session import PAIRS
    from godel.lineage.analysis.account import account

    from .status import place
    from .work import Terminal

    given = {"--k": k, "--on": on, "--pairs": pairs, "--budget": budget, "--all": every, "--workers": workers}
    if not measure:
        if needs := [name for name, value in given.items() if value]:
            raise typer.BadParameter("it is about measuring: give --measure too", param_hint=f"'{needs[0]}'")
        with front.open_run(folder) as run:
            found = account(run.lineage)
    else:
        asked = front.Asked(calls=k, on=tuple(on or ()), pairs=pairs or PAIRS)
        extent = front.Extent(every=every, **({"budget": budget} if budget else {}))
        changes = {**place(folder, sandbox), **({"workers": workers} if workers else {})}
        found = front.experiment(folder, asked, extent, watch=Terminal(quiet), as_recorded=as_recorded, **changes)
    print_json(found) if as_json else show(found)


def show(found: Account) -> None:
    if not found.edits:
        out().print("No self-edit was accepted.", style="bold")
    else:
        out().print(_kept(found.edits))
        out().print(KEPT_LEGEND + "\n", style="dim")
    for title, groups in (
        ("kind of change", found.kinds),
        ("what it touches", found.touches),
        ("operator", found.operators),
        ("target", found.targets),
    ):
        out().print(_groups(title, groups))
        out().print()
    for each in found.experiments:
        _experiment(each)
    if not found.experiments:
        out().print("Nothing was measured yet: --measure does.", style="dim")


def _kept(edits: Sequence[KeptEdit]) -> Any:
    rows = table("edit", "gain (95 % CI)", "there", "cost", "kinds", right=("cost",), wide="kinds")
    for each in edits:
        left = each.survival
        there = f"{left.whole}+{left.partly}/{left.living}" if left.living else formatting.MISSING
        what = ", ".join(each.kinds) + (f"; touches {', '.join(each.touches)}" if each.touches else "")
        name = f"{'●' if each.main else '○'} g{each.generation}"
        rows.add_row(name, formatting.interval(each.gain), there, f"{each.spend.evaluations:,}", what, style="bold")
        for edit in each.edits:
            rows.add_row("", "", "", "", formatting.edit(edit), style="dim")
    return rows


def _groups(title: str, groups: Sequence[GroupCredit]) -> Any:
    numbers = ("tries", "accepted", "q", "in best", "per 1,000")
    rows = table(title, "tries", "accepted", "mean gain (95 % CI)", "q", "in best", "per 1,000", right=numbers)
    for each in groups[:MOST_ROWS]:
        rows.add_row(
            formatting.cut(each.name, 32),
            str(each.tries),
            str(each.accepted),
            formatting.children(each.gain),
            f"{each.q:.3f}",
            str(each.surviving),
            formatting.number(each.per_1000),
        )
    if len(groups) > MOST_ROWS:
        rows.add_row(f"… and {len(groups) - MOST_ROWS} more, see --json")
    return rows


def _experiment(each: Experiment) -> None:
    on = formatting.cut(", ".join(each.worth.targets), LONGEST)
    out().print(f"imp@{each.worth.calls} on {on}, up to {each.imp.pairs} instances each", style="bold", soft_wrap=True)
    _recursion(each)
    _worth(each.worth)


def _recursion(each: Experiment) -> None:
    found: Recursion = each.recursion
    by_index = {one.generation: one for one in each.imp.scaffolds}
    rows = table("on the way to the best", "imp (95 % CI)", "over the seed", "of the one before", right=())
    steps = {step.child: step.coefficient for step in found.steps}
    for index in found.line:
        one = by_index[index]
        times = known(steps[index], "×") if index in steps else formatting.MISSING
        rows.add_row(
            formatting.node(index, one.node), formatting.utility(one.mean), formatting.interval(one.over_seed), times
        )
    out().print(rows)
    out().print(f"children's gain by their proposer's imp, slope: {known(found.slope)}", soft_wrap=True)
    out().print(f"returns r, doublings of imp for each doubling of effort: {known(found.returns)}\n", soft_wrap=True)


def _worth(found: Worth) -> None:
    from godel.lineage.analysis.worth import NOT_MEASURED

    rows = table("edit", "in place", "taken back", "alone", wide="alone")
    notes = []
    for each in found.edits:
        rows.add_row(f"g{each.generation}", *(_effect(one) for one in (each.in_place, each.knock_out, each.transplant)))
        for what, one in (("taken back in", each.knock_out), ("alone on", each.transplant)):
            if one.problem and one.problem != NOT_MEASURED:
                notes.append(f"g{each.generation} {what} g{one.within}: {one.problem}")
    out().print(rows)
    _pairs(found.pairs)
    for note in notes:
        out().print(formatting.cut(note, LONGEST), style="yellow", soft_wrap=True)
    out().print(WORTH_LEGEND + "\n", style="dim")


def _pairs(pairs: Sequence[Epistasis]) -> None:
    """Those that could be had one by one, the others by why not."""
    unknown: dict[str, list[str]] = {}
    for each in pairs:
        name = " and ".join(f"g{edit}" for edit in each.edits)
        if each.together is None:
            unknown.setdefault(each.problem.partition(": ")[2] or each.problem, []).append(name)
            continue
        more = formatting.interval(each.worth) if each.worth else f"not known, as one can't be alone ({each.problem})"
        line = f"{name} together: {formatting.interval(each.together)}; beyond the sum of both: {more}"
        out().print(formatting.cut(line, LONGEST), soft_wrap=True)
    for problem, names in unknown.items():
        line = f"not together: {', '.join(names)}: {problem}"
        out().print(formatting.cut(line, LONGEST), style="yellow", soft_wrap=True)


def _effect(one: Effect) -> str:
    from godel.lineage.analysis.worth import NOT_MEASURED

    if one.problem:
        return NOT_MEASURED if one.problem == NOT_MEASURED else "not separable"
    return formatting.interval(one.worth)


def known(found: Known, unit: str = "") -> str:
    """A number with its interval, or why it is not known."""
    if found.value is None:
        return f"not known: {found.problem}"
    mean, low, high, _ = found.value
    return f"{mean:.2f}{unit} [{low:.2f}, {high:.2f}]"
