"""What counts as the same statement, and what an ancestor had that is no more."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from godel.contract.fingerprints import deleted, fingerprints
from godel.contract.syntax import parse

SOURCE = '''\
"""About."""

import math
from os import path

RATE: float = 0.5
a, b = 1, 2


def area(width, height=2):
    """Documented."""

    def inner():
        """Documented, too."""
        return 1

    return width * height  # in metres


async def wait():
    return area(1)


class Box(object):
    """A box."""

    size = 1

    def volume(self):
        return area(1) * self.size


if RATE:
    print(RATE)
'''
NAMES = [
    "import math",
    "from os import path",
    "RATE",
    "(a, b)",
    "area",
    "wait",
    "Box",
    "Box.volume",
    "if RATE:",
]


def test_statements_and_methods_are_named_in_order() -> None:
    assert list(fingerprints(SOURCE).values()) == NAMES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# in metres", "# in feet"),
        ('"""About."""', ""),
        ('    """Documented."""\n', ""),
        ('        """Documented, too."""\n', ""),
        ('"""A box."""', '"""Another."""'),
        ("width * height", "(width*height)"),
        ("RATE: float = 0.5", "RATE : float=0.5"),
        ("\n\n\nasync", "\n# why\nasync"),
    ],
)
def test_layout_comments_and_docstrings_do_not_count(old: str, new: str) -> None:
    changed = SOURCE.replace(old, new)
    assert changed != SOURCE
    assert fingerprints(changed) == fingerprints(SOURCE)


@pytest.mark.parametrize(
    ("old", "new", "which"),
    [
        ("def area(", "def region(", {"area"}),
        ("height=2", "height=3", {"area"}),
        ("return 1\n", "return 2\n", {"area"}),
        ("return area(1)\n", "return area(2)\n", {"wait"}),
        ("size = 1", "size = 2", {"Box"}),
        ("(object)", "()", {"Box"}),
        ("* self.size", "/ self.size", {"Box", "Box.volume"}),
        ("import math", "import cmath", {"import math"}),
        ("RATE: float = 0.5", "RATE: float = 1.5", {"RATE"}),
        ("print(RATE)", "print(a)", {"if RATE:"}),
    ],
)
def test_everything_else_counts(old: str, new: str, which: set[str]) -> None:
    changed = SOURCE.replace(old, new)
    gone = fingerprints(SOURCE).keys() - fingerprints(changed).keys()
    assert {fingerprints(SOURCE)[mark] for mark in gone} == which


def test_a_method_is_the_same_wherever_it_stands() -> None:
    method = "def volume(self):\n    return self.size\n"
    inside = "class Box:\n" + textwrap.indent(method, "  ")
    assert fingerprints(method).keys() < fingerprints(inside).keys()


@pytest.mark.parametrize(
    "text",
    ["def f(:\n", "x = '\0'\n", "(" * 5000 + ")" * 5000, "x = " + "-" * 5000 + "1", "x" + ".a" * 3000],
)
def test_text_that_does_not_parse_has_none(text: str) -> None:
    assert fingerprints(text) == {}


def test_bad_escapes_are_no_reason_to_warn_or_to_give_up() -> None:
    assert list(fingerprints(r"x = '\d'").values()) == ["x"]


def test_the_hosts_parser_finds_the_same() -> None:
    assert fingerprints(SOURCE, parse) == fingerprints(SOURCE)


def test_what_is_returned_can_be_changed_without_harm() -> None:
    fingerprints(SOURCE).clear()
    assert list(fingerprints(SOURCE).values()) == NAMES


def test_deleted_is_what_any_ancestor_had_and_no_file_has_now() -> None:
    first = {"main.py": "import math\n\ndef f():\n    return 1\n", "notes.txt": "def n(): pass\n"}
    second = {"main.py": "import math\n\ndef g():\n    return 2\n", "more.py": "X = 1\n"}
    now = {"main.py": "def g():\n    return 3\n", "other.py": "import math\n"}
    marks = fingerprints(first["main.py"]) | fingerprints(second["main.py"]) | fingerprints(second["more.py"])
    gone = deleted([first, second], now)
    assert sorted(marks[mark] for mark in gone) == ["X", "f", "g"]
    assert deleted([], now) == frozenset()
    assert deleted([now, {"bad.py": "("}], now) == frozenset()


STATEMENTS = ["import math", "X = 1", "def f():\n    return 1", "class C:\n    def m(self):\n        return 1"]


@given(st.lists(st.sampled_from(STATEMENTS), unique=True), st.lists(st.sampled_from(STATEMENTS), unique=True))
def test_deleted_is_the_difference_of_the_statements(had: list[str], has: list[str]) -> None:
    gone = deleted([{"a.py": "\n".join(had)}], {"b.py": "\n\n".join(has)})
    expected = {mark for each in set(had) - set(has) for mark in fingerprints(each)}
    assert gone == expected
