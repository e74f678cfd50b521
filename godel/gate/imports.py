"""The child's modules can be imported, where it would run."""

from __future__ import annotations

from godel.sandbox.channel import ChildEnded

from . import Proposal, last_line

CPU_S, WALL_S = 3.0, 30.0


class Imports:
    name = "imports"

    def refuse(self, proposal: Proposal) -> str:
        payload = {"scaffold": {**proposal.child.to_json(), "edits": []}}
        session = proposal.sandbox()
        child = session.spawn("godel.sandbox.guest.scaffold:imports", payload, cpu_s=CPU_S, wall_s=WALL_S)
        try:
            child.receive()
            child.kill()
        except ChildEnded as ended:
            return f"{ended.exit.reason}: {last_line(ended.exit.log)}".removesuffix(": ")
        return ""
