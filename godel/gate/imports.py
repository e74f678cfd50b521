"""The child's modules can be imported, where it would run."""

from __future__ import annotations

import time
from collections.abc import Callable

from godel.contract import Program
from godel.lineage import Spend
from godel.logs import failure
from godel.sandbox.channel import ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, Exit, ImportScaffold

from . import Proposal

CPU_S, WALL_S = 3.0, 30.0


class Imports:
    name = "imports"

    def refuse(self, proposal: Proposal) -> str:
        return unloadable(proposal.child, proposal.workspace.scaffold, proposal.workspace.charge)


def unloadable(program: Program, sandbox: Callable[[], Session], charge: Callable[[Spend], None]) -> str:
    """Why `program` can't be imported in the guest that `sandbox` gives, or "". An end that somebody outside
    may have brought about is tried again, in a fresh guest if the last has ended."""

    def once() -> tuple[bool, Exit]:
        started, session = time.perf_counter(), sandbox()
        result = load(session, program)
        charge(Spend(cpu_s=session.bill(), wall_s=time.perf_counter() - started))
        return result

    imported, ended = once()
    if ended.unexplained and not imported:
        imported, ended = once()
    return "" if imported else failure(ended.reason, ended.log)


def load(session: Session, program: Program) -> tuple[bool, Exit]:
    """Whether a child could import all of `program`, and how that child ended."""
    child = session.spawn(ImportScaffold(program), Ceilings(CPU_S, WALL_S))
    try:
        child.receive()
    except ChildEnded as ended:
        return False, ended.exit
    try:
        return True, child.kill()
    except ChildEnded as ended:  # it took its whole sandbox along, but it had been imported
        return True, ended.exit
