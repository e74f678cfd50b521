"""`best`: the best program of each task, which is what a run was for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from godel.called import command

from . import complete, formatting
from .console import out, print_json, table
from .lineage import coloured, read
from .options import Folder, Json

if TYPE_CHECKING:
    from godel.contract import Program
    from godel.lineage import Evaluation
    from godel.tasks import Task

FLATTERS = "Each is the best of many, on an instance of its own, which flatters it."


class Product(NamedTuple):
    """A task of the run, the program that it began with, and the best that came of it."""

    task: Task
    evaluation: Evaluation
    program: Program
    origin: int
    """The generation that made its scaffold."""


def best(
    folder: Folder,
    task: Annotated[
        str | None,
        typer.Option(help="This one, with what changed.", metavar="NAME", autocompletion=complete.tasks),
    ] = None,
    checkout: Annotated[Path | None, typer.Option(help="Write it into this new folder.", metavar="DIR")] = None,
    as_json: Json = False,
) -> None:
    """The best program of each task, and what changed in it.

    With --checkout it is written into a folder, or, of several tasks, into one for each.
    """
    products = _products(folder, task)
    written = _written(products, checkout) if checkout else {}
    if as_json:
        print_json([_facts(each, written.get(name)) for name, each in products.items()])
        return
    _show(products.values())
    if task:
        coloured(_diff(products[task]))
    for name, path in written.items():
        out().print(f"{name}: {path}", soft_wrap=True)
    out().print(f"\n{_next(folder, next(iter(products)), written)}", style="dim", soft_wrap=True)


def _products(folder: Path, task: str | None) -> dict[str, Product]:
    """Raises UnknownName for a task that the run has not, UsageError where nothing was scored yet."""
    from godel.errors import UnknownName, UsageError
    from godel.lineage.analysis.products import best_products
    from godel.loop.open_run import recorded_tasks

    with read(folder) as (store, lineage):
        tasks = recorded_tasks(store)
        if task and task not in tasks:
            raise UnknownName("task of this run", task, tasks)
        scored = best_products(store.evaluations(task=task))
        if not scored:
            raise UsageError(f"{folder}: no program was scored yet{f' on {task}' if task else ''}")
        origins = {key: node.made.index for key, node in lineage.nodes.items()}
        return {
            name: Product(tasks[name], each, store.program(each.program), origins.get(each.tree, 0))
            for name, each in sorted(scored.items())
        }


def _written(products: Mapping[str, Product], folder: Path) -> dict[str, Path]:
    """Where each program lies now."""
    from godel.loop.replay import checkout

    places = {name: folder / name if len(products) > 1 else folder for name in products}
    for name, place in places.items():
        checkout(products[name].program, place)
    return places


def _next(folder: Path, name: str, written: Mapping[str, Path]) -> str:
    if name not in written:
        checkout = command("best", folder, "--task", name, "--checkout", "DIR")
        return f"{FLATTERS} To have one, with what changed:\n{checkout}"
    fresh = command("tasks", "run", name, "--program", written[name], "--seed", "0", "--seed", "1", "--seed", "2")
    return f"{FLATTERS} To score it on others:\n{fresh}"


def _show(products: Iterable[Product]) -> None:
    shown = table("task", "score", "value", "made by", "on", "program", right=("score", "value"), wide="program")
    for each in products:
        scored = each.evaluation
        shown.add_row(
            each.task.name,
            formatting.number(scored.score),
            "–" if scored.value is None else f"{scored.value:.6g}",
            formatting.node(each.origin, scored.tree),
            f"{scored.split} {scored.seed}",
            "the initial one" if each.program.digest == each.task.initial.digest else each.program.digest[:8],
        )
    out().print(shown)
    out().print("score 0 is the task's initial program, 1 its reference", style="dim")


def _diff(product: Product) -> str:
    from godel.lineage.views.diff import unified

    return unified(product.task.initial, product.program)


def _facts(product: Product, written: Path | None) -> Mapping[str, object]:
    scored = product.evaluation
    return {
        "task": product.task.name,
        "score": scored.score,
        "value": scored.value,
        "generation": product.origin,
        "node": scored.tree,
        "split": scored.split,
        "seed": scored.seed,
        "program": product.program.digest,
        "files": product.program.files,
        "diff": _diff(product),
        "written": written,
    }
