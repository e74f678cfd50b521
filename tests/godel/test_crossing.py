"""Crossover of two programs by the contract's library: where they differ, and what a child takes."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

import pytest

from godel import scaffold
from godel.contract import Program
from godel.contract.editing.crossing import child_of, crossed
from godel.contract.editing.crossing.names import unbound
from godel.contract.editing.crossing.sites import sites

OURS = '''\
"""Ours."""

import math

STEP = 1.0
TRIES = 8


def value(x):
    # what it is worth
    total = x * STEP
    for each in range(TRIES):
        total += each
        total = abs(total)
    return total


class Box:
    def size(self):
        return 1

    def area(self):
        return 2
'''
THEIRS = (
    OURS.replace("STEP = 1.0", "STEP = 2.0")
    .replace("total += each", "total -= each")
    .replace("return 2", "return math.pi")
    .replace("def value(x):\n", "def helper(x):\n    return x + 1\n\n\ndef value(x):\n")
)


def of(text: str, **more: str) -> Program:
    return Program({"main.py": text, **more})


def children(one: Program, other: Program, count: int = 60) -> Iterator[Program]:
    return (crossed(one, other, random.Random(number)) for number in range(count))


def test_what_differs_is_found_down_to_statements() -> None:
    found = [(each.symbol, each.before, each.after) for each in sites(of(OURS), of(THEIRS))]
    assert found == [
        ("STEP", "STEP = 1.0", "STEP = 2.0"),
        ("helper", "", "def helper(x):\n    return x + 1"),
        ("value", "total += each", "total -= each"),
        ("Box.area", "return 2", "return math.pi"),
    ]


def test_a_child_takes_some_of_the_sites_and_reports_each() -> None:
    made = {child.files["main.py"]: child for child in children(of(OURS), of(THEIRS))}
    assert len(made) == 14, "2 ** 4, without none and all"
    for text, child in made.items():
        compile(text, "main.py", "exec")
        left = {(each.symbol, each.after) for each in sites(child, of(THEIRS))}
        taken = {(edit.target.partition(":")[2], edit.after) for edit in child.edits}
        every = {(each.symbol, each.after) for each in sites(of(OURS), of(THEIRS))}
        assert taken and left and taken | left == every and not taken & left
        assert all(edit.operator == "cross" for edit in child.edits)
        assert "# what it is worth" in text, "what is the same stays as it is written"


def test_the_same_seed_gives_the_same_child() -> None:
    one, two = (crossed(of(OURS), of(THEIRS), random.Random(3)) for _ in range(2))
    assert one == two and one.edits == two.edits


@pytest.mark.parametrize("other", [OURS, OURS.replace("STEP = 1.0", "STEP = 2.0")], ids=["the same", "one place"])
def test_where_nothing_can_be_recombined_it_is_left_as_it_is(other: str) -> None:
    assert all(child == of(OURS) and not child.edits for child in children(of(OURS), of(other), 10))


def test_no_child_reads_a_name_that_the_other_parent_alone_has() -> None:
    """Theirs gives the sum another name, calls a helper and takes a constant from another file."""
    theirs = OURS.replace("total", "amount").replace("import math", "import math\nfrom more import LIMIT, lower")
    theirs = theirs.replace("return amount", "return lower(amount, LIMIT)").replace("TRIES = 8", "COUNT = 8")
    theirs = theirs.replace("range(TRIES)", "range(COUNT)")
    ours, other = of(OURS, **{"more.py": "X = 1\nY = 2\n"}), of(theirs, **{"more.py": "LIMIT = 1\nlower = min\n"})
    made = [child for child in children(ours, other, 200) if child != ours]
    assert made
    for child in made:
        text = child.files["main.py"]
        namespace: dict[str, object] = {}
        text = text.replace("from more import LIMIT, lower", "LIMIT, lower = 1, min")
        exec(text, namespace)
        assert callable(namespace["value"]) and namespace["value"](3.0) is not None
        assert ("LIMIT" in child.files["main.py"]) <= ("LIMIT" in child.files["more.py"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(x):\n    return y", {"y"}),
        ("def f(x):\n    y += x\n    return y", {"f.y"}),
        ("def f(x):\n    print(y)\n    y = 1", {"f.y"}),
        ("def f(x):\n    y = x\n    return [z for z in y], lambda w: w + y", set()),
        ("def f(x):\n    try:\n        y = 1\n    except OSError as error:\n        raise error\n    return y", set()),
        ("def f(x):\n    for y, z in x:\n        yield y\n    with x as w:\n        return w, z", set()),
        ("def f(x):\n    def g():\n        return y\n    y = 1\n    return g", set()),
        ("Y = 1\ndef f():\n    global Y\n    Y = Y + 1", set()),
        ("def f(x):\n    match x:\n        case [y, *z]:\n            return y, z", set()),
        ("from other import here, gone", {"other.gone"}),
        ("from os.path import *\ndef f():\n    return join", set()),
    ],
)
def test_unbound_names(text: str, found: set[str]) -> None:
    assert unbound(Program({"main.py": text, "other.py": "here = 1\n"}), "main.py") == found


def test_no_scaffold_of_ours_reads_an_unbound_name() -> None:
    for name in scaffold.names():
        program = scaffold.load(name).program
        assert not [unbound(program, path) for path in program.files if path.endswith(".py") and unbound(program, path)]


def test_a_file_that_is_no_python_is_taken_whole() -> None:
    ours, theirs = of(OURS, **{"notes.md": "a\nb\n"}), of(THEIRS, **{"notes.md": "c\n"})
    texts = {child.files["notes.md"] for child in children(ours, theirs)}
    assert texts == {"a\nb\n", "c\n"}


def test_what_can_not_be_read_is_no_end() -> None:
    ours, theirs = of(OURS, **{"bad.py": "x = (\n"}), of(THEIRS, **{"bad.py": "y = (\n"})
    assert all(ast.parse(child.files["main.py"]) for child in children(ours, theirs, 10))


def test_two_scaffolds_of_other_lines_are_crossed() -> None:
    """Both climb, one with greater steps and one with fewer deletions: most of their children have both."""
    seed = scaffold.load("mutation").program

    def changed(*pairs: tuple[str, str, str]) -> Program:
        files = dict(seed.files)
        for path, old, new in pairs:
            assert old in files[path]
            files[path] = files[path].replace(old, new)
        return Program(files, seed.entry)

    one = changed(("main.py", "mutate(program, best, rng)", "mutate(best, best, rng)"))
    other = changed(("operators.py", "LOG_STEP = 0.5", "LOG_STEP = 2.0"), ("mutate.py", '"delete": 1', '"delete": 3'))
    texts = {child.digest: child for child in children(one, other)}
    assert len(texts) == 6
    both = [each for each in texts.values() if "mutate(best, best" in each.files["main.py"]]
    assert {tuple(sorted(edit.target for edit in each.edits)) for each in both} == {
        ("operators.py:LOG_STEP",),
        ("mutate.py:WEIGHTS",),
        ("mutate.py:WEIGHTS", "operators.py:LOG_STEP"),
    }
    assert child_of(one, other, sites(one, other)) == other
