"""What a program does with runs: launch one, go on with one, look at one, score and replay its scaffolds.

Typed and silent: nothing is printed, failures are exceptions (`godel.errors`), and whoever wants to know what
goes on gives a `Watch`. The command line is a layer over this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from godel import arguments, config, ruling
from godel.contract import Program
from godel.credit import edits
from godel.credit import session as measuring
from godel.credit.edits import EXTENT, ON_ITSELF, Extent
from godel.credit.session import DEFAULT, Asked
from godel.errors import ConfigError
from godel.lineage import Split
from godel.lineage.analysis.account import Account, account
from godel.lineage.analysis.imp import Measurement, measurements
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.loop import run_folder, session
from godel.loop.open_run import generations_of, opened
from godel.loop.replay import Replayer, Verdict
from godel.loop.session import SILENT, Watch

__all__ = [
    "Asked",
    "Extent",
    "RunRecord",
    "Watch",
    "experiment",
    "imp",
    "launch",
    "open_run",
    "replay",
    "report",
    "resume",
    "rule",
]


class RunRecord:
    """A run's file, open to be read: config, lineage and sources. Close it, or use it as a context."""

    def __init__(self, folder: Path) -> None:
        """Raises StoreError: no such run, or one that is damaged."""
        self.folder = folder
        self.store = Store.open(folder / run_folder.FILE)
        self.lineage = Lineage.of(self.store)

    @property
    def config(self) -> dict[str, Any]:
        """As the run was created."""
        return self.store.config

    @property
    def seed(self) -> str:
        """The node that the run began with."""
        return self.store.seed

    @property
    def best(self) -> str | None:
        """The kept node with the greatest mean score on the search split; None before the seed is scored."""
        return self.lineage.best

    def utility(self, node: str, split: Split = Split.SEARCH) -> float | None:
        """The mean over tasks of the mean score of a node, which goes by hash, number or role (`g7`, `best`)."""
        return self.lineage.nodes[self.node(node)].utility.get(arguments.choice("split", split, Split))

    def node(self, node: str) -> str:
        """The hash of what `node` names: a hash's beginning, a generation (`g7`), `seed` or `best`. Raises NodeUnknown,
        NodeAmbiguous."""
        return self.lineage.resolve(arguments.text("node", node))

    def program(self, node: str) -> Program:
        """A node's source. Raises NodeUnknown, NodeAmbiguous."""
        return self.store.program(self.node(node))

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> RunRecord:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_run(folder: Path | str) -> RunRecord:
    """A run, to be looked at. Nothing is run, sent or written for it. Raises StoreError."""
    return RunRecord(arguments.path("folder", folder))


def launch(
    folder: Path | str, run: config.Run | None = None, *, watch: Watch = SILENT, report: bool = True, **settings: Any
) -> RunRecord:
    """Start a run in a new `folder`, and work on it until its last generation; then, unless `report` is False,
    score its seed and its best on the held-out split. Settings are those of `godel settings`, nested as in a
    configuration file: `launch("runs/1", tasks=["maxcut"], generations=40, improve={"calls": 20})`.

    Raises UsageError, TaskError, SandboxError; Stopped, when it can be resumed."""
    folder = arguments.path("folder", folder)
    run = _run(settings) if run is None else arguments.instance("run", run, config.Run, "a godel.config.Run")
    session.begin(folder, run, _watch(watch))
    return _worked(folder, {}, watch, report, ready=True)


def resume(
    folder: Path | str, *, watch: Watch = SILENT, report: bool = True, as_recorded: bool = False, **changes: Any
) -> RunRecord:
    """Go on with a run: stopped, killed, or to have more generations. `changes`: generations, workers, sandbox,
    budget. `as_recorded`: follow addresses and policies that somebody else's file names."""
    config.check_resumable(changes)
    return _worked(arguments.path("folder", folder), changes, watch, report, follow=as_recorded)


def report(
    folder: Path | str,
    nodes: str | Iterable[str] = ("seed", "best"),
    split: Split = Split.HELD_OUT,
    *,
    watch: Watch = SILENT,
    as_recorded: bool = False,
    **changes: Any,
) -> RunRecord:
    """Score scaffolds of a run on instances that neither they nor their selection have seen. Raises UsageError when
    the sealed split was opened before."""
    config.check_resumable(changes)
    folder, names = arguments.path("folder", folder), arguments.texts("nodes", nodes)
    split = arguments.choice("split", split, Split)
    with opened(folder, changes, follow=as_recorded) as run, _watch(watch).work("report", folder):
        lineage = Lineage.growing(run.store)
        trees = [lineage.resolve(name) for name in names]
        session.prepare(run.pool.tier, watch)
        session.scored(run, trees, split, watch)
    return open_run(folder)


def imp(
    folder: Path | str, asked: Asked = DEFAULT, *, watch: Watch = SILENT, as_recorded: bool = False, **changes: Any
) -> Measurement:
    """Measure how much frozen scaffolds of a run improve programs, and record it there; all that the run then holds of
    these scaffolds, this k and these targets. Raises UsageErrors, TaskError; Stopped, when it can be gone on with."""
    config.check_resumable(changes)
    folder, asked = arguments.path("folder", folder), arguments.instance("asked", asked, Asked, "a godel.Asked")
    asking = measuring.imp(folder, asked, _watch(watch), as_recorded, changes)
    with open_run(folder) as run:
        return asking.of(measurements(run.lineage))


def experiment(
    folder: Path | str,
    asked: Asked = ON_ITSELF,
    extent: Extent = EXTENT,
    *,
    watch: Watch = SILENT,
    as_recorded: bool = False,
    **changes: Any,
) -> Account:
    """Measure what the self-edits of a run are worth: each taken back, each alone, and pairs of them; record it there.
    All that the run then says of its edits. Raises what `imp` raises."""
    config.check_resumable(changes)
    folder, asked = arguments.path("folder", folder), arguments.instance("asked", asked, Asked, "a godel.Asked")
    extent = arguments.instance("extent", extent, Extent, "a godel.Extent")
    edits.experiment(folder, asked, extent, _watch(watch), as_recorded, changes)
    with open_run(folder) as run:
        return account(run.lineage)


def replay(
    folder: Path | str, node: str = "best", *, watch: Watch = SILENT, as_recorded: bool = False, **changes: Any
) -> list[Verdict]:
    """Make the generation that made `node` again from its recorded replies, and compare; every one with "all"."""
    folder, node = arguments.path("folder", folder), arguments.text("node", node)
    with opened(folder, changes, replay=True, follow=as_recorded) as run:
        session.prepare(run.pool.tier, _watch(watch))
        with Replayer(run, session.Nobody()) as replayer:
            return [replayer.verify(index) for index in generations_of(run.store, node)]


def rule(folder: Path | str, node: str, verdict: str, reason: str, by: str) -> RunRecord:
    """Accept, reject, hold or revoke a scored child. The ruling is appended to the records. Raises UsageError."""
    folder = arguments.path("folder", folder)
    given = {"node": node, "verdict": verdict, "reason": reason, "by": by}
    node, verdict, reason, by = (arguments.text(name, each) for name, each in given.items())
    ruling.rule(folder / run_folder.FILE, node, verdict, reason, by)
    return open_run(folder)


def _run(settings: Mapping[str, Any]) -> config.Run:
    """Raises ConfigError, UnknownName."""
    for key in settings:
        outer, dot, inner = key.partition(".")
        if dot:
            raise ConfigError(f'launch: {key}: expected settings nested, as in {outer}={{"{inner}": …}}')
    return config.validate(settings, "launch")


def _watch(given: object) -> Watch:
    return arguments.instance("watch", given, Watch, "a godel.Watch")


def _worked(
    folder: Path, changes: Mapping[str, Any], watch: Watch, report: bool, *, ready: bool = False, follow: bool = False
) -> RunRecord:
    with opened(folder, changes, follow=follow) as run, _watch(watch).work("resume", folder):
        if not ready:
            session.prepare(run.pool.tier, watch)
        session.go_on(run, watch, reported=report)
    return open_run(folder)
