"""A scaffold's program as a run's file holds it."""

from __future__ import annotations

from godel.contract import Program
from godel.lineage.store import Store


def program(store: Store, tree: str) -> Program:
    """Raises StoreDamaged when the run has no such tree."""
    stored = store.tree(tree)
    return Program(stored.files, stored.entry)
