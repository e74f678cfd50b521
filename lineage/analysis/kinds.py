"""Of which kinds a self-edit is: by facts of the two syntax trees, and by what was recorded of their trials.

EvoTrace (arXiv 2605.20086) has nine kinds, which a language model reads off a diff; an edit may be of several. Here
each has a fact in its place, so that the same edit is always of the same kinds. What somebody meant, a fact does not
tell:

- **hyperparameter tuning**: statements differ in numbers alone;
- **local refinement**: a statement became another of its kind, and no statement came or went, not by numbers alone;
- **composition**: statements came and none went;
- **pruning**: statements went and none came;
- **architectural change**: statements came and others went, and loops, conditions or definitions are among them;
- **external dependency**: another set of modules is imported;
- **refactor**: the statements are the same but for names that changed throughout, or for their order;
- **bug fix**: the child fails on fewer of the trials that both were scored on;
- **efficiency**: no paired score differs, and on each of six pairs or more the child took a tenth less CPU.

Beside these an edit is told by what it touches: **constants** (numbers, texts, truth values), **control flow** (loops,
conditions, returns), **what is kept** (a statement that compares scores, or is subject to such a comparison: a score is
what `utility` gave, and what is made of it; or one that now goes by something else that such a comparison keeps),
**what is aimed at** (a draw from the random generator, or a name that is
drawn from).
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from godel.contract import Program

from .. import Evaluation
from .statements import CONTROL, Changes, Facts, Statement, changes, statements

CONSTANTS, CONTROL_FLOW, KEPT, AIMED = "constants", "control flow", "what is kept", "what is aimed at"
NUMBER = re.compile(r"(?<=Constant\(value=)-?[\d.e+-]+(?=\))")
VALUE = re.compile(r"(?<=Constant\(value=)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^()']+)(?=\))")
NAME = re.compile(r"(?<=id=)'[^']*'|(?<=name=)'[^']*'|(?<=arg=)'[^']*'|(?<=attr=)'[^']*'")
IMPORTS = (ast.Import, ast.ImportFrom)
DEFINES = (*CONTROL, ast.FunctionDef, ast.ClassDef)
LESS, MANY = 0.9, 6
"""By chance all of six pairs are faster once in 64 times."""


class Nature(NamedTuple):
    """Of which kinds an edit is, and what it touches."""

    kinds: Sequence[str]
    touches: Sequence[str]


def nature(before: Program, after: Program) -> Nature:
    """As the syntax trees tell it."""
    made = changes(before, after)
    return Nature(kinds(made, before, after), touches(made, before, after))


def kinds(made: Changes, before: Program, after: Program) -> list[str]:
    """Those of the nine that the syntax trees tell."""
    imports = ["external dependency"] if _imported(before) != _imported(after) else []
    return [*imports, *(["refactor"] if _refactored(before, after) else dict.fromkeys(_structure(made)))]


def touches(made: Changes, before: Program, after: Program) -> list[str]:
    """What of a scaffold is touched; nothing of these for a change of plain statements."""
    every = [each.facts for program in (before, after) for text in program.files.values() for each in statements(text)]
    scores = _scores(every)
    held = _union(each.assigns for each in every if each.compares & scores)
    drawn = _union(each.drawn for each in every)
    own = [each.facts for each in made.all()]
    goes_by = any((one.facts.reads ^ other.facts.reads) & held for one, other in made.changed)
    found = {
        CONSTANTS: any(VALUE.findall(one.head) != VALUE.findall(other.head) for one, other in made.changed),
        CONTROL_FLOW: any(isinstance(each.node, CONTROL) for each in made.all()),
        KEPT: goes_by or any(each.compares & scores for each in own),
        AIMED: any(each.draws or each.assigns & drawn for each in own),
    }
    return [name for name, holds in found.items() if holds]


def _scores(every: Sequence[Facts]) -> frozenset[str]:
    """Names that hold what `utility` gave, or what is made of it."""
    known = frozenset({"utility"})
    while not (more := _union(each.assigns for each in every if each.value & known)) <= known:
        known |= more
    return known - {"utility"}


def _union(names: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*names)


def by_trials(parent: Iterable[Evaluation], child: Iterable[Evaluation]) -> list[str]:
    """Those of the nine that the trials tell, of those that both were scored on."""
    before = {each.trial: each for each in parent}
    pairs = [(before[each.trial], each) for each in child if each.trial in before]
    failures = [sum(each.failure is not None for each in side) for side in zip(*pairs, strict=True)]
    fixed = bool(pairs) and failures[1] < failures[0]
    faster = len(pairs) >= MANY and all(
        one.score == other.score and other.spend.cpu_s < LESS * one.spend.cpu_s for one, other in pairs
    )
    return ["bug fix"] * fixed + ["efficiency"] * faster


def _structure(made: Changes) -> Iterator[str]:
    if made.went and made.came:
        structural = any(isinstance(each.node, DEFINES) for each in (*made.went, *made.came))
        yield "architectural change" if structural else "local refinement"
    elif made.came or made.went:
        yield "composition" if made.came else "pruning"
    for one, other in made.changed:
        if NUMBER.sub("0", one.head) == NUMBER.sub("0", other.head):
            yield "hyperparameter tuning"
        elif not (made.went or made.came):
            yield "local refinement"


def _refactored(before: Program, after: Program) -> bool:
    edited = [path for path in before.files.keys() | after.files.keys() if _text(before, path) != _text(after, path)]
    old, new = ([each.head for path in edited for each in statements(_text(one, path))] for one in (before, after))
    return old != new and (_renamed(old) == _renamed(new) or Counter(old) == Counter(new))


def _text(program: Program, path: str) -> str:
    return program.files.get(path, "") if path.endswith(".py") else ""


def _all(program: Program) -> Iterator[Statement]:
    for text in program.files.values():
        yield from statements(text)


def _imported(program: Program) -> set[str]:
    return {each.head for each in _all(program) if isinstance(each.node, IMPORTS)}


def _renamed(heads: Sequence[str]) -> list[str]:
    """With every name by the order in which it comes first."""
    order: dict[str, int] = {}
    return [NAME.sub(lambda found: str(order.setdefault(found[0], len(order))), head) for head in heads]
