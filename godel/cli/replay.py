"""`replay`: make a recorded generation again, run an ancestor today, write its source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from . import complete, formatting
from .console import out, print_json, say, table
from .options import ApiBase, AsRecorded, Folder, Json, KeyEnv, Model, Preset, Quiet, RunSandbox
from .places import Place, difference, here, moved, recorded

if TYPE_CHECKING:
    from godel.loop.replay import Verdict


NONE: dict[str, Any] = {"api_base": "", "key_env": "", "cache": "", "prices": {}}
"""How models are reached that whoever calls names: as he says, and not as the run did."""


class Replayed(NamedTuple):
    """A generation made again, and where its scores come from."""

    verdict: Verdict
    recorded_on: list[Place]
    replayed_on: Place


def replay(
    folder: Folder,
    node: Annotated[
        str,
        typer.Argument(
            help="A hash's beginning, a generation (g12), seed, best; all with --verify.",
            metavar="NODE",
            autocompletion=complete.nodes_or_all,
        ),
    ],
    verify: Annotated[bool, typer.Option("--verify", help="Make it again; exit 1 if tree or scores differ.")] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(help="Let it improve this task today; repeatable.", metavar="NAME", autocompletion=complete.tasks),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many instances, with --task.", min=1, max=10_000, metavar="N")] = 3,
    preset: Preset = None,
    model: Model = None,
    api_base: ApiBase = None,
    key_env: KeyEnv = None,
    as_recorded: AsRecorded = False,
    sandbox: RunSandbox = None,
    checkout: Annotated[Path | None, typer.Option(help="Write its source into this new folder.", metavar="DIR")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make a scaffold again and compare, run it, or check it out.

    Without options it verifies: same tree, same scores, from what was recorded.
    """
    if preset and not task:
        raise typer.BadParameter("it is a task's size: give --task too", param_hint="'--preset'")
    if (model or api_base or key_env) and not task:
        raise typer.BadParameter("a verification asks no model: give --task too", param_hint="'--model'")
    if checkout:
        _checkout(folder, node, checkout, as_json)
    if task:
        models = {
            key: given
            for key, given in (("names", model), ("api_base", api_base), ("key_env", key_env))
            if given is not None
        }
        _today(folder, Today(node, task, preset, sandbox, models, as_recorded, seeds), quiet, as_json)
    if verify or not (task or checkout):
        _verify(folder, node, sandbox, as_recorded, quiet, as_json)


def _checkout(folder: Path, node: str, target: Path, as_json: bool) -> None:
    from godel.lineage.analysis.lineage import resolve
    from godel.lineage.store import Store
    from godel.loop.replay import checkout
    from godel.loop.run_folder import FILE

    with Store.open(folder / FILE) as store:
        written = checkout(store.program(resolve(store, node)), target)
    if as_json:
        print_json(written)
    else:
        out().print("\n".join(map(str, written)), soft_wrap=True)


def _verify(folder: Path, node: str, sandbox: str | None, follow: bool, quiet: bool, as_json: bool) -> None:
    from godel.lineage.store import Store
    from godel.loop import open_run, run_folder
    from godel.loop.replay import Replayer
    from godel.loop.session import prepare

    from .progress import Progress
    from .work import Terminal

    with Store.open(folder / run_folder.FILE) as store:
        indices = open_run.generations_of(store, node)  # before a sandbox is prepared
    changes = moved(sandbox)
    replayed: list[Replayed] = []
    with open_run.opened(folder, changes, replay=True, follow=follow) as run:
        prepare(run.pool.tier, Terminal(quiet))
        with Replayer(run, Progress(run.config)) as replayer:
            for index in indices:
                verdict = replayer.verify(index)
                before = recorded(run.store, verdict.generation.child)
                replayed.append(Replayed(verdict, before, here(run.pool.tier)))
                say(_line(verdict), quiet)
    if as_json:
        print_json([_facts(each) for each in replayed])
    else:
        _show(replayed)
    if any(each.verdict.differences for each in replayed):
        raise typer.Exit(1)


def _line(verdict: Verdict) -> str:
    holds = "differs: " + "; ".join(verdict.differences) if verdict.differences else "reproduced"
    return f"g{verdict.generation.index} {verdict.generation.status}  {holds}"


def _facts(replayed: Replayed) -> dict[str, Any]:
    verdict, made = replayed.verdict, replayed.verdict.generation
    scores = [{**trial._asdict(), "recorded": a, "replayed": b} for trial, (a, b) in verdict.scores.items()]
    return {
        "generation": made.index,
        "node": made.child,
        "status": made.status,
        "recorded_on": replayed.recorded_on,
        "replayed_on": replayed.replayed_on,
        "reproduced": not verdict.differences,
        "differences": verdict.differences,
        "scores": scores,
    }


def _show(replayed: list[Replayed]) -> None:
    verdicts = [each.verdict for each in replayed]
    for verdict in verdicts:
        for mismatch in verdict.differences:
            out().print(f"g{verdict.generation.index}  {mismatch}", style="red")
    good = sum(not verdict.differences for verdict in verdicts)
    scores = sum(len(verdict.scores) for verdict in verdicts)
    trees = sum(verdict.generation.child is not None for verdict in verdicts)
    made = f"{formatting.count(trees, 'tree')}, {formatting.count(scores, 'score')}"
    style = "bold green" if good == len(verdicts) else "bold red"
    out().print(f"{good} of {formatting.count(len(verdicts), 'generation')} reproduced: {made}", style=style)
    before = [place for each in replayed for place in each.recorded_on]
    if replayed and (line := difference(before, replayed[0].replayed_on, "replayed")):
        out().print(line, style="yellow", soft_wrap=True)


class Today(NamedTuple):
    """An ancestor let loose on tasks now: which, on what, where, and asking whom."""

    node: str
    tasks: list[str]
    preset: str | None
    sandbox: str | None
    models: dict[str, Any]
    follow: bool
    seeds: int


def _today(folder: Path, today: Today, quiet: bool, as_json: bool) -> None:
    from godel.lineage.analysis.lineage import resolve
    from godel.lineage.store import Store
    from godel.loop.open_run import settings, stored_scaffold
    from godel.loop.preflight import check_tasks
    from godel.loop.run_folder import FILE, tier_of, with_models

    from .today import load, scores

    with Store.open(folder / FILE) as store:
        key = resolve(store, today.node)
        scaffold = store.program(key)
        models = {"model": {**NONE, **today.models}} if today.models else {}
        asked = {"tasks": today.tasks, "presets": {}, **models, **moved(today.sandbox)}
        run = with_models(settings(folder, store, asked, today.follow, offline=False, fixed=not models))
        seed = stored_scaffold(store).program
    chosen = load(run, today.preset)
    check_tasks(chosen.values())
    results = scores(run, chosen, tier_of(run), {key: scaffold, seed.digest: seed}, today.seeds, quiet)
    if as_json:
        print_json(results)
        return
    rows = table("scaffold", "task", "seed", "score", "value", "failure", right=("seed", "score", "value"))
    for each in results:
        rows.add_row(
            each.tree[: formatting.SHORT],
            each.task,
            str(each.seed),
            formatting.number(each.score),
            f"{each.value:.6g}" if each.value is not None else formatting.MISSING,
            each.failure or "",
        )
    out().print(rows)
