"""What installed packages bring, by the group of their entry points. Nothing of them is imported here."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@lru_cache
def installed(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    """By name; two packages may use the same one."""
    from importlib.metadata import entry_points  # which takes a while to import

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for each in entry_points(group=group):
        if each not in found.get(each.name, ()):  # a package that is on the path twice
            found[each.name] = (*found.get(each.name, ()), each)
    return found


def origin(entry: EntryPoint) -> str:
    """The package that an entry point came with, and its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
