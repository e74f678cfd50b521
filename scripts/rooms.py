"""The rooms of the house: folders, and what the files of each import from the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from typing import NamedTuple

from imports import files, imports, module_of, modules


class Room(NamedTuple):
    """Files that belong together. `files`: their patterns; of several rooms the first that fits has a file."""

    name: str
    what: str
    files: tuple[str, ...]


ROOMS = (
    Room("cli", "commands, tables, progress", ("godel/cli/*", "godel/__main__.py")),
    Room("front door", "launch, resume, replay, rule", ("godel/__init__.py", "godel/front.py", "godel/ruling.py")),
    Room("doctor", "tries to break out", ("godel/doctor/*",)),
    Room(
        "advice",
        "explanation, forecast, power",
        ("godel/explanation.py", "godel/forecast.py", "godel/power.py", "godel/task_check.py"),
    ),
    Room("paper", "what was found, in Markdown and HTML", ("godel/paper/*",)),
    Room("study", "conditions side by side", ("godel/study/*",)),
    Room("credit", "imp@k, knock-outs, transplants", ("godel/credit/*",)),
    Room("loop", "schedule, orders, executors", ("godel/loop/*", "godel/consistency.py")),
    Room("gate", "the ladder's rungs", ("godel/gate/*",)),
    Room("scoring", "workspace, evaluator, benches", ("godel/scoring/*",)),
    Room("gateway", "language models", ("godel/gateway/*",)),
    Room("policies", "select, accept, prune, choose", ("godel/policies/*",)),
    Room("constants", "random search, TPE, CMA-ES", ("godel/constants/*",)),
    Room("contract", "Program, Utility, Model", ("godel/contract/*",)),
    Room(
        "settings",
        "config, ledger, marks",
        ("godel/config.py", "godel/ledger.py", "godel/local.py", "godel/scaffold.py"),
    ),
    Room("base", "errors, registry, seeds", ("godel/*.py", "tasks/ranges.py")),
    Room("docker", "a tier", ("sandbox/docker/*",)),
    Room("bubblewrap", "a tier", ("sandbox/bubblewrap/*",)),
    Room("guest", "runs inside", ("sandbox/guest/*",)),
    Room("sandbox", "interface, channel", ("sandbox/*",)),
    Room("lineage", "records, store, credit, views", ("lineage/*",)),
    Room("scaffolds", "seed programs, data", ("scaffolds/*",)),
    Room("tasks", "manifests, judges", ("tasks/*",)),
)
PACKAGE = "godel"
"""The package itself: whoever imports it wants its version."""


class Edge(NamedTuple):
    importer: str
    imported: str


LOOKED_UP = frozenset({Edge("policies", "gate")})
"""Against the way of the others: a table looks up a rung of the gate by its name."""


def room_of(file: str) -> str:
    return next(room.name for room in ROOMS if any(fnmatch(file, pattern) for pattern in room.files))


def edges() -> list[Edge]:
    """Between rooms, in order; imports for types alone are left out."""
    homes = {module_of(file): room_of(file) for file in files()}
    ours = (one for one in imports() if one.name in modules() - {PACKAGE} and not one.typing_only)
    all_edges = {Edge(room_of(one.file), homes[one.name]) for one in ours}
    return sorted(edge for edge in all_edges if edge.importer != edge.imported)


def below(between_rooms: Iterable[Edge]) -> dict[str, set[str]]:
    """By room, those that it imports. Raises CycleError where rooms import one another, those apart that are
    looked up."""
    graph: dict[str, set[str]] = {room.name: set() for room in ROOMS}
    for edge in between_rooms:
        if edge not in LOOKED_UP:
            graph[edge.importer].add(edge.imported)
    TopologicalSorter(graph).prepare()
    return graph


def reachable(graph: Mapping[str, set[str]], room: str) -> set[str]:
    """All below a room, itself not counted."""
    return {each for direct in graph[room] for each in {direct, *reachable(graph, direct)}}


def needed(graph: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """The arrows to draw: without those that lead where other arrows lead anyway."""
    return {
        room: sorted(each for each in direct if not any(each in reachable(graph, other) for other in direct))
        for room, direct in graph.items()
    }


def table() -> str:
    """All imports between rooms, as Markdown."""
    between_rooms = edges()
    lines = ["| room | files | imports |", "| --- | --- | --- |"]
    for room in ROOMS:
        patterns = ", ".join(f"`{pattern}`" for pattern in room.files)
        listed = ", ".join(edge.imported for edge in between_rooms if edge.importer == room.name)
        lines.append(f"| **{room.name}** | {patterns} | {listed or 'nothing'} |")
    return "\n".join(lines) + "\n"
