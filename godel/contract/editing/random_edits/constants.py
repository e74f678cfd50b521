"""The numbers that a program sets at its top level, to be read and set all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from godel.contract.program import Edit, Program

from .nodes import code
from .place import places


@dataclass(frozen=True)
class Constant:
    """A number as it is written, without its sign: the `index`-th outside of the functions of the file at `path`."""

    path: str
    index: int
    value: float
    whole: bool
    """Whether it is written as an integer: then it stays one."""


def constants(program: Program) -> list[Constant]:
    """All of them, in order, of the Python files that can be read."""
    return [
        Constant(place.path, index, float(node.evaluated_value), isinstance(node, cst.Integer))
        for place in places(program)
        if place.owner is place.tree.module
        for index, node in enumerate(place.every(cst.Integer, cst.Float))
    ]


def with_constants(program: Program, values: Mapping[Constant, float]) -> Program:
    """`program` with these numbers instead, each to four significant digits; negative ones are set in parentheses."""
    for place in places(program):
        given = {each.index: (each, value) for each, value in values.items() if each.path == place.path}
        if place.owner is place.tree.module and given:
            nodes = place.every(cst.Integer, cst.Float)
            change = {nodes[index]: cst.parse_expression(written(*pair)) for index, pair in given.items()}
            text = place.tree.replace(change)
            if text != place.tree.text:
                before, after = (", ".join(map(code, side)) for side in (change, change.values()))
                program = program.with_file(place.path, text, Edit("constants", place.path, before, after))
    return program


def written(constant: Constant, value: float) -> str:
    """Raises OverflowError or ValueError for what is not finite."""
    text = str(round(value)) if constant.whole else repr(float(f"{value:.4g}"))
    return f"({text})" if text.startswith("-") else text
