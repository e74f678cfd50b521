"""What a writer may append: the next generation, and rulings on a child that was scored."""

from __future__ import annotations

import sqlite3

from .. import RULED, Generation, Ruling


def check_ruling(db: sqlite3.Connection, ruling: Ruling) -> None:
    query = "SELECT outcome, (SELECT max(number) FROM generations) FROM generations WHERE number = ?"
    row = db.execute(query, (ruling.generation,)).fetchone()
    if row is None or row[0] not in RULED:
        raise ValueError(f"generation {ruling.generation} has no scored child to rule on")
    if ruling.after != row[1]:
        raise ValueError(f"a ruling after generation {ruling.after}; the last one is {row[1]}")


def check_generation(db: sqlite3.Connection, generation: Generation, tree: str | None) -> None:
    (following,) = db.execute("SELECT coalesce(max(number) + 1, 0) FROM generations").fetchone()
    if generation.index != following:
        raise ValueError(f"generation {generation.index} cannot follow {following - 1}")
    if tree is not None and tree != generation.child:
        raise ValueError(f"tree {tree} is not generation {generation.index}'s child {generation.child}")
    known = "SELECT 1 FROM blobs WHERE hash = ?"
    if tree is None and generation.child and not db.execute(known, (generation.child,)).fetchone():
        raise ValueError(f"generation {generation.index}'s child {generation.child} has no tree")
    scored = generation.outcome in RULED
    if bool(generation.rulings) != scored or any(
        (each.generation, each.after) != (generation.index, generation.index) for each in generation.rulings
    ):
        problem = "needs a ruling on its child" if scored else "has no scored child to rule on"
        raise ValueError(f"generation {generation.index} ({generation.outcome}) {problem}")
