"""`replay`: make a recorded generation again, run an ancestor today, write its source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import complete, words
from .console import out, print_json, say, table
from .options import Folder, Json, Quiet

if TYPE_CHECKING:
    from godel.replay import Verdict


def replay(
    folder: Folder,
    node: Annotated[
        str,
        typer.Argument(help="A hash's beginning, a generation (g12), seed, best; all with --verify.",
                       metavar="NODE",
                       autocompletion=complete.nodes),
    ],
    verify: Annotated[bool, typer.Option("--verify", help="Make it again; exit 1 if tree or scores differ.")] = False,
    task: Annotated[
        list[str] | None, typer.Option(help="Let it improve this task today; repeatable.", metavar="NAME",
                                       autocompletion=complete.tasks),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many instances, with --task.", min=1, metavar="N")] = 3,
    checkout: Annotated[
        Path | None, typer.Option(help="Write its source into this new folder.", metavar="DIR")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make a scaffold again and compare, run it, or check it out.

    Without options it verifies: same tree, same scores, from what was recorded.
    """
    if checkout:
        _checkout(folder, node, checkout, as_json)
    if task:
        _today(folder, node, task, seeds, quiet, as_json)
    if verify or not (task or checkout):
        _verify(folder, node, quiet, as_json)


def _checkout(folder: Path, node: str, target: Path, as_json: bool) -> None:
    from godel.laboratory import FILE
    from godel.lineage.store import Store
    from godel.replay import checkout

    with Store.open(folder / FILE) as store:
        written = checkout(store.tree(store.resolve(node)), target)
    if as_json:
        print_json(written)
    else:
        out().print("\n".join(map(str, written)), soft_wrap=True)


def _verify(folder: Path, node: str, quiet: bool, as_json: bool) -> None:
    from godel import laboratory
    from godel.baseline import MemoryShelf
    from godel.replay import verify

    from .progress import Progress
    from .work import prepare

    verdicts: list[Verdict] = []
    with laboratory.opened(folder, shelf=MemoryShelf()) as lab:
        prepare(lab.pool.tier, quiet)
        lab.store.verify()
        for index in _generations(lab.store, node):
            verdicts.append(verify(lab, index, Progress(lab.run)))
            say(_line(verdicts[-1]), quiet)
    if as_json:
        print_json([_facts(verdict) for verdict in verdicts])
    else:
        _show(verdicts)
    if any(verdict.differences for verdict in verdicts):
        raise typer.Exit(1)


def _generations(store: Any, node: str) -> list[int]:
    """Those that made `node`; with "all", every one, those without a child too."""
    made = store.generations()
    if node == "all":
        return [each.index for each in made]
    key = store.resolve(node)
    return [each.index for each in made if each.child == key][:1]


def _line(verdict: Verdict) -> str:
    holds = "differs: " + "; ".join(verdict.differences) if verdict.differences else "reproduced"
    return f"g{verdict.generation.index} {verdict.generation.status}  {holds}"


def _facts(verdict: Verdict) -> dict[str, Any]:
    made = verdict.generation
    scores = [{**trial._asdict(), "recorded": a, "replayed": b} for trial, (a, b) in verdict.scores.items()]
    return {"generation": made.index, "node": made.child, "status": made.status,
            "reproduced": not verdict.differences, "differences": verdict.differences, "scores": scores}  # fmt: skip


def _show(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        for difference in verdict.differences:
            out().print(f"g{verdict.generation.index}  {difference}", style="red")
    good = sum(not verdict.differences for verdict in verdicts)
    scores = sum(len(verdict.scores) for verdict in verdicts)
    trees = sum(verdict.generation.child is not None for verdict in verdicts)
    made = f"{words.count(trees, 'tree')}, {words.count(scores, 'score')}"
    style = "bold green" if good == len(verdicts) else "bold red"
    out().print(f"{good} of {words.count(len(verdicts), 'generation')} reproduced: {made}", style=style)


def _today(folder: Path, node: str, tasks: list[str], seeds: int, quiet: bool, as_json: bool) -> None:
    from godel import config
    from godel.laboratory import FILE, load_tasks, stored_scaffold, tier_of
    from godel.lineage.store import Store
    from godel.stored import program

    from .today import scores

    with Store.open(folder / FILE) as store:
        key = store.resolve(node)
        scaffold = program(store, key)
        run = config.validate({**store.config["run"], "tasks": tasks, "presets": {}}, str(folder / FILE))
        seed = stored_scaffold(store).program
    found = scores(run, load_tasks(run), tier_of(run), {key: scaffold, seed.digest: seed}, seeds, quiet)
    if as_json:
        print_json(found)
        return
    rows = table("scaffold", "task", "seed", "score", "value", "failure", right=("seed", "score", "value"))
    for each in found:
        rows.add_row(each.tree[: words.SHORT], each.task, str(each.seed), words.number(each.score),
                     f"{each.value:.6g}" if each.value is not None else words.MISSING, each.failure or "")  # fmt: skip
    out().print(rows)
