"""Shell completion: names found without importing anything heavy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def scaffolds(incomplete: str) -> list[str]:
    return _starting(incomplete, (path.parent.name for path in PACKAGE.glob("scaffolds/*/scaffold.toml")))


def tasks(incomplete: str) -> list[str]:
    return _starting(incomplete, (path.parent.name for path in PACKAGE.glob("tasks/*/task.toml")))


def tiers(incomplete: str) -> list[str]:
    from godel.sandbox import TIERS

    return _starting(incomplete, TIERS)


def selections(incomplete: str) -> list[str]:
    from godel.selection import POLICIES

    return _starting(incomplete, POLICIES)


def acceptances(incomplete: str) -> list[str]:
    from godel.acceptance import POLICIES

    return _starting(incomplete, POLICIES)


def folders(incomplete: str) -> list[str]:
    """Runs below ./runs, and below what was typed so far."""
    typed = Path(incomplete).parent if incomplete else Path()
    found = {str(path.parent) for base in (Path("runs"), typed) for path in base.glob("*/lineage.db")}
    return _starting(incomplete, found)


def nodes(incomplete: str) -> list[str]:
    return _starting(incomplete, ("seed", "best"))


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))
