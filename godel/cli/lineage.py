"""`godel lineage`: what a run knows of its scaffolds and self-edits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from godel.called import command

from . import complete, formatting
from . import credit as credits
from .console import out, print_file, print_json, print_lines, table, write_file
from .explain import remarked
from .exporters import EXPORTERS, exported
from .options import Folder, Json, Node
from .status import settings_now

if TYPE_CHECKING:
    from godel.lineage.analysis.calibration import Calibration
    from godel.lineage.analysis.credit import EditCredit
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.store import Store

HELP = "Look at a run: tree, scaffolds, self-edits, what they gave."
LEGEND = """
●: part of the best scaffold. The search gain flatters, as the edit was accepted
by it; the held-out one does not (–: not scored, see godel report).
±: 95 % CI (?: one pair has none). q: false discovery rate. clade: kept/all.
children: productivity, the mean gain of its scored children."""
LEVEL = "+0.000 (all alike)"
OptionalNode = Annotated[
    str | None,
    typer.Argument(
        help="The node to compare with; the parent if not given.", metavar="OTHER", autocompletion=complete.nodes
    ),
]


@contextmanager
def read(folder: Path) -> Iterator[tuple[Store, Lineage]]:
    """A run, also one that is running, as it stands now."""
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.store import Store
    from godel.loop.run_folder import FILE

    with Store.open(folder / FILE) as store:
        yield store, Lineage.of(store)


def tree(
    folder: Folder,
    limit: Annotated[int, typer.Option(help="Nodes to draw at most.", min=1, max=1_000_000)] = 60,
    dead_ends: Annotated[bool, typer.Option("--all", help="Every generation, failed ones too.")] = False,
    as_json: Json = False,
) -> None:
    """Draw the tree of scaffolds and the path to the best."""
    from godel.lineage.views import tree as trees

    with read(folder) as (_, lineage):
        rows = trees.rows(lineage, limit, dead_ends)
    print_json(rows) if as_json else print_lines(trees.text(rows, out().width) or "no generations yet\n")


def show(
    folder: Folder,
    node: Node,
    source: Annotated[bool, typer.Option("--source", help="Its source instead.")] = False,
    as_json: Json = False,
) -> None:
    """All that is known of a scaffold, or its source."""
    from godel.contract.characters import printable
    from godel.lineage.analysis import names
    from godel.lineage.views import text as views

    with read(folder) as (store, lineage):
        if not source and (made := names.childless(lineage.generations, node)):
            fate = views.fate(lineage, made)
            print_json(fate) if as_json else sys.stdout.write(views.fate_text(fate))
            return
        key = lineage.resolve(node)
        if source:
            files = store.program(key).files
            text = "".join(f"# --- {path} ---\n{body.rstrip()}\n\n" for path, body in files.items())
            print_json(files) if as_json else sys.stdout.write(printable(text))
            return
        shown = views.show(lineage, key)
    print_json(shown) if as_json else sys.stdout.write(views.show_text(shown))


def diff(folder: Folder, node: Node, other: OptionalNode = None, as_json: Json = False) -> None:
    """The source of NODE against OTHER's, or against its parent's."""
    from godel.errors import UsageError
    from godel.lineage.views import text as views

    with read(folder) as (_, lineage):
        key = lineage.resolve(node)
        base = lineage.resolve(other) if other else lineage.nodes[key].parent
        if base is None:
            raise UsageError(f"{formatting.node(0, key)} is the seed, it has no parent: give a second node")
        text = views.diff(lineage, base, key)
    print_json({"before": base, "after": key, "diff": text}) if as_json else coloured(text)


def path(folder: Folder, node: Node, as_json: Json = False) -> None:
    """The self-edits that led from the seed to NODE."""
    from godel.lineage.views import tree as trees

    with read(folder) as (_, lineage):
        rows = trees.path(lineage, lineage.resolve(node))
    print_json(rows) if as_json else print_lines(trees.text(rows, out().width))


def edits(
    folder: Folder,
    operators: Annotated[bool, typer.Option("--operators", help="By operator, over all generations.")] = False,
    as_json: Json = False,
) -> None:
    """Which self-edits paid, ranked, with intervals."""
    from godel.lineage.analysis import credit

    with read(folder) as (_, lineage):
        if operators:
            by_operator = credit.operators(lineage)
            print_json(by_operator) if as_json else out().print(_operators(by_operator))
            return
        ranked = credit.edits(lineage)
        tried = len(lineage.generations) - 1
    if as_json:
        print_json(ranked)
    elif not ranked:
        out().print(f"Null result: of {formatting.count(max(0, tried), 'self-edit')} none was accepted.")
    else:
        print_lines("\n".join(_edits(ranked)) + "\n")
        out().print(LEGEND, style="dim")


def export(
    folder: Folder,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", help=f"{EXPORTERS.listed}, or package.module:function.", autocompletion=complete.formats
        ),
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; stdout if not given.", metavar="FILE")
    ] = None,
) -> None:
    """Write the lineage as JSON, GraphML, DOT or a page of HTML."""
    form = form or (output.suffix.removeprefix(".") if output else "json")
    with read(folder) as (store, lineage):
        text = exported(remarked(lineage, folder, settings_now(store)), form)
        write_file(output, text) if output else print_file(text)


def calibration(folder: Folder, as_json: Json = False) -> None:
    """How well scaffolds judge their own drafts, by generation."""
    from godel.lineage.analysis.calibration import calibration as calibrated

    with read(folder) as (_, lineage):
        agreement = calibrated(lineage)
    if as_json:
        print_json(agreement)
    elif not agreement.generations:
        look = command("scaffolds", "show", "self_rewarding")
        out().print(f"No scaffold of this run judged drafts of its own; one that does: {look}", soft_wrap=True)
    else:
        _agreement(agreement)


COMMANDS = (tree, show, diff, path, edits, credits.credit, calibration, export)


def coloured(text: str) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in text.removesuffix("\n").split("\n") if text else ():  # never at what a scaffold calls a line's end
        out().print(line, style=colours.get(line[:1]), soft_wrap=True)


def _edits(ranked: list[EditCredit]) -> Iterator[str]:
    """Two lines for each: its numbers, then what it was. ● is in the best scaffold."""
    from godel.lineage.views.text import compact

    yield f"{'':6}  {'gain (search)':13}  {'(held-out)':13}  {'q':5}  {'clade':7}  children"
    for each in ranked:
        name = f"{'●' if each.survives else '○'} g{each.generation}"
        clade = f"{each.clade.kept}/{each.clade.size}"
        yield (
            f"{name:6}  {compact(each.gain):13}  {compact(each.held_out):13}  {each.q:<5.3f}  "
            f"{clade:7}  {compact(each.offspring)}"
        )
        yield from (f"{'':8}{formatting.edit(edit)}" for edit in each.edits)


def _agreement(agreement: Calibration) -> None:
    rows = table("scaffold", "drafts judged", "agreement, Kendall's τ (95 % CI)", right=("drafts judged",))
    for each in agreement.generations:
        rows.add_row(
            formatting.node(each.generation, each.node), str(each.drafts), formatting.interval(each.tau, LEVEL)
        )
    out().print(rows)
    drift = (
        formatting.interval(agreement.drift, LEVEL)
        if agreement.drift
        else "not known, from fewer than three generations"
    )
    out().print(f"drift by generation: {drift}", style="bold")


def _operators(by_operator: list[Any]) -> Any:
    rows = table(
        "operator",
        "tries",
        "accepted",
        "mean gain (95 % CI)",
        "q",
        "in best",
        right=("tries", "accepted", "q", "in best"),
    )
    for each in by_operator:
        rows.add_row(
            formatting.cut(each.name, 24),
            str(each.tries),
            str(each.accepted),
            formatting.children(each.gain),
            f"{each.q:.3f}",
            str(each.surviving),
        )
    return rows
