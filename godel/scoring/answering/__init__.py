"""Who answers a judge for a program: a guest that runs it, or the text alone. One way a file; a task's manifest says
which (`judged_by`).

The judge never sees a program that is run; one that is read never runs.
"""

from __future__ import annotations

from typing import Protocol

from godel.tasks.judging.messages import Call, Start


class Answering(Protocol):
    """One program before one judge. `cpu_s`: CPU seconds of the program itself; `unexplained`: whether a run of it
    ended for no reason that shows."""

    cpu_s: float
    unexplained: bool

    def answer(self, question: Start | Call) -> bytes:
        """The line for the judge. A failure of the program is an answer; raises SandboxError for ours."""

    def finish(self) -> None:
        """The judge is done: end all that was started for this program."""

    def bill(self) -> float:
        """CPU seconds of the guests that were taken for it, their start included."""
