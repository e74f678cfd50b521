"""`launch` and `resume`: start a run, go on with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from godel.policies.acceptance import ACCEPTANCES
from godel.policies.selection import SELECTIONS
from godel.tasks.suites import to_search

from . import complete
from .options import ApiBase, AsRecorded, Folder, Json, KeyEnv, Model, Quiet, RunSandbox, Sandbox

FolderAndSettings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FOLDER|KEY=VALUE",
        help="A new folder (the next below runs/ if none), and settings.",
        autocompletion=complete.settings,
    ),
]
Scaffold = Annotated[
    str | None,
    typer.Option(help="A seed scaffold's name or folder.", metavar="NAME", autocompletion=complete.scaffolds),
]
TaskNames = Annotated[
    list[str] | None,
    typer.Option("--task", help="A task's name or folder; repeatable.", metavar="NAME", autocompletion=complete.tasks),
]
Suite = Annotated[
    str | None,
    typer.Option(
        help=f"A named set of tasks: {', '.join(to_search())}.", metavar="NAME", autocompletion=complete.suites
    ),
]
Generations = Annotated[int | None, typer.Option(help="Children to make after the seed.", metavar="N")]
Workers = Annotated[int | None, typer.Option(help="Generations in flight.", metavar="N")]
Seed = Annotated[int | None, typer.Option(help="The run's seed: the same seed gives the same archive.", metavar="N")]
Selection = Annotated[
    str | None,
    typer.Option(
        help=f"Which scaffold is the next parent: {SELECTIONS.shown}.",
        metavar="NAME",
        autocompletion=complete.selections,
    ),
]
Crossover = Annotated[
    float | None, typer.Option(help="Share of generations whose child has two parents, from 0 to 1.", metavar="SHARE")
]
Acceptance = Annotated[
    str | None,
    typer.Option(
        help=f"Which child is kept: {ACCEPTANCES.shown}.", metavar="NAME", autocompletion=complete.acceptances
    ),
]
Config = Annotated[Path | None, typer.Option(help="A TOML file of settings; see godel settings.", metavar="FILE")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Don't score seed and best on the held-out split.")]


def launch(
    given: FolderAndSettings = None,
    scaffold: Scaffold = None,
    task: TaskNames = None,
    suite: Suite = None,
    generations: Generations = None,
    workers: Workers = None,
    seed: Seed = None,
    selection: Selection = None,
    acceptance: Acceptance = None,
    crossover: Crossover = None,
    model: Model = None,
    api_base: ApiBase = None,
    key_env: KeyEnv = None,
    sandbox: Sandbox = None,
    config: Config = None,
    no_report: NoReport = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Start a run: a scaffold improves its own source.

    Settings come from --config, then KEY=VALUE (see godel settings), then options; the last wins.
    """
    from godel import config as settings

    folder, overrides = split(given or ())
    tasks = (*(task or ()), *(() if suite is None else (f"suite:{suite}",))) or None
    run = settings.load(
        config,
        overrides,
        scaffold=scaffold,
        tasks=tasks,
        generations=generations,
        workers=workers,
        seed=seed,
        selection=selection,
        acceptance=acceptance,
        crossover=crossover,
        sandbox=sandbox,
        model__names=tuple(model) if model else None,
        model__api_base=api_base,
        model__key_env=key_env,
    )
    from godel import front

    from .status import summary
    from .work import Terminal, new_folder

    folder = folder or new_folder()
    with front.launch(folder, run, watch=Terminal(quiet), report=not no_report) as made:
        summary(made, as_json)


def resume(
    folder: Folder,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="New values of generations, workers, sandbox or budget.*",
            autocompletion=complete.resumable,
        ),
    ] = None,
    generations: Generations = None,
    workers: Annotated[
        int | None, typer.Option(help="Generations in flight, at most as many as at launch.", metavar="N")
    ] = None,
    api_base: ApiBase = None,
    key_env: KeyEnv = None,
    as_recorded: AsRecorded = False,
    sandbox: RunSandbox = None,
    no_report: NoReport = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Go on with a run: stopped, killed, or to have more generations."""
    reached = {"api_base": api_base, "key_env": key_env}
    given = [f"model.{key}={text(value)}" for key, value in reached.items() if value is not None]
    changes = resumption(
        folder, [*(overrides or ()), *given], generations=generations, workers=workers, sandbox=sandbox
    )
    from godel import front

    from .status import summary
    from .work import Terminal

    watch = Terminal(quiet)
    with front.resume(folder, watch=watch, report=not no_report, as_recorded=as_recorded, **changes) as run:
        summary(run, as_json)


def text(value: str) -> str:
    """`value` as an override takes it: TOML."""
    import json

    return json.dumps(value)


def split(given: Sequence[str]) -> tuple[Path | None, list[str]]:
    """A folder, at most one, and overrides: a word with "=" is never a folder."""
    from godel.errors import UsageError

    overrides = [each for each in given if "=" in each]
    folders = [each for each in given if each not in overrides]
    if len(folders) > 1:
        raise UsageError(f"one folder at most, given: {', '.join(folders)}; settings are KEY=VALUE")
    return (Path(folders[0]) if folders else None), overrides


def resumption(folder: Path, overrides: Sequence[str], **options: Any) -> dict[str, Any]:
    """What changes in the run's configuration: what earlier resumptions changed, and what is given now."""
    from godel import config, local
    from godel.lineage.store import Store
    from godel.loop.run_folder import FILE

    from .places import known_tier, moved
    from .status import settings_now

    asked = config.overridden({}, overrides) | {key: value for key, value in options.items() if value is not None}
    config.check_resumable(asked)
    with Store.open(folder / FILE) as store:
        # What the file says of addresses, keys and code is nobody's word here: `local` follows it, or does not.
        now = local.split(settings_now(store))[0]
    if not known_tier(now):
        now.pop("sandbox", None)
    changes: dict[str, Any] = {
        key: {**now[key], **asked[key]} if isinstance(asked.get(key), Mapping) else asked.get(key, now.get(key))
        for key in config.RESUMABLE
        if key in now or key in asked
    }
    return {**moved(asked.get("sandbox") or known_tier(now)), **changes}
