"""Numbers between those of two programs, or a little beyond: BLX-alpha (Eshelman and Schaffer 1993)."""

from __future__ import annotations

import ast
import io
import random
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from godel.contract import Edit, Program

BEYOND = 0.5  # of the distance of two numbers, how far outside of them their child may lie (alpha)
DIGITS = 6  # significant ones, of a number that was blended


class Number(NamedTuple):
    """Where one is written: its line from 0, the columns from and to, and its text."""

    line: int
    start: int
    end: int
    text: str


def blended(program: Program, mate: Program, rng: random.Random) -> Program:
    """`program` with each number that is another one in the mate somewhere between the two, in the files that are alike
    but for their numbers; itself where there are none."""
    for path in sorted(program.files.keys() & mate.files.keys()):
        if path.endswith(".py") and program.files[path] != mate.files[path]:
            program = _file(program, path, mate.files[path], rng)
    return program


def _file(program: Program, path: str, other: str, rng: random.Random) -> Program:
    (shape, ours), (its_shape, theirs) = numbers(program.files[path]), numbers(other)
    if shape != its_shape:
        return program
    lines = program.files[path].splitlines(keepends=True)
    pairs = [(one, two) for one, two in zip(ours, theirs, strict=True) if one.text != two.text]
    edits = []
    for one, two in reversed(pairs):
        after = between(one.text, two.text, rng)
        line = lines[one.line]
        lines[one.line] = line[: one.start] + after + line[one.end :]
        edits.append(Edit("blend", f"{path}:{line.split('=')[0].strip()}", one.text, after))
    return program.with_file(path, "".join(lines), *reversed(edits))


def between(one: str, two: str, rng: random.Random) -> str:
    """Of two whole numbers a whole one."""
    first, second = ast.literal_eval(one), ast.literal_eval(two)
    if isinstance(first, complex) or isinstance(second, complex):
        return one
    value = first + rng.uniform(-BEYOND, 1 + BEYOND) * (second - first)
    if isinstance(first, int) and isinstance(second, int):
        return repr(round(value))
    return repr(float(f"{value:.{DIGITS}g}"))


def numbers(text: str) -> tuple[Sequence[str], Sequence[Number]]:
    """A file's tokens without its numbers, and its numbers; neither where it can't be read."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return (), ()
    found = [Number(each.start[0] - 1, each.start[1], each.end[1], each.string) for each in tokens if _is_number(each)]
    return ["0" if _is_number(each) else each.string for each in tokens], found


def _is_number(token: tokenize.TokenInfo) -> bool:
    return token.type == tokenize.NUMBER
