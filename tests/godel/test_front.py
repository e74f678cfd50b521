"""The front door, `import godel`: launch, look, go on, report, replay and rule from a program, typed and silent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from runs import Quiet, tier_or_skip

import godel
from godel.errors import ConfigError, UnknownName, UsageError
from godel.lineage import Split, Status
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.errors import NodeUnknown, StoreMissing
from godel.loop.open_run import OpenRun
from godel.loop.replay import Verdict
from godel.loop.run import Observer
from godel.sandbox import TierMissing
from godel.stopwatch import Stopwatch
from godel.tasks import TaskError

SETTINGS: dict[str, Any] = {
    "tasks": ["online_bin_packing"],
    "sandbox": "bubblewrap",
    "generations": 2,
    "workers": 2,
    "secret": "tests",
    "acceptance": "any",
    "improve": {"calls": 6},
    "scoring": {"search_seeds": 2, "held_out_seeds": 1},
}
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]


class Watching(godel.Watch):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.seen, self.phases = Quiet(), list[str]()

    @contextmanager
    def phase(self, what: str) -> Iterator[Callable[[str], None]]:
        self.phases.append(what)
        yield lambda line: None

    @contextmanager
    def generations(self, run: OpenRun, lineage: Lineage, stopwatch: Stopwatch) -> Iterator[Observer]:
        yield self.seen


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two generations, without a report."""
    tier_or_skip("bubblewrap")
    folder = tmp_path_factory.mktemp("runs") / "run"
    watch = Watching()
    with godel.launch(folder, **SETTINGS, watch=watch, report=False) as run:
        assert run.folder == folder and len(run.lineage.generations) == 3
        assert run.utility("seed", Split.HELD_OUT) is None, "nothing was reported"
    assert watch.seen.indices == [0, 1, 2]
    assert watch.phases == ["preparing bubblewrap", "trying the tasks and the scaffold once"]
    return folder


@pytest.fixture
def folder(launched: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(launched, tmp_path / "run"))


def test_a_run_is_looked_at(launched: Path) -> None:
    with godel.open_run(str(launched)) as run:
        first = run.lineage.generations[0]
        assert run.seed == first.child and run.program("seed").digest == run.seed == run.node("g0")
        assert run.best in {each.child for each in run.lineage.generations}
        assert run.config["run"]["generations"] == 2
        assert isinstance(run.utility("best"), float) and run.utility("best", Split("search")) == run.utility("best")


def test_a_run_goes_on_and_stays_where_it_was_last_taken(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    watch = Watching()
    with godel.resume(folder, generations=4, watch=watch, report=False) as run:
        assert len(run.lineage.generations) == 5
    assert watch.seen.indices == [3, 4]
    with godel.resume(folder, report=False) as run:
        assert len(run.lineage.generations) == 5, "on to the number that it was last asked for"
    with pytest.raises(ConfigError, match="generations: 3 is less than the 4 that are done; expected at least as many"):
        godel.resume(folder, generations=3)
    with godel.report(folder) as run:
        assert isinstance(run.utility("seed", Split.HELD_OUT), float)
        assert isinstance(run.utility("best", Split.HELD_OUT), float)
    assert capfd.readouterr() == ("", "")


def test_a_number_that_was_asked_for_and_not_reached_is_gone_on_to(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="enough"):
        godel.resume(folder, generations=4, watch=Enough(), report=False)
    with godel.resume(folder, report=False) as run:
        assert len(run.lineage.generations) == 5


class Enough(Watching):
    """Ends a session by force, as soon as it has begun."""

    @contextmanager
    def generations(self, run: OpenRun, lineage: Lineage, stopwatch: Stopwatch) -> Iterator[Observer]:
        with super().generations(run, lineage, stopwatch) as seen:
            seen.started = Enough.end  # type: ignore[method-assign]
            yield seen

    @staticmethod
    def end(index: int, parent: str) -> None:
        raise RuntimeError("enough")


def test_one_name_is_one_node_and_every_split_is_named(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with godel.report(folder, "seed", Split("held-out")) as run:
        assert isinstance(run.utility("seed", Split.HELD_OUT), float)
    with godel.report(folder, ["seed"], Split.SEALED) as run:
        assert isinstance(run.utility("seed", Split.SEALED), float)
        other = next(node for node in run.lineage.nodes if node != run.seed)
    with pytest.raises(UsageError, match="the sealed split was opened already"):
        godel.report(folder, [other, "seed"], Split.SEALED)
    assert capfd.readouterr() == ("", "")


def test_generations_are_made_again(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    verdicts = godel.replay(folder, "all")
    assert [type(each) for each in verdicts] == [Verdict] * 3
    assert not any(each.differences for each in verdicts)
    assert [each.generation.index for each in godel.replay(folder, "seed")] == [0]
    assert capfd.readouterr() == ("", "")


def test_somebody_rules(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with godel.open_run(folder) as run:
        child = next(each for each in run.lineage.generations[1:] if each.status is Status.ACCEPTED)
    with godel.rule(folder, f"g{child.index}", "revoke", "it cheats", "a reader") as run:
        ruling = run.lineage.generations[child.index].rulings[-1]
    assert (ruling.verdict, ruling.reason, ruling.by) == ("revoked", "it cheats", "person:a reader")
    assert capfd.readouterr() == ("", "")


door: Any = godel
"""As a program has it that nobody has checked the types of."""
ODD: list[tuple[Callable[[Path], object], type[Exception], str]] = [
    (lambda run: door.open_run(5), ConfigError, "folder: expected a path, as text or a Path; given: 5"),
    (lambda run: door.open_run(""), ConfigError, "folder: expected a path, as text or a Path; given: ''"),
    (lambda run: door.open_run("a\0b"), ConfigError, "folder: expected a path"),
    (lambda run: door.open_run(run / "not"), StoreMissing, "no such run"),
    (
        lambda run: door.launch(run / "x", tasks="maxcut"),
        ConfigError,
        'tasks: expected a list, such as tasks=["maxcut"]',
    ),
    (lambda run: door.launch(run / "x", tasks=["no"]), TaskError, "no task 'no'"),
    (
        lambda run: door.launch(run / "x", generation=3),
        UnknownName,
        "unknown key in launch 'generation'; did you mean",
    ),
    (lambda run: door.launch(run / "x", generations="3"), ConfigError, "generations: expected a whole number"),
    (lambda run: door.launch(run / "x", **{"improve.calls": 3}), ConfigError, 'nested, as in improve={"calls": …}'),
    (lambda run: door.launch(run / "x", {"tasks": []}), ConfigError, "run: expected a godel.config.Run; given: {"),
    (lambda run: door.launch(run / "x", sandbox="none"), TierMissing, "unknown sandbox tier 'none'"),
    (lambda run: door.launch(run, **SETTINGS), UsageError, "is a run already"),
    (
        lambda run: door.launch(run / "x", **SETTINGS, watch=None),
        ConfigError,
        "watch: expected a godel.Watch; given: N",
    ),
    (lambda run: door.resume(run, generations="3"), ConfigError, "generations: expected a whole number"),
    (lambda run: door.resume(run, generations=None), ConfigError, "generations: expected a whole number"),
    (lambda run: door.resume(run, tasks=["maxcut"]), ConfigError, "a resumption can't change tasks"),
    (lambda run: door.resume(run, generations=1), ConfigError, "is less than the 2 that are done"),
    (lambda run: door.resume(run, watch=print), ConfigError, "watch: expected a godel.Watch; given: <built-in"),
    (lambda run: door.report(run, split="nope"), ConfigError, "split: expected search or held-out or sealed; given:"),
    (lambda run: door.report(run, 5), ConfigError, "nodes: expected a text, or several; given: 5"),
    (lambda run: door.report(run, ["seed", 5]), ConfigError, "nodes: expected text; given: 5"),
    (lambda run: door.report(run, "sead"), NodeUnknown, "sead"),
    (lambda run: door.replay(run, 1), ConfigError, "node: expected text; given: 1"),
    (lambda run: door.replay(run, "g9"), NodeUnknown, "no generation 9"),
    (lambda run: door.replay(run, "seed", nothing=1), UsageError, "nothing"),
    (
        lambda run: door.rule(run, "g1", "acept", "why", "me"),
        UnknownName,
        "unknown verdict 'acept'; did you mean accept",
    ),
    (
        lambda run: door.rule(run, "g1", ["accept"], "why", "me"),
        ConfigError,
        "verdict: expected text; given: ['accept']",
    ),
    (lambda run: door.rule(run, "g1", "accept", None, "me"), ConfigError, "reason: expected text; given: None"),
    (lambda run: door.open_run(run).utility("best", "nope"), ConfigError, "split: expected search or held-out or"),
    (lambda run: door.open_run(run).utility("g99"), NodeUnknown, "no generation 99"),
    (lambda run: door.open_run(run).program(3), ConfigError, "node: expected text; given: 3"),
]


@pytest.mark.parametrize(("use", "kind", "says"), ODD, ids=[says[:40] for *_, says in ODD])
def test_odd_arguments_are_told_in_one_line(
    launched: Path, use: Callable[[Path], object], kind: type[Exception], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(kind) as caught:
        use(launched)
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
