"""AlphaEvolve's loop: a parent from the database, a change by a model, a score, a place in the database."""

from __future__ import annotations

import random

from database import Database, Entry
from prompts import context, request
from reading import changes
from writer import Writer

from godel.contract import Model, Program, Utility, briefing, failed, in_words, is_scaffold

STEPS = 60  # at most: the budgets end most searches before
MIGRATE_EVERY = 6  # steps


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program of the database once the budgets are spent, of itself the best new one; without a
    utility, the first change that holds."""
    writer = Writer(model, rng)
    if not utility.remaining:
        return blind(program, briefing(utility), writer, rng)
    database = Database(Entry(program, utility(program)))
    for step in range(1, STEPS + 1):
        if writer.closed or not utility.remaining:
            break
        attempt(database, step, utility, writer, rng)
        if step % MIGRATE_EVERY == 0:
            database.migrate()
    return database.best(new=is_scaffold(program)).program


def attempt(database: Database, step: int, utility: Utility, writer: Writer, rng: random.Random) -> None:
    """One child, on the island whose turn it is."""
    parent, inspirations = database.sample(step, rng)
    messages = request(briefing(utility), parent.program, context(parent, inspirations), rng)
    edited = writer.child(parent.program, messages)
    if edited is None:
        return
    known = database.scored.get(edited.program.digest)
    entry = known or Entry(edited.program, utility(edited.program), edited.notes)
    outcome = failed(entry.score) or f"scores {in_words(entry.score)}"
    parent.tried.append(f"{outcome}: {changes(parent.program, edited)}")
    database.add(step, entry)


def blind(program: Program, description: str, writer: Writer, rng: random.Random) -> Program:
    """What nobody scores has one chance only: so the strong model writes it."""
    for _ in range(STEPS):
        edited = writer.child(program, request(description, program, "", rng), writer.strong)
        if edited or writer.closed:
            return edited.program if edited else program
    return program
