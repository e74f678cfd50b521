"""The child's modules can be imported, where it would run."""

from __future__ import annotations

import time

from godel.lineage import Spend
from godel.logs import failure
from godel.sandbox.channel import ChildEnded, Exit, Session
from godel.sandbox.guest import Program

from . import Proposal

CPU_S, WALL_S = 3.0, 30.0


class Imports:
    name = "imports"

    def refuse(self, proposal: Proposal) -> str:
        imported, ended = self._load(proposal)
        if ended.unexplained and not imported:
            imported, ended = self._load(proposal)
        return "" if imported else failure(ended.reason, ended.log)

    def _load(self, proposal: Proposal) -> tuple[bool, Exit]:
        started, session = time.perf_counter(), proposal.sandbox()
        imported, ended = load(session, proposal.child)
        proposal.charge(Spend(cpu_s=session.bill(), wall_s=time.perf_counter() - started))
        return imported, ended


def load(session: Session, program: Program) -> tuple[bool, Exit]:
    """Whether a child could import all of `program`, and how that child ended."""
    payload = {"scaffold": {**program.to_json(), "edits": []}}
    child = session.spawn("godel.sandbox.guest.scaffold:imports", payload, cpu_s=CPU_S, wall_s=WALL_S)
    try:
        child.receive()
    except ChildEnded as ended:
        return False, ended.exit
    try:
        return True, child.kill()
    except ChildEnded as ended:  # it took its whole sandbox along, but it had been imported
        return True, ended.exit
