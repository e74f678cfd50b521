"""What `results.tsv` is to autoresearch: every experiment in a row, and the program that is kept."""

from __future__ import annotations

from typing import NamedTuple

from godel.contract import Program, Score, failed, told

HEADER = ("experiment", "score", "status", "description")
DIGITS = 4


class Row(NamedTuple):
    score: Score
    status: str
    description: str


class Results:
    """Begins with the baseline: the program as it was given, scored if it could be."""

    def __init__(self, program: Program, baseline: Score | None = None) -> None:
        self.best, self.score = program, baseline
        self.notes: tuple[str, ...] = ()
        self.rows: list[Row] = []
        self._given = program
        self._others: list[tuple[Score, Program]] = []
        if baseline is not None:
            self.rows.append(Row(baseline, "crash" if baseline.failure else "keep", "baseline"))

    def record(self, program: Program, score: Score, description: str) -> None:
        """A row for an experiment. The program is kept if it is better."""
        status = "crash" if score.failure else "discard"
        if self.score is None or score > self.score:
            self.best, self.score, status = program, score, "keep"
        if status == "discard" and program != self._given:
            self._others.append((score, program))
        self.rows.append(Row(score, status, described(description, score)))

    def kept(self, differing: bool) -> Program:
        """The best program; with `differing`, not the given one, where another one ran."""
        if differing and self.best == self._given and self._others:
            return max(self._others, key=lambda other: other[0])[1]
        return self.best

    def table(self) -> str:
        """Tab-separated, a line for each experiment."""
        lines = [[str(number), f"{row.score:.{DIGITS}f}", *row[1:]] for number, row in enumerate(self.rows)]
        return "\n".join("\t".join(line) for line in (HEADER, *lines))


def described(description: str, score: Score) -> str:
    """With how it failed, or the numbers that its judge tells."""
    return f"{description} ({failed(score)})" if score.failure else f"{description}{told(score)}"
