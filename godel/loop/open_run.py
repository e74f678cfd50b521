"""A run that is opened to be worked on: its settings, its seed and its tasks as its own file has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from godel import config, consistency, local
from godel.config import Run
from godel.errors import ConfigError, RunFolderError, UsageError
from godel.gateway.call_log import MemoryCallLog
from godel.gateway.factory import open_gateway
from godel.lineage.analysis.lineage import resolve
from godel.lineage.records.events import TasksFixed
from godel.lineage.store import Store
from godel.lineage.store.recorded import damaged, intact
from godel.loop.executor import Executor
from godel.loop.preflight import check_packages
from godel.loop.records import Records
from godel.loop.run import Loop, Observer
from godel.loop.run_folder import FILE, tier_of
from godel.loop.schedule import Schedule
from godel.loop.supervised import Supervised
from godel.loop.worker import Services, Setup, Worker
from godel.policies.executors import DEFAULT, EXECUTORS
from godel.scaffold import Scaffold, Typical
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.tasks import Task, judging_version
from godel.tasks.record import from_bytes


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
        return Supervised(starts, self.setup, self.services)

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
        if "generations" in (changes or {}) and run.generations < (done := store.count() - 1):
            raise ConfigError(
                f"generations: {run.generations} is less than the {done} that are done; expected at least as many"
            )
        scaffold = stored_scaffold(store)
        setup = Setup(run, scaffold.editable, stored_tasks(folder, store))
        if not replay:  # a verification finds that out itself, and what else there is
            check_consistency(folder, store)
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


def check_consistency(folder: Path, store: Store) -> None:
    """That each record follows from those before it, unless that was found of the very same bytes before: what the
    loop appends follows by itself. Raises StoreDamaged."""
    if not store.standing.holds(consistency.CONSISTENT):
        for what in inconsistencies(folder, store):
            raise damaged(store.path, what)
        store.standing.note(consistency.CONSISTENT)


def stored_scaffold(store: Store) -> Scaffold:
    """The run's seed, from its own file."""
    seed = store.program(store.seed)
    with intact(store.path, "its scaffold"):
        about = store.config["scaffold"]
        typical = about.get("typical") and Typical(**about["typical"])
        return Scaffold(about["name"], "", seed, tuple(about["editable"]), False, "", typical=typical)


def stored_tasks(folder: Path, store: Store) -> dict[str, Task]:
    """The run's tasks, from its own file alone: a task may have changed since, or not be on this machine,
    and a path that a file names is not read."""
    with intact(store.path, "the record of its tasks"):
        if store.config["judging"] != judging_version():
            raise RunFolderError(
                f"{folder}: the library that judges share changed since the run began; "
                "its scores would not be comparable: use the version it began with, or launch a new run"
            )
    return recorded_tasks(store)


def recorded_tasks(store: Store) -> dict[str, Task]:
    """To look at: whether they would still be scored alike is not asked."""
    fixed = store.happened(TasksFixed)
    with intact(store.path, "the record of its tasks"):
        return {name: from_bytes(store.blob(key)) for name, key in fixed[0].tasks.items()}


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
    key = resolve(store, node)
    return [each.index for each in made if each.child == key][:1]
