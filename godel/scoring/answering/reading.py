"""Answers a judge with the program's text: nothing of it runs, so no guest is taken for it."""

from __future__ import annotations

from godel.contract import Program
from godel.sandbox.guest.json_lines import encoded
from godel.tasks.judging.messages import Call, Start, Started, answered


class Reading:
    """Hands over the text of the entry file, whatever the judge asks. It is untrusted: the judge bounds it before it
    parses it (`godel.tasks.judging.reading`)."""

    cpu_s = 0.0
    unexplained = False

    def __init__(self, program: Program) -> None:
        self._text = program.files[program.entry]

    def answer(self, question: Start | Call) -> bytes:
        return encoded(Started().to_json()) if isinstance(question, Start) else answered(encoded(self._text)[:-1])

    def finish(self) -> None:
        """There is nothing to end."""

    def bill(self) -> float:
        return 0.0
