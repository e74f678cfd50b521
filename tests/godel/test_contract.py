"""What scaffolds have of the contract beside its types: a function's parameters, a proper change, a score in words,
a program as a model is shown it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from godel.contract import SCALE, Program, Score, fenced, in_words, is_scaffold, parameters, shown
from godel.contract.editing import EditFailed, check_change, from_reply

IMPROVE = "def improve({}):\n    return program\n"
FULL = "program, utility, model, rng"
SCAFFOLD = Program({"main.py": IMPROVE.format(FULL), "prompt.md": "# Title\nMake it better.\n"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (IMPROVE.format(FULL), tuple(FULL.split(", "))),
        (IMPROVE.format("a: int, b=1"), ("a", "b")),
        (IMPROVE.format(""), ()),
        (IMPROVE.format("x") + IMPROVE.format("y"), ("y",)),
        ("async " + IMPROVE.format("x"), None),
        ("class A:\n    def improve(self):\n        return 1\n", None),
        ("def improve(:\n", None),
        ("x = '\0'\n", None),
        ("(" * 5000, None),
        ("", None),
    ],
)
def test_parameters_are_those_of_the_entrys_last_improve(text: str, expected: tuple[str, ...] | None) -> None:
    program = Program({"main.py": text, "other.py": IMPROVE.format("no")})
    assert parameters(program) == expected
    assert is_scaffold(program) == (expected is not None)


def test_a_host_may_parse_in_its_own_way() -> None:
    def refuses(text: str) -> ast.Module:
        raise ValueError("too long")

    assert parameters(SCAFFOLD, refuses) is None


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("main.py", "return program", "return  program  # as it is", "nothing that runs would change"),
        ("main.py", "    return", '    """It improves."""\n    return', "nothing that runs would change"),
        ("main.py", "rng)", "dice)", "main.py must keep its function improve(program, utility, model, rng)"),
        ("main.py", "def improve", "def better", "must keep its function improve"),
        ("main.py", "return program", "return program.with_file('a', '')", ""),
        ("prompt.md", "# Title", "# Another", ""),  # which are comments only where it is Python
        ("prompt.md", "better.", "better. ", ""),
    ],
)
def test_a_change_must_change_something_and_keep_the_contract(path: str, old: str, new: str, says: str) -> None:
    after = SCAFFOLD.with_file(path, SCAFFOLD.files[path].replace(old, new))
    assert after != SCAFFOLD
    if not says:
        check_change(SCAFFOLD, after)
        return
    with pytest.raises(EditFailed) as failed:
        check_change(SCAFFOLD, after)
    assert says in str(failed.value)


def test_what_is_no_scaffold_may_become_one() -> None:
    before = Program({"main.py": "x = 1\n"})
    check_change(before, before.with_file("main.py", IMPROVE.format("anything")))


def test_a_score_in_words() -> None:
    assert in_words(Score(0.25)) == "0.2500"
    assert in_words(Score(-1.0, "timeout")) == "-1.0000, a failure: timeout"
    assert all(word in SCALE for word in ("0 ", "1 ", "-1 ", "fails"))


LINES = st.sampled_from(["x = 1", "'''", '"""', "```", "````python", "# main.py", "text", "~~~", "    y", ""])


def test_files_are_shown_with_their_paths_and_languages() -> None:
    program = Program({"main.py": "x = 1\n", "prompts/a.md": "a ``` b\n", "words.txt": "w\n"})
    assert shown(program) == (
        "main.py\n```python\nx = 1\n```\n\nprompts/a.md\n````markdown\na ``` b\n````\n\nwords.txt\n```\nw\n```"
    )


@given(st.lists(LINES, min_size=1, max_size=8), st.lists(LINES, min_size=1, max_size=8))
def test_what_is_shown_is_read_again(before: list[str], after: list[str]) -> None:
    """A model that answers in the form that it was shown a file in is understood."""
    old, new = ("\n".join([*lines, "end"]) + "\n" for lines in (before, after))
    program = Program({"main.py": "", "notes.md": old})
    if old != new:
        assert from_reply(program, f"Here it is.\n\n{fenced('notes.md', new)}\n").program.files["notes.md"] == new
