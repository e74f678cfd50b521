"""Random edits: how many, of which file, by which operator, and what counts as valid."""

from __future__ import annotations

import random
import warnings

import libcst as cst
from operators import OPERATORS, NoSite
from tree import Tree, parse

from godel.contract import Edit, Program

EDITS = 1  # that make one candidate
ATTEMPTS = 20  # operators tried on a file, before another file is taken
WEIGHTS = {
    "number": 8,
    "arithmetic": 2,
    "comparison": 2,
    "boolean": 1,
    "name": 6,
    "expression": 2,
    "combine": 2,
    "simplify": 1,
    "argument": 2,
    "delete": 1,
    "duplicate": 1,
    "move": 1,
    "wrap": 1,
    "transplant": 1,
}
"""How often each operator is drawn, relative to the others."""

INVALID = (NoSite, SyntaxError, ValueError, ArithmeticError, RecursionError, cst.CSTValidationError)
"""What an operator, libcst or the compiler says of an edit that can't be made."""


def mutate(program: Program, donor: Program, rng: random.Random) -> Program:
    """`program` after EDITS random edits; functions to transplant come from `donor`."""
    for _ in range(EDITS):
        program = edit(program, donor, rng)
    return program


def edit(program: Program, donor: Program, rng: random.Random) -> Program:
    """One valid edit of a file drawn uniformly; `program` itself if there is none."""
    trees, pool = parsed(program), list(parsed(donor).values())
    for path in rng.sample(list(trees), len(trees)):
        for _ in range(ATTEMPTS):
            operator = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            try:
                text, made = apply(operator, path, trees[path], pool, rng)
            except INVALID:
                continue
            return program.with_file(path, text, made)
    return program


def parsed(program: Program) -> dict[str, Tree]:
    """The Python files that can be read, in the order of their paths."""
    trees = {path: parse(text) for path, text in sorted(program.files.items()) if path.endswith(".py")}
    return {path: tree for path, tree in trees.items() if tree}


def apply(operator: str, path: str, tree: Tree, pool: list[Tree], rng: random.Random) -> tuple[str, Edit]:
    """The file's new text, which compiles and is not the old one. Raises one of INVALID."""
    change = OPERATORS[operator](tree, pool, rng)
    text = tree.replace(change)
    if text == tree.text:
        raise NoSite
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text, path, "exec", dont_inherit=True)
    before, after = tree.describe(change)
    return text, Edit(operator, f"{path}:{tree.symbol(change)}", before, after)
