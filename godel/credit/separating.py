"""Scaffolds that nobody proposed: a self-edit taken back or put elsewhere, and passed through the gate like a child."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from godel.contract import Program
from godel.contract.editing import EditFailed
from godel.lineage import RULED, Outcome
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.separation import Wanted, separated
from godel.lineage.records.events import Separated, Separation
from godel.loop.open_run import OpenRun
from godel.loop.patience import Renewed, patiently
from godel.loop.worker import Worker

PASSED = RULED | {Outcome.SEED}
"""Outcomes of those that the gate has let through."""


def separate(run: OpenRun, lineage: Lineage, asked: Iterable[Wanted]) -> Iterator[tuple[Wanted, Program | None]]:
    """What comes of each, None where it can't be had: recorded, with why, and never tried again. Raises failures of
    ours."""
    known = {Wanted(each.kind, each.edits, each.within): each for each in lineage.separated}
    with Renewed(run.worker) as worker:
        for each in asked:
            if (record := known.get(each)) is None:
                record = _separated(run, lineage, each, worker)
            yield each, run.store.program(record.tree) if record.tree and not record.problem else None


def name(lineage: Lineage, asked: Wanted) -> str:
    """As `godel imp` and the records call it."""
    where = f"g{lineage.nodes[asked.within].made.index}"
    how = "without" if asked.kind is Separation.KNOCK_OUT else "with"
    return f"{where} {how} " + " and ".join(f"g{each}" for each in asked.edits)


def _separated(run: OpenRun, lineage: Lineage, asked: Wanted, worker: Renewed[Worker]) -> Separated:
    try:
        program = separated(lineage, asked)
    except EditFailed as failed:
        record = Separated(*asked, None, str(failed))
    else:
        record = Separated(*asked, program.digest, _problem(lineage, asked, program, worker))
        run.store.put_program(program)
    run.store.event(record)
    return record


def _problem(lineage: Lineage, asked: Wanted, program: Program, worker: Renewed[Worker]) -> str:
    """Why it is no scaffold of its own, or ""."""
    if program.digest == asked.within:
        gone = asked.kind is Separation.KNOCK_OUT
        return "nothing of it is left there to take back" if gone else "it is there already"
    node = lineage.nodes.get(program.digest)
    if node and node.made.outcome in PASSED:
        return ""
    parent = lineage.source(asked.within)
    attempt = partial(_refusal, worker, program, parent)
    return patiently(attempt, worker.end)


def _refusal(worker: Renewed[Worker], program: Program, parent: Program) -> str:
    refused = worker.now().refusal(program, parent, f"separated {program.digest}")
    return f"the gate refuses it: {refused.rung}: {refused.reason}" if refused else ""
