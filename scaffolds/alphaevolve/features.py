"""What kind of program it is: its place in the grid, by length and by how much of it is new."""

from __future__ import annotations

import math

from godel.contract import Program

LENGTHS = 2  # cells for each doubling
MOST = 3  # cells to either side of the first program's length
NOVELTIES = 4  # cells from the first program to one that shares no line with it


def cell(program: Program, first: Program) -> tuple[int, int]:
    return length(program, first), novelty(program, first)


def length(program: Program, first: Program) -> int:
    """Of its text, compared to the first program's, on a logarithmic scale."""
    ratio = (1 + sum(map(len, program.files.values()))) / (1 + sum(map(len, first.files.values())))
    return max(-MOST, min(MOST, round(LENGTHS * math.log2(ratio))))


def novelty(program: Program, first: Program) -> int:
    """How many of its lines the first program has not."""
    old = {line.strip() for text in first.files.values() for line in text.splitlines()}
    lines = [line.strip() for text in program.files.values() for line in text.splitlines() if line.strip()]
    return round(NOVELTIES * sum(line not in old for line in lines) / max(1, len(lines)))
