"""Shell completion: names found with as few imports as they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from typer import Context

from godel.entry_points import installed

PACKAGE = Path(__file__).resolve().parents[1]
VERDICTS = ("accept", "hold", "reject", "revoke")


def scaffolds(incomplete: str) -> list[str]:
    return _starting(incomplete, {*_shipped("scaffolds/*/scaffold.toml"), *installed("godel.scaffolds")})


def tasks(incomplete: str) -> list[str]:
    return _starting(incomplete, _task_names())


def suites(incomplete: str) -> list[str]:
    from godel.tasks.suites import to_search

    return _starting(incomplete, to_search())


def targets(incomplete: str) -> list[str]:
    """What scaffolds can be measured on: what is reserved for transfer too."""
    from godel.tasks.suites import suites

    return _starting(incomplete, [*suites(), *_task_names()])


def presets(ctx: Context, incomplete: str) -> list[str]:
    """Those of the task that was given, or of every one."""
    given = ctx.params.get("task") or _task_names()
    given = [given] if isinstance(given, str) else given
    return _starting(incomplete, {preset for name in given for preset in _presets(name)})


def tiers(incomplete: str) -> list[str]:
    from godel.sandbox.choose import known

    return _starting(incomplete, known())


def verdicts(incomplete: str) -> list[str]:
    return _starting(incomplete, VERDICTS)


def formats(incomplete: str) -> list[str]:
    from .exporters import EXPORTERS

    return _starting(incomplete, EXPORTERS.names())


def selections(incomplete: str) -> list[str]:
    from godel.policies.selection import SELECTIONS

    return _starting(incomplete, SELECTIONS.names())


def acceptances(incomplete: str) -> list[str]:
    from godel.policies.acceptance import ACCEPTANCES

    return _starting(incomplete, ACCEPTANCES.names())


def settings(incomplete: str) -> list[str]:
    """KEY= for every setting of a run."""
    from godel.config import keys

    names = [key for key in keys() if key != "presets" and not key.startswith("options.")]
    names += [f"presets.{name}" for name in _task_names()] + list(_options())
    return _starting(incomplete, (f"{name}=" for name in names))


def resumable(incomplete: str) -> list[str]:
    """KEY= for what a resumption may change."""
    from godel.config import FIXED, RESUMABLE

    known = [key.removesuffix("=") for key in settings(incomplete)]
    return [f"{key}=" for key in known if key.partition(".")[0] in RESUMABLE and key not in FIXED]


def folders(incomplete: str) -> list[str]:
    """Runs below ./runs, and below what was typed so far."""
    typed = Path(incomplete).parent if incomplete else Path()
    runs = {str(path.parent) for base in (Path("runs"), typed) for path in base.glob("*/lineage.db")}
    return _starting(incomplete, runs)


def faults(incomplete: str) -> list[str]:
    """What goes wrong with the stand-in for a model."""
    from godel.gateway.scripted import ALL

    return _starting(incomplete, ALL)


def manners(incomplete: str) -> list[str]:
    """How the stand-in for a model differs from the API."""
    from godel.gateway.scripted.manners import ALL

    return _starting(incomplete, ALL)


def nodes(ctx: Context, incomplete: str) -> list[str]:
    """Roles, generations and, once something is typed, digests of the run that was given."""
    from godel.lineage.analysis.names import ROLES

    return _starting(incomplete, {*ROLES, *_recorded(ctx.params.get("folder"), bool(incomplete))})


def nodes_or_all(ctx: Context, incomplete: str) -> list[str]:
    return [*_starting(incomplete, ("all",)), *nodes(ctx, incomplete)]


def _recorded(folder: str | Path | None, digests: bool) -> Iterator[str]:
    from godel.lineage.analysis.names import SHORT
    from godel.lineage.errors import LineageError
    from godel.lineage.store import Store

    if not folder:
        return
    try:
        with Store.open(Path(folder) / "lineage.db", whole=False) as store:  # what is not read is not checked
            store.events()
            made = [each for each in store.generations() if each.child]
    except LineageError:  # the command itself will say what is wrong with it
        return
    yield from (f"g{each.index}" for each in made)
    yield from (each.child[:SHORT] for each in made if digests and each.child)


def _options() -> Iterator[str]:
    """The keys of the options of every policy that has a name."""
    from godel.policies.tables import tables

    for registry in tables():
        for policy in registry.described():
            yield from (f"options.{registry.key}.{option.name}" for option in policy.options)


def _task_names() -> list[str]:
    return [*_shipped("tasks/*/task.toml"), *installed("godel.tasks")]


def _shipped(manifests: str) -> list[str]:
    return [path.parent.name for path in PACKAGE.glob(manifests)]


def _presets(task: str) -> Iterable[str]:
    from godel.tasks import TaskError, find
    from godel.tasks.tables import read_table

    try:
        folder = find(task)
    except TaskError:
        return ()
    try:
        table = read_table(folder / "task.toml").get("presets")
    except (OSError, ValueError):
        return ()
    return table if isinstance(table, dict) else ()


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))
