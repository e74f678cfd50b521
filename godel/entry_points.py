"""What installed packages bring, by the group of their entry points. Nothing of them is imported here."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@lru_cache
def installed(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    """By name; two packages may use the same one."""
    from importlib.metadata import entry_points  # which takes a while to import

    by_name: dict[str, tuple[EntryPoint, ...]] = {}
    for each in entry_points(group=group):
        if each not in by_name.get(each.name, ()):  # a package that is on the path twice
            by_name[each.name] = (*by_name.get(each.name, ()), each)
    return by_name


def origin(entry: EntryPoint) -> str:
    """The package that an entry point came with, and its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def origins(group: str) -> dict[str, str]:
    """By name, where those of a group come from."""
    return {name: origin(entries[0]) for name, entries in installed(group).items()}


def folders(group: str) -> dict[str, Path]:
    """Where each name's folder lies: its entry point names a package, which holds data. Raises ValueError for a name
    that two packages use, and for one whose package is not there."""
    by_name = {}
    for name, (entry, *others) in installed(group).items():
        if others:
            raise ValueError(f"'{name}' is in two packages: {', '.join(map(origin, (entry, *others)))}")
        by_name[name] = _located(entry.value)
        if by_name[name].name != name:
            raise ValueError(f"'{name}' of {origin(entry)} is {entry.value}; expected a package of that name")
    return by_name


def _located(package: str) -> Path:
    """The folder of a package. Nothing is imported to find it, not even the packages above it."""
    from importlib.machinery import PathFinder

    places, parts = None, package.split(".")
    for depth in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: depth + 1]), places)
        places = spec.submodule_search_locations if spec else None
        if not places:
            raise ValueError(f"{package}: no such package, though an installed one names it")
    return Path(next(iter(places or ())))
