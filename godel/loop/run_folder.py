"""A run's folder: how it comes to be, and how it is opened to be worked on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import godel
from godel import config, consistency, local
from godel import tasks as task_folders
from godel.called import command
from godel.config import Run
from godel.errors import RunFolderError, ScaffoldError, UnknownName, UsageError
from godel.gateway.call_log import MemoryCallLog
from godel.gateway.checks import check_models, dollar_budgets, with_full_names
from godel.gateway.factory import open_gateway
from godel.gateway.redact import leaked_variable
from godel.lineage.codec import dumps
from godel.lineage.recorded import damaged, intact
from godel.lineage.records.events import SeedChosen, TasksFixed
from godel.lineage.store import Store
from godel.loop.executor import Executor
from godel.loop.preflight import check_packages, check_tasks
from godel.loop.records import Records
from godel.loop.run import Loop, Observer
from godel.loop.schedule import Schedule
from godel.loop.worker import Services, Setup, Worker
from godel.policies.chosen import chosen
from godel.policies.executors import DEFAULT, EXECUTORS
from godel.sandbox import Tier
from godel.sandbox.choose import choose
from godel.scaffold import Scaffold
from godel.scaffold import load as load_scaffold
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.seeds import installation_secret
from godel.tasks import Task, judging_version
from godel.tasks.record import from_bytes, to_bytes
from godel.tasks.suites import suites

FILE = "lineage.db"


def load_tasks(run: Run) -> dict[str, Task]:
    """By name. Raises TaskError, UnknownName (a suite), UsageError (a name twice)."""
    names = [name for given in run.tasks for name in _suite(given)]
    tasks = [task_folders.load(name, run.presets.get(Path(name).name)) for name in names]
    by_name = {task.name: task for task in tasks}
    if len(by_name) < len(tasks):
        raise UsageError(f"a task is given twice: {', '.join(task.name for task in tasks)}")
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
    run = with_models(run)
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
    about = {
        "godel": godel.__version__,
        "run": local.split(plan.run.model_dump(mode="json"))[0],
        **local.record(plan.run),
        "scaffold": {"name": plan.scaffold.name, "editable": list(plan.scaffold.editable)},
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


def with_models(run: Run) -> Run:
    """With its models as they will be asked. Raises UsageErrors: a name, a key or a price is missing."""
    if not run.model.names and not run.model.api_base:
        return run
    models = with_full_names(run.model)
    check_models(models, dollar_budgets(run.budget, run.improve.model))
    return run.model_copy(update={"model": models})


@dataclass(frozen=True)
class OpenRun:
    """A run with everything it needs to be worked on: what its orders have in common, its seed, its records, and
    what workers share."""

    setup: Setup
    scaffold: Scaffold
    store: Store
    services: Services

    @property
    def config(self) -> Run:
        return self.setup.run

    @property
    def tasks(self) -> Mapping[str, Task]:
        return self.setup.tasks

    @property
    def pool(self) -> Pool:
        return self.services.pool

    def worker(self) -> Worker:
        return Worker(self.setup, self.services)

    def executor(self) -> Executor:
        """As the run's settings have it. Raises UsageError."""
        starts = EXECUTORS.make(self.config.executor or DEFAULT, self.config.options.executor)
        return starts.start(self.setup, self.services)

    def records(self) -> Records:
        return Records(self.store)

    def schedule(self, records: Records) -> Schedule:
        return Schedule(self.setup, self.scaffold.program, records)

    def loop(self, observer: Observer, executor: Executor | None = None, records: Records | None = None) -> Loop:
        """From where the run stands, by its own executor or another one."""
        records, executor = records or self.records(), executor or self.executor()
        return Loop(self.schedule(records), records, executor, observer)


@contextmanager
def opened(
    folder: Path, changes: Mapping[str, Any] | None = None, *, replay: bool = False, follow: bool = False
) -> Iterator[OpenRun]:
    """A run, to be worked on. `changes` are to keys that a resumption may change
    (generations, workers, budget, model, sandbox and runtime). For a `replay` the store is only read, references
    are measured anew, and models answer from the records alone. With `follow`, addresses and the
    like are followed even where somebody else recorded them (see `local`). Raises StoreError, TaskError,
    UsageError, SandboxError."""
    with Store.open(folder / FILE, writable=not replay) as store:
        run = settings(folder, store, changes or {}, follow, offline=replay)
        scaffold = stored_scaffold(store)
        setup = Setup(run, scaffold.editable, stored_tasks(folder, store))
        if not replay:  # a verification finds that out itself, and what else there is
            for what in inconsistencies(folder, store):
                raise damaged(store.path, what)
        log = MemoryCallLog(store) if replay else store
        shelf = MemoryShelf([] if replay else store.baselines())
        with (
            closing(tier_of(run)) as tier,
            Pool(tier) as pool,
            open_gateway(run.model, run.budget, log, offline=replay) as gateway,
            closing(References(pool, shelf)) as references,
        ):
            check_packages(setup.tasks.values(), tier)
            yield OpenRun(setup, scaffold, store, Services(pool, references, gateway))


def settings(
    folder: Path, store: Store, changes: Mapping[str, Any], follow: bool, offline: bool, fixed: bool = True
) -> Run:
    """A run's configuration as it is now to be used; `fixed`: with the models that it had. Raises UsageError,
    and StoreDamaged for one that is none."""
    with intact(store.path, "its configuration"):
        begun = config.validate(local.split(store.config["run"])[0], str(folder / FILE))
    now = config.validate(local.settled(folder, store, changes, follow, offline), str(folder / FILE))
    if fixed:
        _check_models(folder, begun, now)
    return now


def inconsistencies(folder: Path, store: Store) -> Iterator[str]:
    """One line for each record that does not follow from those before it; see `consistency`."""
    with intact(store.path, "its configuration"):
        run = config.validate(local.split(store.config["run"])[0], str(folder / FILE))
    yield from consistency.findings(store, run, stored_tasks(folder, store))


def stored_scaffold(store: Store) -> Scaffold:
    """The run's seed, from its own file."""
    seed = store.program(store.seed)
    with intact(store.path, "its scaffold"):
        about = store.config["scaffold"]
        return Scaffold(about["name"], "", seed, tuple(about["editable"]), False, "")


def stored_tasks(folder: Path, store: Store) -> dict[str, Task]:
    """The run's tasks, from its own file alone: a task may have changed since, or not be on this machine,
    and a path that a file names is not read."""
    fixed = store.happened(TasksFixed)
    with intact(store.path, "the record of its tasks"):
        if store.config["judging"] != judging_version():
            raise RunFolderError(
                f"{folder}: the library that judges share changed since the run began; "
                "its scores would not be comparable: use the version it began with, or launch a new run"
            )
        return {name: from_bytes(store.blob(key)) for name, key in fixed[0].tasks.items()}


def tier_of(run: Run) -> Tier:
    return choose(run.sandbox or None, {"runtime": run.runtime} if run.runtime else {})


def _check_models(folder: Path, begun: Run, now: Run) -> None:
    """How a run's models are reached may change, but not which they are and how they are chosen."""
    for key in config.FIXED:
        name = key.removeprefix("model.")
        if getattr(begun.model, name) != getattr(now.model, name):
            raise UsageError(
                f"{folder}: a resumption can't change {key}: what was scored would not be comparable; "
                "launch a new run for that"
            )


def generations_of(store: Store, node: str) -> list[int]:
    """The generation that made `node`; with "all", every one, those without a child too."""
    made = store.generations()
    if node == "all":
        return [each.index for each in made]
    key = store.resolve(node)
    return [each.index for each in made if each.child == key][:1]
