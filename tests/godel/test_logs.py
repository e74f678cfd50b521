"""The telling line of a log: of real tracebacks, whole, cut, followed by output, and faked."""

from __future__ import annotations

import random
import re
import traceback

import pytest

from godel.logs import LINE, telling_line

JUDGE = f"program/task_{'a' * 64}/judge.py"


def traceback_of(source: str, path: str = "program/main.py") -> str:
    try:
        exec(compile(source, path, "exec"), {})
    except BaseException as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError("it raised nothing")


LOST = "AttributeError: 'NoneType' object has no attribute 'x'"
DECODED = "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
ZERO = "ZeroDivisionError: division by zero"
GROUP = "raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [KeyError(2)])])"
RAISING = {
    "a crash": ("def improve():\n None.x\nimprove()", f"{LOST} (main.py:2 in improve)"),
    "from another": ("try:\n {}[1]\nexcept KeyError as e:\n raise OSError('gone') from e", "OSError: gone (main.py:4)"),
    "while another": ("try:\n {}[1]\nexcept KeyError:\n 1 / 0", f"{ZERO} (main.py:4)"),
    "a message of lines": ("raise ValueError('one\\ntwo\\nFile \"x\", line 3')", "ValueError: one (main.py:1)"),
    "with a note": ("e = ValueError('v'); e.add_note('a note')\nraise e", "ValueError: v (main.py:2)"),
    "in a library": ("import json\njson.loads('{')", f"{DECODED} (main.py:2)"),
    "a syntax error": ("compile('x = 1\\nx y', 'program/b.py', 'exec')", "SyntaxError: invalid syntax (b.py:2)"),
    "an expression of lines": ("def f():\n None.x\n(1\n    + f())", f"{LOST} (main.py:2 in f)"),
    "a group": (
        f"def f():\n {GROUP}\nf()",
        "ExceptionGroup: g (2 sub-exceptions) (main.py:2 in f), first: ValueError: 1",
    ),
    "a group of one raised": (
        "def f():\n 1 / 0\ntry:\n f()\nexcept Exception as e:\n raise ExceptionGroup('g', [e])",
        f"ExceptionGroup: g (1 sub-exception) (main.py:6), first: {ZERO} (main.py:2 in f)",
    ),
    "after a group": (
        "try:\n raise ExceptionGroup('g', [ValueError(1)])\nexcept* ValueError:\n 1 / 0",
        f"{ZERO} (main.py:4)",
    ),
    "without a message": ("raise RuntimeError", "RuntimeError (main.py:1)"),
}


@pytest.mark.parametrize("kind", RAISING)
def test_what_was_raised_and_where(kind: str) -> None:
    source, expected = RAISING[kind]
    assert telling_line(traceback_of(source)) == expected


@pytest.mark.parametrize("kind", [kind for kind in RAISING if "group" not in kind])
def test_a_log_that_begins_in_the_middle_of_it(kind: str) -> None:
    log = traceback_of(RAISING[kind][0])
    beginning = log.rindex('File "program/') - 100
    assert telling_line(log[beginning:]) == telling_line(log)


@pytest.mark.parametrize("kind", RAISING)
def test_a_log_that_goes_on_after_it(kind: str) -> None:
    log = traceback_of(RAISING[kind][0])
    assert telling_line(f"before\n{log}\nbye\nFile\n") == telling_line(log)


def test_a_judges_file_is_named_as_its_author_does() -> None:
    assert (
        telling_line(traceback_of("def score():\n  {}['x']\nscore()", JUDGE)) == "KeyError: 'x' (judge.py:2 in score)"
    )


def test_a_deep_recursion() -> None:
    line = telling_line(traceback_of("def f(n):\n  return f(n)\nf(0)")[-4096:])
    assert line == "RecursionError: maximum recursion depth exceeded (main.py:2 in f)"


def test_a_log_without_a_traceback() -> None:
    assert telling_line("one\ntwo\n\n") == "two"
    assert telling_line("MemoryError\n") == "MemoryError"
    assert telling_line("") == telling_line("\n \n") == ""


def test_the_message_is_cut_and_not_the_place() -> None:
    line = telling_line(traceback_of("raise ValueError('x' * 5000)"))
    assert line.endswith("x… (main.py:1)") and len(line) == LINE


def test_a_traceback_that_is_none() -> None:
    """Whatever a guest writes: one line, bounded."""
    frame = ['  File "', "main.py", '", line ', "9" * 9, ", in ", "f", "\n"]
    header, separator = "Traceback (most recent call last):\n", "  +-+---- 1 ----\n"
    pieces = [
        *frame,
        header,
        "  | ",
        "  + Exception Group ",
        separator,
        "Error: x",
        "\x1b[2J",
        "\ud800",
        "  ",
        "x" * 300,
    ]
    rng = random.Random(0)
    for _ in range(3000):
        line = telling_line("".join(rng.choices(pieces, k=rng.randrange(30))))
        assert len(line) <= LINE and "\n" not in line
    assert re.fullmatch(r"Error: x \(main.py:9{9} in f\)", telling_line("".join([*frame, "Error: x"])))
