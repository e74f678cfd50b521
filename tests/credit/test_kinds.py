"""Of which kinds an edit is, by facts: the nine of EvoTrace, and what it touches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from godel.contract import Program
from godel.lineage import Evaluation, Spend, Split
from godel.lineage.analysis.kinds import by_trials, nature
from godel.lineage.analysis.statements import statements
from godel.lineage.analysis.survival import heads, there

TEXT = '''import random

STEP = 0.5
WEIGHTS = {"a": 1.0}


def improve(program, utility, model, rng):
    """Documented."""
    best, top = program, utility(program)
    for _ in range(6):
        child = changed(best, rng)
        score = utility(child)
        if score > top:
            best, top = child, score
    return best


def changed(program, rng):
    way = rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
    return way
'''
KEEPS = "        if score > top:\n            best, top = child, score\n"
ORDER = TEXT.partition("def changed")


def program(text: str = TEXT) -> Program:
    return Program({"main.py": text})


@pytest.mark.parametrize(
    ("before", "after", "kind", "touched"),
    [
        ("0.5", "0.7", ["hyperparameter tuning"], ["constants"]),
        ('"a": 1.0', '"a": 2.0', ["hyperparameter tuning"], ["constants", "what is aimed at"]),
        ("range(6)", "range(60)", ["hyperparameter tuning"], ["constants", "control flow"]),
        ("score > top", "score >= top", ["local refinement"], ["control flow", "what is kept"]),
        ("= child, score", "= child, max(score, 0)", ["local refinement"], ["constants", "what is kept"]),
        ("changed(best, rng)", "changed(program, rng)", ["local refinement"], ["what is kept"]),
        ("import random\n", "import random\nimport math\n", ["external dependency", "composition"], []),
        ("(child)\n", "(child)\n        print(score)\n", ["composition"], []),
        (KEEPS, "", ["pruning"], ["control flow", "what is kept"]),
        ("for _ in range(6):", "while utility.remaining:", ["architectural change"], ["control flow"]),
        ("way", "how", ["refactor"], ["control flow", "what is aimed at"]),
        ("Documented", "Described", [], []),
        ("    return best", "    # the best\n    return best", [], []),
    ],
)
def test_an_edit_is_of_the_kinds_that_its_trees_tell(
    before: str, after: str, kind: list[str], touched: list[str]
) -> None:
    edited = program(TEXT.replace(before, after))
    assert edited != program()
    assert nature(program(), edited) == (kind, touched)


def test_functions_in_another_order_are_a_refactor() -> None:
    head, _, body = TEXT.partition("def improve")
    first, mark, second = body.partition("def changed")
    assert nature(program(), program(f"{head}{mark}{second}\n\ndef improve{first}")).kinds == ["refactor"]


def test_a_file_that_cannot_be_read_is_of_no_kind() -> None:
    assert nature(program("def ("), program("x = (")) == ([], [])
    assert nature(program(), program("(" * 10_000)).kinds == ["external dependency", "pruning"]


def trial(seed: int, score: float, failure: str | None = None, cpu_s: float = 1.0) -> Evaluation:
    return Evaluation("t", "maxcut", "v", Split.SEARCH, seed, score, score, failure, "p", Spend(cpu_s=cpu_s))


FAILS = [trial(0, -1.0, "crash"), trial(1, 0.5)]
PLAIN = [trial(seed, 0.5) for seed in range(6)]


@pytest.mark.parametrize(
    ("parent", "child", "kind"),
    [
        (FAILS, [trial(0, 0.1), trial(1, 0.5)], ["bug fix"]),
        (FAILS, FAILS, []),
        (FAILS, [trial(7, 1.0)], []),
        (FAILS, [], []),
        (PLAIN, [trial(seed, 0.5, None, 0.5) for seed in range(6)], ["efficiency"]),
        (PLAIN, [trial(seed, 0.5, None, 0.5) for seed in range(5)], []),
        (PLAIN, [trial(seed, 0.5, None, 0.95 if seed else 0.1) for seed in range(6)], []),
        (PLAIN, [trial(seed, 0.6, None, 0.5) for seed in range(6)], []),
    ],
)
def test_what_only_the_trials_tell(parent: list[Evaluation], child: list[Evaluation], kind: list[str]) -> None:
    assert by_trials(parent, child) == kind


def test_how_much_of_an_edit_is_still_there() -> None:
    before, after = heads(program()), heads(program(TEXT.replace("0.5", "0.7")))
    changed = {each for each in {*before, *after} if before.get(each, 0) != after.get(each, 0)}
    assert there(before, after, after, changed) == 1.0 and there(before, after, before, changed) == 0.0
    now = heads(program(TEXT.replace("0.5", "0.9")))
    assert there(before, after, now, changed) == 0.5, "what went is gone, what came too"
    moved = heads(replace(program(), files={"other.py": TEXT}))
    assert there(before, after, moved, changed) == 0.5, "a file of another name is another file"


@pytest.mark.parametrize(
    "text", [TEXT, '"""A module."""\n\n\n@cache\n@other(\n    1\n)\ndef f():\n    """D."""\n    return 1\n']
)
def test_statement_by_statement_is_as_the_whole_file(text: str) -> None:
    """Most of a module is known from the version before; a line's end that only Python counts makes no difference."""
    whole = [each.head for each in statements(text.replace("\n", "\r\n"))]
    assert [each.head for each in statements(text)] == whole and whole
