"""`report`: what scaffolds are worth on held-out trials, and the paper of a run or a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from . import complete, explain, formatting
from .console import out, print_json, write_file
from .options import AsRecorded, Json, Quiet, RunSandbox
from .status import place, settings_here, settings_now

if TYPE_CHECKING:
    from godel.lineage import Split
    from godel.lineage.analysis.credit import Productivity
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.analysis.statistics import Interval
    from godel.paper.document import Document


class Compared(TypedDict):
    """What a scaffold of a report is worth, as JSON has it."""

    generation: int
    node: str
    utility: Interval
    over_seed: Interval | None
    search: Interval | None
    partial: list[Split]
    productivity: Productivity
    tasks: dict[str, Interval]


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            help="The run's folder, or a study's design.", autocompletion=complete.folders, metavar="FOLDER|DESIGN.toml"
        ),
    ],
    node: Annotated[
        list[str] | None,
        typer.Argument(
            help="Which scaffolds; seed and best if not given. Of a design: where its runs lie.",
            autocompletion=complete.nodes,
            metavar="NODE",
        ),
    ] = None,
    sealed: Annotated[bool, typer.Option("--sealed", help="Open the sealed split: once in the life of a run.")] = False,
    as_recorded: AsRecorded = False,
    sandbox: RunSandbox = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Score scaffolds on held-out trials, and write the paper.

    The paper is report.md and report.html in the run's folder, or the study's. Every number in
    it is drawn from the files.
    """
    if folder.suffix == ".toml":
        return _report_study(folder, node, quiet)
    from godel import front
    from godel.explanation import explanation
    from godel.lineage import Split
    from godel.paper.of_run import of_run

    from .work import Terminal

    split, names = (Split.SEALED if sealed else Split.HELD_OUT), node or ("seed", "best")
    changes = place(folder, sandbox)
    with front.report(folder, names, split, watch=Terminal(quiet), as_recorded=as_recorded, **changes) as run:
        compared = _comparison(run.lineage, [run.lineage.resolve(name) for name in names], split)
        why = explanation(run.lineage, folder, settings_here(run.store))
        written = _written(of_run(run.store, run.lineage, folder, settings_now(run.store)), folder)
    if as_json:
        print_json({"split": split, "scaffolds": compared, "explanation": why, "paper": written})
        return
    _show_comparison(compared, split)
    if why:
        out().print("\nNo self-edit was accepted.", style="bold")
        explain.show(why)
    out().print(f"\nthe paper: {written[-1]}", style="dim", soft_wrap=True)


def _report_study(design: Path, where: list[str] | None, quiet: bool) -> None:
    """The paper of a study whose runs are over; those that are not are made first."""
    from godel.paper.of_study import of_study

    from .compare import conducted

    found, home = conducted(design, Path(where[0]) if where else None, None, quiet)
    written = _written(of_study(found, design, home), home)
    out().print(f"the paper: {written[-1]}", soft_wrap=True)


def _written(paper: Document, folder: Path) -> list[Path]:
    texts = {folder / "report.md": paper.markdown(), folder / "report.html": paper.html()}
    drawn = {folder / "report.svg": paper.figure} if paper.figure else {}
    for path, text in {**texts, **drawn}.items():
        write_file(path, [text])
    return list(texts)


def _comparison(lineage: Lineage, trees: list[str], split: Split) -> list[Compared]:
    from godel.lineage import Split
    from godel.lineage.analysis import credit, statistics

    clades = credit.clades(lineage)
    seed = lineage.generations[0].child or ""
    compared: list[Compared] = []
    for tree in dict.fromkeys(trees):
        scored = lineage.scored(tree, split)
        search = statistics.scores(lineage.scored(tree, Split.SEARCH))
        pairs = statistics.paired(scored, lineage.scored(seed, split)) if tree != seed else {}
        compared.append(
            {
                "generation": lineage.nodes[tree].accepted.index,
                "node": tree,
                "utility": statistics.interval(statistics.scores(scored)),
                "over_seed": statistics.interval(pairs) if pairs else None,
                "search": statistics.interval(search) if search else None,
                "partial": sorted(lineage.nodes[tree].partial),
                "productivity": credit.productivity(lineage, tree, clades[tree]),
                "tasks": {
                    task: statistics.interval({task: values}) for task, values in statistics.scores(scored).items()
                },
            }
        )
    return compared


def _show_comparison(compared: list[Compared], split: Split) -> None:
    from godel.lineage.views.text import PARTIAL, PARTIAL_MEANS

    from .console import table

    rows = table("node", "95 % CI", "over the seed")
    for each in compared:
        rows.add_row(formatting.node(each["generation"], each["node"]), style="bold")
        mark = PARTIAL if "search" in each["partial"] else ""
        rows.add_row("  search utility", mark + formatting.utility(each["search"]))
        mark = PARTIAL if split in each["partial"] else ""
        rows.add_row(
            f"  {split} utility", mark + formatting.utility(each["utility"]), formatting.interval(each["over_seed"])
        )
        for task, score in each["tasks"].items():
            rows.add_row(f"    {task}", formatting.utility(score), style="dim")
        rows.add_row("  gain of its children", formatting.children(each["productivity"].children))
    out().print(rows)
    if any(each["partial"] for each in compared):
        out().print(PARTIAL_MEANS, style="dim")
