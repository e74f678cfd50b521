"""A rung of the gate: a child may not be longer than its parent by more than so many lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from godel.contract import Program
from godel.gate import Proposal
from godel.policies import option


@dataclass(frozen=True)
class Brevity:
    """Refuses children that grow."""

    name: ClassVar[str] = "brevity"
    most_new_lines: int = option(0, "lines that a child may have more than its parent")

    def refuse(self, proposal: Proposal) -> str:
        grown = lines(proposal.child) - lines(proposal.parent)
        return f"{grown} lines longer than its parent" if grown > self.most_new_lines else ""


def lines(program: Program) -> int:
    return sum(text.count("\n") for text in program.files.values())
