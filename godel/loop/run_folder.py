"""A run's folder: what a run needs to begin, and how the folder comes to be, whole or not at all."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import godel
from godel import local
from godel import tasks as task_folders
from godel.called import command
from godel.config import Run
from godel.errors import RunFolderError, ScaffoldError, UnknownName, UsageError
from godel.gateway.checks import check_models, dollar_budgets, with_full_names
from godel.gateway.redact import leaked_variable
from godel.lineage.records.events import SeedChosen, TasksFixed
from godel.lineage.store import Store
from godel.lineage.store.codec import dumps
from godel.loop.preflight import check_packages, check_tasks
from godel.policies.chosen import chosen
from godel.policies.executors import DEFAULT, EXECUTORS
from godel.sandbox import Tier
from godel.sandbox.choose import choose
from godel.scaffold import Scaffold
from godel.scaffold import load as load_scaffold
from godel.scoring.references import MemoryShelf
from godel.seeds import installation_secret
from godel.tasks import Task, judging_version
from godel.tasks.record import to_bytes
from godel.tasks.suites import suites

FILE = "lineage.db"


def load_tasks(run: Run) -> dict[str, Task]:
    """By name. Raises TaskError, UnknownName (a suite), UsageError (a name twice, a task that is reserved)."""
    names = [name for given in run.tasks for name in _suite(given)]
    tasks = [task_folders.load(name, run.presets.get(Path(name).name)) for name in names]
    by_name = {task.name: task for task in tasks}
    if len(by_name) < len(tasks):
        raise UsageError(f"a task is given twice: {', '.join(task.name for task in tasks)}")
    if reserved := [task.name for task in tasks if task.reserved]:
        raise UsageError(
            f"{', '.join(reserved)}: reserved for transfer, so no run may search on it; expected other tasks "
            "(godel tasks list shows them)"
        )
    for name in run.presets.keys() - by_name.keys():
        raise UnknownName("task in presets", name, by_name)
    return by_name


def _suite(given: str) -> tuple[str, ...]:
    kind, colon, name = given.partition(":")
    if kind != "suite" or not colon:
        return (given,)
    if name not in suites():
        raise UnknownName("suite", name, suites())
    return suites()[name]


@dataclass(frozen=True)
class Plan:
    """A run that could begin. `run` is complete: its secret, its tier, its models."""

    run: Run
    scaffold: Scaffold
    tasks: dict[str, Task]


def create(folder: Path, run: Run) -> None:
    """Make `folder` a run that `work` can start, of which nothing was tried before. Raises what `planned` and
    `write` raise."""
    write(folder, planned(run))


def planned(run: Run) -> Plan:
    """`run`, with everything checked that can be without running anything. Raises UsageErrors, TaskError,
    SandboxError."""
    if name := leaked_variable(dumps({**run.model_dump(mode="json"), "secret": ""})):
        raise UsageError(
            f"a setting holds what the variable {name} holds, which may be a key; settings are recorded, "
            "keys never: leave it out"
        )
    chosen(run)
    EXECUTORS.make(run.executor or DEFAULT, run.options.executor)
    scaffold = load_scaffold(run.scaffold)
    run = with_models(with_self_calls(run, scaffold))
    if scaffold.needs_model and not run.model.names:
        raise ScaffoldError(
            f"{run.scaffold}: needs a language model, and this run has none: give one with "
            "--model, or try --scaffold mutation"
        )
    tasks = load_tasks(run)
    check_tasks(tasks.values())
    with closing(tier_of(run)) as tier:
        check_packages(tasks.values(), tier)
        run = run.model_copy(update={"secret": run.secret or installation_secret(), "sandbox": tier.name})
    return Plan(run, scaffold, tasks)


def check_new(folder: Path) -> None:
    """Raises RunFolderError where `folder` is a run, or can't be one."""
    if (folder / FILE).exists():
        raise RunFolderError(f"{folder} is a run already; choose another folder, or go on: {command('resume', folder)}")
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise RunFolderError(f"{folder}: {there} is no folder that can be written; choose another folder")


def write(folder: Path, plan: Plan, measured: MemoryShelf | None = None) -> None:
    """Make `folder` the planned run, whole or not at all, with the baselines that were `measured` so far.
    Raises RunFolderError, StoreError."""
    check_new(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".new-", dir=folder) as draft:
            _fill(Path(draft) / FILE, plan, measured or MemoryShelf())
            _put(Path(draft) / FILE, folder)
    except OSError as error:
        raise RunFolderError(f"{folder}: {error.strerror}; expected a folder that can be written") from None
    finally:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _fill(file: Path, plan: Plan, measured: MemoryShelf) -> None:
    """A run in which nothing has happened."""
    scaffold, typical = plan.scaffold, plan.scaffold.typical
    about = {
        "godel": godel.__version__,
        "run": local.split(plan.run.model_dump(mode="json"))[0],
        **local.record(plan.run),
        "scaffold": {
            "name": scaffold.name,
            "editable": list(scaffold.editable),
            "typical": typical and typical.model_dump(),
        },
        "tasks": {task.name: task.version for task in plan.tasks.values()},
        "judging": judging_version(),
    }
    with Store.create(file, about) as store:
        store.event(SeedChosen(store.put_program(plan.scaffold.program)))
        store.event(TasksFixed({task.name: store.put_blob(to_bytes(task)) for task in plan.tasks.values()}))
        measured.copy_to(store)


def _put(file: Path, folder: Path) -> None:
    """`file` as the run's, if no other process was first."""
    try:
        (folder / FILE).hardlink_to(file)
    except FileExistsError:
        check_new(folder)
        raise
    except OSError:  # a file system without hard links
        check_new(folder)
        file.rename(folder / FILE)


def with_self_calls(run: Run, scaffold: Scaffold) -> Run:
    """With as many as the scaffold asks for, where the run does not say."""
    if "self_calls" in run.improve.model_fields_set or not scaffold.self_calls:
        return run
    return run.model_copy(update={"improve": run.improve.model_copy(update={"self_calls": scaffold.self_calls})})


def with_models(run: Run) -> Run:
    """With its models as they will be asked. Raises UsageErrors: a name, a key or a price is missing."""
    if not run.model.names and not run.model.api_base:
        return run
    models = with_full_names(run.model)
    check_models(models, dollar_budgets(run.budget, run.improve.model))
    return run.model_copy(update={"model": models})


def tier_of(run: Run) -> Tier:
    return choose(run.sandbox or None, {"runtime": run.runtime} if run.runtime else {})
