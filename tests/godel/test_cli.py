"""What every command has in common: help, completion, errors in one line, JSON, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, complaint, godel, recorded_run, variables

from godel.cli import complete
from godel.config import RESUMABLE
from godel.lineage.analysis.lineage import resolve
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

COMMANDS = [
    (),
    ("demo",),
    ("launch",),
    ("resume",),
    ("status",),
    ("report",),
    ("replay",),
    ("verify",),
    ("settings",),
    ("lineage",),
    *(("lineage", name) for name in ("tree", "show", "diff", "path", "edits", "export")),
    ("tasks",),
    *(("tasks", name) for name in ("list", "show", "run", "check")),
    ("scaffolds",),
    ("scaffolds", "list"),
    ("scaffolds", "show"),
    ("sandbox",),
    ("model",),
    *(("model", name) for name in ("check", "serve")),
    *(("sandbox", name) for name in ("doctor", "build", "list", "clean")),
]
HEAVY = {"pydantic", "numpy", "scipy", "networkx", "docker", "libcst", "litellm", "torch", "rich", "sqlite3", "asyncio"}
IMPORTED = """
import sys
from godel.cli import run
code = run(sys.argv[1:])
print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `run` is a recorded run, for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("home")
    recorded_run(folder / "run")
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_and_comes_without_heavy_imports(command: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *command, "--help"],
        env=variables(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: {' '.join(('godel', *command))} ")
    imported = set(done.stderr.splitlines()[-1].split()[1:])
    assert "typer" in imported and not imported & HEAVY
    for line in done.stdout.splitlines():
        assert len(line) <= 80
        assert line.startswith("Usage:") or not line.endswith("..."), "a summary that was cut"


def test_the_exit_codes_are_documented(tmp_path: Path) -> None:
    text = godel("--help", cwd=tmp_path).stdout
    assert [line.split()[0] for line in text.split("Exit codes:")[1].splitlines() if line.strip()] == [
        "0",
        "1",
        "2",
        "3",
        "130",
    ]


def test_without_arguments_it_shows_its_help(tmp_path: Path) -> None:
    assert godel(cwd=tmp_path).stdout == godel("--help", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("godel lau", "launch"),
        ("godel lineage e", "edits"),
        ("godel launch --scaffold m", "mutation"),
        ("godel tasks show max", "maxcut"),
        ("godel launch --selection d", "dgm"),
        ("godel sandbox doctor --sandbox b", "bubblewrap"),
        ("godel status runs/", "runs/one"),
        ("godel launch --suite ch", "cheap"),
        ("godel launch improve.ca", "improve.calls="),
        ("godel launch presets.max", "presets.maxcut="),
        ("godel demo sel", "selection="),
        ("godel launch options.pr", "options.pruning.gain="),
        ("godel launch options.selection.st", "options.selection.steepness="),
        ("godel resume runs/one budget.e", "budget.evaluations="),
        ("godel tasks run maxcut --preset l", "large"),
        ("godel tasks check maxcut byte_lm --preset sm", "small"),
        ("godel replay runs/one best --task maxcut --preset l", "large"),
        ("godel replay runs/one best --sandbox d", "docker"),
        ("godel replay runs/one al", "all"),
        ("godel lineage show runs/one b", "best"),
        ("godel lineage show runs/one g", "g2"),
        ("godel lineage diff runs/one g1 g", "g2"),
        ("godel report runs/one g", "g1"),
        ("godel imp runs/one --on micr", "micro"),
        ("godel imp runs/one g", "g1"),
        ("godel imp runs/one --scaffold mut", "mutation"),
    ],
)
def test_the_shell_completes(typed: str, expected: str, tmp_path: Path) -> None:
    recorded_run(tmp_path / "runs" / "one")
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    done = godel(cwd=tmp_path, _GODEL_COMPLETE="complete_bash", **words)
    assert expected in done.stdout.split()


def test_the_shell_completes_the_digests_of_nodes(home: Path) -> None:
    with Store.open(home / "run" / FILE) as store:
        best = resolve(store, "best")[:8]
    words = {"COMP_WORDS": f"godel lineage show run {best[:2]}", "COMP_CWORD": "4"}
    assert best in godel(cwd=home, _GODEL_COMPLETE="complete_bash", **words).stdout.split()


def test_what_is_completed_is_what_there_is(home: Path) -> None:
    found = complete.resumable("")
    assert {"budget.cpu_s=", "budget.dollars=", "generations=", "model.api_base=", "sandbox=", "workers="} <= {*found}
    assert {key.partition("=")[0].partition(".")[0] for key in found} == {*RESUMABLE} and "model.names=" not in found
    formats = complaint(godel("lineage", "export", "run", "--format", "qqqq", cwd=home))
    assert formats.endswith(f"there are: {', '.join(sorted(complete.formats('')))}")
    assert complete.suites("") == ["cheap", "core", "micro", "weak_improver"]


@pytest.mark.parametrize("run", ["nowhere", "damaged"])
def test_nothing_is_said_where_nothing_can_be_completed(run: str, tmp_path: Path) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / FILE).write_text("no run")
    words = {"COMP_WORDS": f"godel lineage show {run} g", "COMP_CWORD": "4"}
    done = godel(cwd=tmp_path, _GODEL_COMPLETE="complete_bash", **words)
    assert (done.stdout.split(), done.stderr) == ([], "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("launc",), "Did you mean 'launch'?"),
        (("status",), "Missing argument 'FOLDER'; see godel status --help"),
        (("lineage",), "Missing command; see godel lineage --help"),
        (("launch", "--generations", "many"), "--generations: expected"),
        (("launch", "--sandbox", "none"), "unknown sandbox tier 'none'; there are: docker, bubblewrap"),
        (("launch", "--sandbox", "dcker"), "unknown sandbox tier 'dcker'; did you mean docker?"),
        (("demo", "--sandbox", "bubble"), "unknown sandbox tier 'bubble'; did you mean bubblewrap?"),
        (("sandbox", "doctor", "--sandbox", "Docker"), "did you mean docker?"),
        (("launch", "a", "b"), "one folder at most, given: a, b"),
        (("launch", "--scaffold", "mutatoin"), "unknown scaffold 'mutatoin'; did you mean mutation"),
        (("launch", "--scaffold", "stop"), "needs a language model, and this run has none: give one with --model"),
        (("launch", "--scaffold", "stop", "--model", "openai/gpt-4o"), "no key: set OPENAI_API_KEY, or run without"),
        (("launch", "--model", "gpt-4oo"), "unknown model 'gpt-4oo'; did you mean gpt-4o"),
        (("launch", "--api-base", "http://127.0.0.1:9/v1"), "http://127.0.0.1:9/v1: nobody answers there ("),
        (("launch", "budget.dollars=0"), "budget.dollars: expected a number from 1e-06 to 1,000,000,000; given: 0"),
        (("launch", "--task", "maxcutt"), "no task 'maxcutt', and no folder of that name"),
        (("launch", "--suite", "cheep"), "unknown suite 'cheep'; did you mean cheap?"),
        (("launch", "--selection", "bets"), "unknown selection 'bets'; did you mean best?"),
        (("launch", "--acceptance", "strickt"), "unknown acceptance 'strickt'; did you mean strict?"),
        (("launch", "pruning=lest_gain"), "unknown pruning 'lest_gain'; did you mean least_gain?"),
        (("launch", "model.choice=ucb"), "unknown model choice 'ucb'; did you mean ucb1?"),
        (("launch", "gate=['smok']"), "unknown gate rung 'smok'; there are: numbers_only"),
        (("launch", "--selection", "no_such_module:X"), "no_such_module can't be imported: ModuleNotFoundError: No mo"),
        (("launch", "--acceptance", "os:system"), "expected a class with decide; given: a builtin_function_or_method"),
        (("launch", "selection=dgm", "options.selection.steepnes=1"), "'steepnes'; did you mean steepness?"),
        (("launch", "options.selection.steepness=1"), "selection 'best' has no options; given: steepness"),
        (
            ("launch", "options.pruning.gain=much"),
            "options.pruning.gain: expected a number from -1,000 to 1,000;",
        ),
        (("launch", "options.gate.most=1"), "unknown option of the gate's further rungs 'most'"),
        (("launch", "options.selecton.x=1"), "unknown key in options 'options.selecton.x'; did you mean options.sel"),
        (("resume", "nowhere", "options.pruning.gain=0.1"), "a resumption can't change options: only generations"),
        (("resume", "nowhere", "pruning=none"), "a resumption can't change pruning: only generations"),
        (("launch", "improve.call=3"), "unknown key in options 'improve.call'; did you mean improve.calls"),
        (("launch", "Generations=1"), "unknown key in options 'Generations'; did you mean generations"),
        (("launch", "IMPROVE.CALLS=1"), "did you mean improve.calls"),
        (("launch", "./a=b"), "unknown key in options './a'"),
        (("launch", "tasks=maxcut"), "tasks: expected a list, such as tasks=[\"maxcut\"]; given: 'maxcut'"),
        (("launch", "improve=5"), "expected a section: set a key in it, such as improve.calls=40; given: 5"),
        (("launch", "presets=5"), "expected a section: set a key in it, such as presets.maxcut=large"),
        (("launch", "improve.calls=-1"), "improve.calls: expected a whole number from 0 to 1,000,000; given: -1"),
        (("launch", "improve.cpu_s=0"), "improve.cpu_s: expected a number from 0.01 to 604,800; given: 0"),
        (("launch", "budget.evaluations=-5"), "expected a whole number from 1 to 9,007,199,254,740,991; given: -5"),
        (("launch", "--workers", "0"), "workers: expected a whole number from 1 to 256; given: 0"),
        (("launch", "--config", "absent.toml"), "absent.toml: No such file or directory; expected a TOML file"),
        (("replay", "nowhere", "best", "--preset", "large"), "it is a task's size: give --task too"),
        (("status", "nowhere"), "nowhere/lineage.db: no such run"),
        (("tasks", "run", "maxcut", "--program", "absent.py"), "absent.py: No such file or directory"),
        (("scaffolds", "show", "x"), "unknown scaffold 'x'; the nearest of "),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = godel(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in complaint(done)
    assert not done.stdout
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_traceback_is_there_for_who_asks(tmp_path: Path) -> None:
    done = godel("status", "nowhere", cwd=tmp_path, GODEL_TRACEBACK="1")
    assert done.returncode == 2
    assert "Traceback" in done.stderr and "StoreMissing" in done.stderr


def test_whoever_stops_reading_is_no_error(home: Path) -> None:
    line = f"{sys.executable} -m godel lineage export run | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=home, env=variables(home), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ('{\n "format"'[:10], "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "run"),
        ("lineage", "tree", "run"),
        ("lineage", "show", "run", "best"),
        ("lineage", "edits", "run"),
        ("lineage", "diff", "run", "best"),
        ("lineage", "path", "run", "best"),
        ("lineage", "edits", "run", "--operators"),
        ("lineage", "credit", "run"),
        ("lineage", "export", "run", "--format", "json"),
        ("lineage", "show", "run", "g1", "--source"),
        ("settings",),
        ("tasks", "list"),
        ("tasks", "show", "maxcut"),
        ("scaffolds", "list"),
        ("scaffolds", "show", "mutation"),
    ],
    ids=" ".join,
)
def test_json_is_pure(arguments: tuple[str, ...], home: Path) -> None:
    options = () if "export" in arguments else ("--json",)
    done = godel(*arguments, *options, cwd=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_without_a_terminal_there_is_no_colour(home: Path) -> None:
    for command in (("status", "run"), ("lineage", "diff", "run", "best"), ("lineage", "edits", "run")):
        assert "\x1b" not in godel(*command, cwd=home, TERM="xterm-256color").stdout


def test_the_entry_point_is_the_packages_own() -> None:
    assert 'godel = "godel.__main__:main"' in (ROOT / "pyproject.toml").read_text()
