"""The program that is being worked on: every version of it, and what was measured."""

from __future__ import annotations

import check

from godel.contract import Program, Score, Utility, is_scaffold
from godel.contract.editing import Edited


class Draft:
    def __init__(self, program: Program, utility: Utility) -> None:
        self.utility, self.versions = utility, [program]
        self.scores: dict[str, Score] = {}  # by digest
        self.done = False
        if utility.remaining:
            self.measure(program)

    @property
    def given(self) -> Program:
        return self.versions[0]

    @property
    def now(self) -> Program:
        return self.versions[-1]

    @property
    def known(self) -> str:
        """Of its record: scores, the log of the trial that cost it most, what was tried, what can be called."""
        return self.utility.context.in_words() if self.utility.context else ""

    @property
    def is_scaffold(self) -> bool:
        return is_scaffold(self.given)

    @property
    def changed(self) -> bool:
        return self.now != self.given

    def take(self, edited: Edited) -> str:
        """What the model should know of the edit, which is made."""
        new = edited.program.edits[len(self.now.edits) :]
        self.versions.append(edited.program)
        return "\n".join([f"Edited: {', '.join(edit.target for edit in new)}.", *edited.notes])

    def problem(self) -> str:
        return check.problem(self.given, self.now)

    def measure(self, program: Program) -> Score:
        """Once for every version. Raises BudgetExhausted."""
        if program.digest not in self.scores:
            self.scores[program.digest] = self.utility(program)
        return self.scores[program.digest]

    def handed_in(self) -> Program:
        """The best by measurement, else the last that passes the check. A scaffold has to be a new one."""
        passing = [each for each in self.versions[:0:-1] if not check.problem(self.given, each)]
        if passing and self.utility.remaining:
            self.measure(passing[0])
        new = self.versions[1:] if self.is_scaffold else self.versions
        measured = [each for each in new if each.digest in self.scores]
        if measured:
            return max(measured, key=lambda each: self.scores[each.digest])
        return passing[0] if passing else self.given
