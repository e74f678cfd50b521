"""Whatever libcst raises is text that could not be read: one reply of several, and no crash of who reads it."""

from __future__ import annotations

import ast

import libcst as cst
import pytest
from imports import ROOT

from godel.contract import Program, ToolCall
from godel.contract.editing import EditFailed, Unreadable, by_tool, from_reply, parse_module, readable

ODD = "def odd():\n    return None or(lambda: 1)\n"
"""Python compiles it; libcst raises TypeError (its issue 1061)."""
DEEP = [f"x = {'-' * 900}1\n", f"x = y{'[0]' * 900}\n"]
"""Python compiles these; libcst raises RecursionError, when it reads or when it writes."""
LISTED = "a = 1\n\n\ndef plain():\n    return a\n"


@pytest.mark.parametrize("text", [ODD, *DEEP, "x = not(lambda: 1)\n", "assert(lambda: 1)\n", "x = (\n", "\0", "\ud800"])
def test_whatever_the_parser_raises_is_one_error(text: str) -> None:
    with pytest.raises(Unreadable), readable("the program"):
        assert parse_module(text).code


def test_it_is_libcst_that_cannot_read_it() -> None:
    ast.parse(ODD)
    with pytest.raises(TypeError):
        cst.parse_module(ODD)


def test_what_it_can_read_but_not_write_is_one_error_too() -> None:
    module = parse_module("x = 1\n")
    for number in range(600):
        module = cst.Module([cst.If(cst.Name("x"), cst.IndentedBlock(module.body))]) if number else module
    with pytest.raises(Unreadable, match="too deeply"), readable("the program"):
        assert module.code


def test_a_signal_and_an_exit_are_not_about_the_text() -> None:
    for error in (KeyboardInterrupt, SystemExit):
        with pytest.raises(error), readable("the program"):
            raise error


@pytest.mark.parametrize("odd", [ODD, DEEP[0]])
def test_a_program_that_libcst_cannot_read_is_edited_all_the_same(odd: str) -> None:
    program = Program({"main.py": LISTED, "odd.py": odd})
    block = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
    made = from_reply(program, f"main.py\n```python\n{LISTED.replace('1', '2')}```\n").program
    assert made.files["main.py"] == LISTED.replace("1", "2")
    call = ToolCall("replace_function", {"source": "def plain():\n    return 2 * a\n"})
    assert by_tool(program, call).program.files["main.py"] == LISTED.replace("return a", "return 2 * a")
    last = odd.splitlines()[-1]
    made = from_reply(program, "odd.py\n" + block.format(last, f"{last}  # odd")).program
    assert made.files["odd.py"] == odd.replace(last, f"{last}  # odd")
    assert from_reply(program, f"odd.py\n```python\n{odd}\n\nb = 1\n```\n").program.files["odd.py"].endswith("b = 1\n")


def test_one_such_reply_of_three_is_asked_about_and_the_others_are_read() -> None:
    program = Program({"main.py": LISTED})
    replies = [
        f"```python\ndef plain():\n    return {what}\n```\n" for what in ("a + 1", "None or(lambda: a)", "a + 2")
    ]
    made = []
    for reply in replies:
        try:
            made.append(from_reply(program, reply).program.files["main.py"])
        except EditFailed as failed:
            assert "can't be read by libcst" in str(failed)
    assert made == [LISTED.replace("return a", f"return {what}") for what in ("a + 1", "a + 2")]


def test_nothing_else_calls_the_parser() -> None:
    doors = [path for path in ROOT.glob("godel/**/*.py") if ".parse_module(" in path.read_text(encoding="utf-8")]
    assert {path.name for path in doors} <= {"parsing.py"}
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("scaffolds/**/*.py")]
    assert texts and not any("cst.parse_module(" in text for text in texts)
