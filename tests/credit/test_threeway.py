"""Three-way merges of syntax trees: what one side changed is carried over, and what both did is never guessed."""

from __future__ import annotations

import ast
import random

import pytest
from scaffold_runs import Scoring, modules

from godel.contract import Program
from godel.contract.editing.threeway import Inseparable, merged
from godel.scaffold import load

BASE = '''"""A scaffold."""

import random

STEP = 0.5
SIZES = {"small": 1.0, "large": 2.0}


def improve(program, utility, model, rng):
    # what it begins with
    best, top = program, utility(program)
    for _ in range(6):
        child = changed(best, rng, STEP)
        score = utility(child)
        if score > top:
            best, top = child, score
    return best


def changed(program, rng, step):
    return program
'''


def program(*changes: tuple[str, str]) -> Program:
    text = BASE
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return Program({"main.py": text, "notes.md": "Notes.\n"})


STEP = ("STEP = 0.5", "STEP = 0.7")
LARGE = ('"large": 2.0', '"large": 3.0')
SMALL = ('"small": 1.0', '"small": 0.1')
CALLS = ("range(6)", "range(60)")
EQUAL = ("score > top", "score >= top")
MORE = ("rng, STEP)", "rng, STEP * 2)")
OTHER = ("changed(best", "changed(program")
GONE = ("        if score > top:\n            best, top = child, score\n", "")
COME = ("    return best\n", "    print(top)\n    return best\n")
HELPER = ("def changed(", "def helper():\n    return 1\n\n\ndef changed(")
COMMENT = ("    # what it begins with\n", "    # another remark\n")
EDITS = (STEP, LARGE, SMALL, CALLS, EQUAL, MORE, OTHER, GONE, COME, HELPER, COMMENT)
CLASHES = ({EQUAL, GONE},)


@pytest.mark.parametrize("one", EDITS, ids=str)
@pytest.mark.parametrize("other", EDITS, ids=str)
def test_two_edits_come_together_and_each_is_taken_back(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Also where both lie in one statement, unless they changed the same thing."""
    base, ours, theirs = program(), program(one), program(other)
    if {one, other} in CLASHES:
        with pytest.raises(Inseparable, match="both sides changed `"):
            merged(base, ours, theirs)
        return
    both = program(one, other) if one != other else ours
    assert merged(base, ours, theirs) == both
    assert merged(theirs, both, base) == (ours if one != other else base)


def test_what_was_never_changed_there_is_as_it_was() -> None:
    base, child, later = program(), program(STEP), program(STEP, CALLS)
    assert merged(base, later, base) == later
    assert merged(child, child, base) == base
    assert merged(base, base, child) == child


@pytest.mark.parametrize(
    ("edit", "later", "says"),
    [
        (STEP, ("STEP = 0.7", "STEP = 0.9"), "both sides changed `0.7`, one to `0.9`"),
        (
            HELPER,
            ("return 1", "return 2"),
            "both sides changed `def helper(): return 1`, one to `def helper(): return 2`",
        ),
        (MORE, ("STEP * 2", "min(STEP * 2, 1)"), "both sides changed `STEP * 2`, one to `min(STEP * 2, 1)`"),
        (GONE, ("        score = utility(child)\n", "        score = utility(child)\n        top = 1\n"), "both sides"),
    ],
)
def test_what_a_later_edit_changed_too_is_said(edit: tuple[str, str], later: tuple[str, str], says: str) -> None:
    with pytest.raises(Inseparable) as found:
        merged(program(edit), program(edit, later), program())
    assert str(found.value).startswith(says)


def test_a_file_that_is_no_python_is_one_thing() -> None:
    def notes(text: str) -> Program:
        return program().with_file("notes.md", text)

    assert merged(notes("a"), notes("a").with_file("main.py", "x = 1\n"), notes("b")).files["notes.md"] == "b"
    with pytest.raises(Inseparable, match=r"notes\.md was changed as a whole on both sides"):
        merged(notes("a"), notes("b"), notes("c"))


def worth_nothing(program: Program) -> float:
    return 0.0


def test_edits_of_the_mutation_scaffold_are_taken_back_exactly() -> None:
    """Whatever its operators do: out of one that came later, unless that is refused, comes what parses; and the edit
    taken back by itself gives its parent, to the character."""
    seed = load("mutation").program
    refused = 0
    with modules("mutation") as found:
        for dice in range(12):
            child = found["main"].improve(seed, Scoring(0, worth_nothing), None, random.Random(dice))
            later = found["main"].improve(child, Scoring(0, worth_nothing), None, random.Random(1000 + dice))
            assert merged(child, child, seed) == seed and merged(seed, seed, child) == child
            try:
                without = merged(child, later, seed)
            except Inseparable:
                refused += 1
                continue
            assert merged(seed, without, child) == later
            for path, text in without.files.items():
                ast.parse(text, path)
    assert refused < 6
