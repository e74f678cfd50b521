"""DESIGN.md's import table, held against every import in the source, those in functions too."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from typing import NamedTuple

import pytest
from imports import ROOT, Import, imports, known_to_git, module_of, modules


class Rule(NamedTuple):
    """What a file may import: third-party libraries, and modules of ours with all below them."""

    files: str
    libraries: frozenset[str]
    ours: tuple[str, ...]


def rule(files: str, libraries: str, *ours: str) -> Rule:
    return Rule(files, frozenset(libraries.split()), ours)


DATA = ("godel.contract", "godel.sandbox", "godel.lineage", "godel.tasks")
"""What every room of the host stands on."""
LEAVES = (
    "godel.arguments",
    "godel.called",
    "godel.config",
    "godel.constants",
    "godel.errors",
    "godel.filenames",
    "godel.filetexts",
    "godel.ledger",
    "godel.local",
    "godel.logs",
    "godel.outside",
    "godel.registry",
    "godel.scaffold",
    "godel.seeds",
    "godel.stopwatch",
)

TABLE = [  # the first that fits
    rule("godel/contract/editing/*", "libcst", "godel.contract"),
    rule("godel/contract/*", "", "godel.contract"),
    rule("sandbox/guest/*", "numpy", "godel.sandbox.guest", "godel.contract"),
    rule(
        "sandbox/*",
        "docker requests packaging",
        "godel.sandbox",
        "godel.contract",
        "godel.entry_points",
        "godel.outside",
    ),
    rule("lineage/*", "networkx numpy scipy matplotlib msgspec", "godel.lineage", "godel.contract"),
    rule("scaffolds/*", "libcst", "godel.contract"),
    rule("tasks/__init__.py", "", "godel.tasks", "godel.contract", "godel.entry_points"),
    rule("tasks/description.py", "", "godel.tasks", "godel.contract.limits"),
    rule("tasks/suites.py", "", "godel.tasks"),
    rule("tasks/manifest.py", "pydantic", "godel.tasks"),
    rule("tasks/ranges.py", "pydantic", "godel.tasks"),
    rule("tasks/tables.py", "", "godel.tasks"),
    rule("tasks/record.py", "", "godel.tasks", "godel.contract"),
    rule("tasks/judging/*", "numpy", "godel.tasks.judging", "godel.sandbox.guest", "godel.contract"),
    rule("tasks/landscapes/*", "numpy", "godel.tasks.judging", "godel.tasks.landscapes"),
    rule("tasks/*/judge.py", "numpy", "godel.tasks.judging", "godel.tasks.landscapes", "godel.sandbox.guest.port"),
    rule("tasks/*/*", "numpy torch", "godel.tasks.judging", "godel.sandbox.guest"),
    rule("godel/entry_points.py", ""),
    rule("godel/options.py", "pydantic", "godel.errors", "godel.explained", "godel.tasks.ranges"),
    rule("godel/outside.py", "", "godel.errors"),
    rule("godel/registry.py", "", "godel.entry_points", "godel.errors", "godel.options", "godel.outside"),
    rule("godel/policies/chosen.py", "", "godel.policies", "godel.gate", "godel.config"),
    rule("godel/policies/executors.py", "", "godel.registry", "godel.policies", "godel.loop"),
    rule("godel/policies/tables.py", "", "godel.policies", "godel.gate", "godel.registry"),
    rule(
        "godel/policies/*",
        "",
        "godel.policies",
        "godel.contract",
        "godel.registry",
        "godel.errors",
        "godel.outside",
        "godel.lineage",
        "godel.tasks.ranges",
        "godel.scoring.evaluator",
    ),
    rule("godel/constants/*", "optuna cmaes numpy", "godel.constants", "godel.contract"),
    rule("godel/scoring/*", "", "godel.scoring", "godel.gateway", *DATA, *LEAVES),
    rule("godel/gate/*", "libcst", "godel.gate", "godel.scoring", "godel.gateway", *DATA, *LEAVES),
    rule("godel/gateway/*", "pydantic litellm openai tenacity httpx", "godel.gateway", *DATA, *LEAVES),
    rule("godel/doctor/*", "", "godel.doctor", *DATA, *LEAVES),
    rule("godel/loop/run_folder.py", "", "godel"),
    rule("godel/loop/open_run.py", "", "godel"),
    rule(
        "godel/loop/*",
        "",
        "godel.loop",
        "godel.scoring",
        "godel.policies",
        "godel.gate",
        "godel.gateway",
        *DATA,
        *LEAVES,
    ),
    rule("godel/credit/*", "", "godel.credit", "godel.loop", "godel.gate", "godel.policies.chosen", *DATA, *LEAVES),
    rule(
        "godel/paper/*",
        "markdown_it",
        "godel.paper",
        "godel.study",
        *DATA,
        *LEAVES,
    ),
    rule(
        "godel/study/*",
        "pydantic matplotlib",
        "godel.study",
        "godel.credit",
        "godel.loop",
        "godel.policies.chosen",
        *DATA,
        *LEAVES,
    ),
    rule("godel/front.py", "", "godel.credit", "godel.loop", "godel.ruling", *DATA, *LEAVES),
    rule("godel/cli/*", "typer rich", "godel"),
    rule("godel/*", "typer rich pydantic libcst litellm openai tenacity httpx", "godel"),
]
HOST_FOLDERS = (
    "godel/",
    "sandbox/",
    "lineage/",
    "tasks/__init__.py",
    "tasks/description.py",
    "tasks/manifest.py",
    "tasks/ranges.py",
    "tasks/tables.py",
    "tasks/record.py",
    "tasks/suites.py",
)
HOST_TASKS = {"description", "judging", "manifest", "ranges", "record", "suites", "tables"}
"""What of the tasks' package is no task."""

EVERYWHERE = {"numpy", "typer", "rich"}
"""An array type and the terminal are no service that a doorway could hide."""

EDITS = ROOT / "godel" / "contract" / "editing" / "random_edits"
RANDOM_EDITS = [f"godel/contract/editing/random_edits/{path.name}" for path in EDITS.glob("*.py")]

SECOND_DOORS = {
    "pydantic": {
        "tasks/manifest.py",
        "tasks/ranges.py",
        "godel/gateway/request.py",
        "godel/options.py",
        "godel/study/design.py",
    },
    "libcst": {
        "godel/contract/editing/tree.py",
        "godel/contract/editing/merging.py",
        "godel/contract/editing/crossing/sites.py",
        "godel/contract/editing/crossing/splicing.py",
        "godel/contract/editing/threeway.py",
        *RANDOM_EDITS,
    },
}
"""A task's manifest is validated beside the tasks, a guest's request beside the gateway, the configuration beside
the engine, a policy's options beside the registry, a design beside its study. libcst parses behind one door;
its nodes are taken apart and put together beside that, and by random edits."""

HEAVY = {
    "optuna",
    "cmaes",
    "litellm",
    "openai",
    "torch",
    "docker",
    "scipy",
    "libcst",
    "networkx",
    "numpy",
    "matplotlib",
}


def allowed(one: Import) -> bool:
    fitting = next(rule for rule in TABLE if fnmatch(one.file, rule.files))
    if one.top == "godel":
        return any(f"{one.name}.".startswith(f"{prefix}.") for prefix in fitting.ours)
    return one.top in fitting.libraries


def test_each_folder_imports_only_what_the_table_allows() -> None:
    assert not [str(one) for one in imports() if not allowed(one)]


def test_the_host_never_imports_a_scaffold_or_a_task_folder() -> None:
    def data(name: str) -> bool:
        parts = name.split(".")
        return parts[1:2] == ["scaffolds"] or (
            parts[1:2] == ["tasks"] and len(parts) > 2 and parts[2] not in HOST_TASKS
        )

    def judges(one: Import) -> bool:
        return one.file.startswith("tasks/") and one.name.startswith("godel.tasks.landscapes")

    assert not [str(one) for one in imports() if one.top == "godel" and data(one.name) and not judges(one)]


def test_each_library_has_one_doorway() -> None:
    doors = defaultdict(set)
    for one in imports():
        if one.file.startswith(HOST_FOLDERS) and one.top != "godel" and not one.typing_only:
            doors[one.top].add(one.file)
    several = {
        library: sorted(found)
        for library, found in doors.items()
        if library not in EVERYWHERE and len(found - SECOND_DOORS.get(library, set())) > 1
    }
    assert doors and not several


def test_imports_go_one_way() -> None:
    """No cycle at run time; a front door that looks up its own implementations is none."""
    graph = defaultdict(set)
    for one in imports():
        importer = module_of(one.file)
        registry = one.file.endswith("__init__.py") and one.name.startswith(f"{importer}.")
        if one.name in modules() and one.name != importer and not registry and not one.typing_only:
            graph[importer].add(one.name)
    assert "godel.loop.run" in TopologicalSorter(graph).static_order()  # raises CycleError, naming the cycle


LAYERS = ("records", "store", "analysis", "views")


def test_the_lineage_stands_on_its_records() -> None:
    """Each of its folders imports itself and those before it; what all of them share lies beside them."""

    def upwards(one: Import) -> bool:
        importer, imported = one.file.split("/")[1], f"{one.name}..".split(".")[2]
        return importer in LAYERS and imported in LAYERS and LAYERS.index(imported) > LAYERS.index(importer)

    assert upwards(Import("lineage/store/file.py", 1, "godel.lineage.analysis.lineage", typing_only=False))
    assert not [str(one) for one in imports() if one.file.startswith("lineage/") and upwards(one)]


def loaded_by(*arguments: str) -> set[str]:
    """The top-level names that Python imports while it runs `arguments`."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}


@pytest.mark.parametrize("command", [[], ["launch"], ["lineage"], ["sandbox"]])
def test_help_is_shown_without_the_heavy_libraries(command: list[str]) -> None:
    loaded = loaded_by("-m", "godel", *command, "--help")
    assert "typer" in loaded and not HEAVY & loaded


HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("download", "pytorch", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("registry-1", "docker", "io"),
        ("hub", "docker", "com"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("nvcr", "io"),
        ("gcr", "io"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("cdnjs", "cloudflare", "com"),
    ]
]
"""Kept in pieces, so that this file names none of them."""


def test_no_file_names_a_package_host() -> None:
    """Where packages come from is the machine's business: pip, apt and Docker are configured there."""
    texts = {path: (ROOT / path).read_bytes() for path in known_to_git() if (ROOT / path).is_file()}
    assert "pyproject.toml" in texts
    assert not [(path, host) for path, text in texts.items() for host in HOSTS if host.encode() in text]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sandbox/channel.py", "godel.loop.engine"),
        ("sandbox/channel.py", "numpy"),
        ("lineage/store/file.py", "godel.sandbox"),
        ("lineage/store/file.py", "lineage"),
        ("tasks/maxcut/judge.py", "torch"),
        ("tasks/maxcut/judge.py", "godel.sandbox.guest.zygote"),
        ("scaffolds/mutation/main.py", "numpy"),
        ("godel/loop/engine.py", "scipy"),
        ("godel/policies/selection/best.py", "godel.loop.engine"),
        ("godel/policies/pruning/never.py", "pydantic"),
    ],
)
def test_the_table_refuses(file: str, name: str) -> None:
    assert not allowed(Import(file, 1, name, typing_only=False))
