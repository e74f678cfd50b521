"""A program that a judge reads: whatever stands in it, the outcome is a value or Invalid, in a moment."""

from __future__ import annotations

import math
import random
import time

import pytest

from godel.contract.limits import READ_CHARACTERS
from godel.tasks.judging import Invalid
from godel.tasks.judging.expressions import Function
from godel.tasks.judging.reading import brackets, read


def function(body: str, head: str = "") -> Function:
    return read(f"{head}\ndef f(x, y):\n{body}\n").function("f", ("x", "y"))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (" return x + 2 * y", 8.0),
        (" return x - y / 4 ** 0.5", 0.5),
        (" return -x // y + x % y", 1.0),
        (" return min(x, y, 1) + max(x, y) + abs(-x) + sqrt(4) + exp(0) + log(1)", 9.0),
        (" return x < y", 1.0),
        (" return 0 < x < y <= 3 and not x == 5", 1.0),
        (" return x > y or y != 3", 0.0),
        (" return x if x > y else y", 3.0),
        (" '''doc'''\n z = x\n z += y\n z = z * LEVEL\n return z", 20.0),
        (" if x > y:\n  return 1\n elif y > 2:\n  pass\n else:\n  return 3\n return 4", 4.0),
        (" return True", 1.0),
        (" if x < y:\n  z = 7\n return z", 7.0),
    ],
)
def test_the_language_is_pythons_on_floats(body: str, value: float) -> None:
    found = function(body, "LEVEL = 2 + 2")(2.0, 3.0)
    assert found == value and type(found) is float


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (" return x / (y - 3)", "f: float division by zero"),
        (" return x % 0", "f: float modulo"),
        (" return 1e308 * 1e308", "f: no finite result"),
        (" return 9 ** 9 ** 9 ** 9", "f: math range error"),
        (" return (0 - 8) ** 0.5", "f: math domain error"),
        (" return log(0)", "f: math domain error"),
        (" return exp(x * 1000)", "f: math range error"),
        (" x = 2", "f: no finite result"),
        (" if x > y:\n  z = 1\n return z", "f: no finite result"),
    ],
)
def test_a_result_that_is_no_number_is_invalid(body: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        function(body)(2.0, 3.0)
    assert says in caught.value.detail


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1 +", "does not parse"),
        ("x = 1\nwhile True: pass", "line 2: While is not read"),
        ("import os", "line 1: Import is not read; expected a number with a name"),
        ("x = y = 1", "Assign is not read"),
        ("x = [1, 2]", "List is not read"),
        ("x = 'a' * 9", "Constant is not read"),
        ("x = 1j", "Constant is not read"),
        ("x = other", "Name is not read"),
        ("x = ().__class__", "Attribute is not read"),
        ("x = __import__('os').system('true')", "Call is not read"),
        ("x = (lambda: 1)()", "Call is not read"),
        ("x = f'{1}'", "JoinedStr is not read"),
        ("x = 1 if 1 else open(1)", "Call is not read"),
        ("x = 1e999", "no finite result"),
        ("x = 1" + "0" * 400, "a number is too large"),
        ("x = 1" + "0" * 5_000, "the text "),
        ("x = 0x" + "f" * 5_000, "integer of more than 4096 bits"),
        ("x = " + "-" * 1_400 + "1", "nested more than 40 deep"),
        ("x = " + "+".join("1" * 300), "nested more than 40 deep"),
        ("x = " + "(" * 100 + ")" * 100, "more than 20 brackets"),
        ("x = " + "{1:" * 100, "more than 20 brackets"),
        ("x = " + "1+" * 1_000 + "1", "words and signs; at most 1500"),
        ("#" * (READ_CHARACTERS + 1), "8001 characters; at most 8000"),
        ("x = 1\0", "does not parse"),
        ("x = '\ud800'", "does not parse"),
        ("@print\ndef f(): pass", "FunctionDef is not read"),
        ("def f(x=print()): pass", "FunctionDef is not read"),
        ("def f(*x): pass", "FunctionDef is not read"),
        ("class A: pass", "ClassDef is not read"),
        ("x: int = 1", "AnnAssign is not read"),
    ],
)
def test_what_is_not_read_is_invalid_and_says_where(text: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert says in caught.value.detail and "\n" not in caught.value.detail


@pytest.mark.parametrize(
    "body",
    [
        " for z in x:\n  return 1",
        " while x: pass",
        " return f(x, y)",
        " return print(x)",
        " return max(x)",
        " return sqrt(x, y)",
        " return min(*x, y)",
        " return x.real",
        " return x[0]",
        " return z",
        " return x @ y",
        " return x << 1",
        " return x in y",
        " return x is y",
        " return ~x",
        " return",
        " global x",
        " raise ValueError",
        " exec('1')",
        " import os",
        " return (z := 1)",
        " return [x for x in y]",
        " def g(): pass",
        " try:\n  return 1\n finally: pass",
    ],
)
def test_a_function_of_anything_else_is_refused_before_it_is_called(body: str) -> None:
    with pytest.raises(Invalid, match="is not read"):
        function(body)


def test_parameters_may_have_any_names_but_as_many_as_asked_for() -> None:
    assert read("def f(a, b): return a - b").function("f", ("x", "y"))(3.0, 1.0) == 2.0
    with pytest.raises(Invalid, match="f: expected the parameters x, y"):
        read("def f(x): return x").function("f", ("x", "y"))
    with pytest.raises(Invalid, match=r"there is no function f\(x, y\)"):
        read("def g(x): return x").function("f", ("x", "y"))


def test_what_a_function_hands_on_is_read_by_place() -> None:
    text = "def order(a, b, c):\n '''doc'''\n return line(c, a, c)"
    assert read(text).arguments("order", ("x", "y", "z"), "line") == ["z", "x", "z"]
    for body in ("return line(d)", "return line(1)", "return line(*a)", "return other(a)", "a = b", "return line(k=a)"):
        with pytest.raises(Invalid):
            read(f"def order(a, b, c): {body}").arguments("order", ("x", "y", "z"), "line")


def test_missing_numbers_are_named() -> None:
    assert read("A = 2\nB = -A * 2").chosen(["B", "A"]) == [-4.0, 2.0]
    with pytest.raises(Invalid, match="there is no number C; expected A, C"):
        read("A = 1").chosen(["A", "C"])


def test_brackets_are_counted_wherever_they_stand() -> None:
    assert (brackets("([{}])"), brackets(")))((("), brackets("'((' # [")) == (3, 3, 3)


PIECES = """
( [ {1: f( lambda# x: - not# a# if# a. a[ ** {** (yield# x:= 0x if# x:; for# x# in# with# ( match# x:;#case# ( def# f(
class# A( print# f'{ ' \\; @ async# try:;# 1_ 1e9 else# (a# for# a# in# é del# ( *a,
"""
"""What hostile texts are made of; # stands for a space, ; for a line feed."""

MORE = ("\ud800", "\0", "\f")


def test_whatever_a_text_is_made_of_it_is_a_sheet_or_invalid_in_a_moment() -> None:
    """Where brackets nest deeply, Python's parser tries all ways; what it raises is never let through."""
    rng, pieces = random.Random(4), (*PIECES.replace(";", "\n").split(" "), *MORE)
    pieces = tuple(piece.replace("#", " ") for piece in pieces)
    for number in range(1_500):
        text = "".join(rng.choices(pieces, k=rng.randint(1, 4))) * rng.choice((1, 5, 10, 20, 400))
        started = time.process_time()
        try:
            read(text[:READ_CHARACTERS])
        except Invalid as refused:
            assert len(refused.detail) < 400, number
        assert time.process_time() - started < 2, text[:100]


def test_calls_cost_as_much_as_the_text_is_long() -> None:
    body = "".join(f" z{n} = x * y + {n}\n" for n in range(150)) + " return z7"
    called = function(body)
    started = time.process_time()
    assert math.isclose(sum(called(1.0, float(n)) for n in range(500)), 500 * 499 / 2 + 7 * 500)
    assert time.process_time() - started < 5
