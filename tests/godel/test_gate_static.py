"""The static rungs of the gate: what they refuse, and what they must let pass."""

from __future__ import annotations

import pytest
from runs import NoWorkspace

from godel.contract import Program
from godel.gate import Proposal, Refusal, climb
from godel.gate.contract import Contract
from godel.gate.duplicate import Duplicate, normalised
from godel.gate.editable import Editable
from godel.gate.parses import Parses

SOURCE = "def improve(program, utility, model, rng):\n    return program\n"
PARENT = Program({"main.py": SOURCE, "notes.txt": "x"})
RUNGS = (Editable(), Parses(), Contract(), Duplicate())


def refusal(files: dict[str, str], entry: str = "main.py", known: str = "") -> Refusal | None:
    child = Program(files, entry)
    return climb(Proposal(child, PARENT, ("main.py",), {known}, NoWorkspace()), RUNGS)  # type: ignore[arg-type]


def changed(text: str) -> dict[str, str]:
    return {"main.py": text, "notes.txt": "x"}


def test_an_honest_child_passes() -> None:
    assert refusal(changed(SOURCE.replace("return program", "rng.random()\n    return program"))) is None


@pytest.mark.parametrize(
    ("files", "rung", "words"),
    [
        (changed(SOURCE) | {"notes.txt": "y"}, "editable", "notes.txt"),
        ({"main.py": SOURCE}, "editable", "notes.txt"),
        (changed(SOURCE) | {"../escape.py": "x = 1"}, "editable", "outside"),
        (changed(SOURCE) | {"/etc/main.py": "x = 1"}, "editable", "outside"),
        (changed(SOURCE + "# \u202e\n"), "editable", "U+202E"),
        (changed(SOURCE + "# \0\n"), "editable", "U+0000"),
        (changed("# -*- coding: latin-1 -*-\n" + SOURCE), "editable", "encoding"),
        (changed(SOURCE + "# \ud800\n"), "editable", "Unicode"),
        (changed(SOURCE + "x" * (1 << 20)), "editable", "larger"),
        (changed("def improve(:\n"), "parses", "line 1"),
        (changed("(" * 5000 + ")" * 5000), "parses", "does not parse"),
        (changed("def better(program, utility, model, rng):\n    return program\n"), "contract", "no function"),
        (changed("def improve(program):\n    return program\n"), "contract", "expected"),
        (changed(SOURCE), "duplicate", "parent"),
        (changed("# a comment\n" + SOURCE.replace("    ", "        ")), "duplicate", "parent"),
        (changed('"""A docstring."""\n' + SOURCE), "duplicate", "parent"),
    ],
)
def test_a_bad_child_is_refused_with_its_rung(files: dict[str, str], rung: str, words: str) -> None:
    found = refusal(files)
    assert found is not None
    assert found.rung == rung
    assert words in found.reason


def test_a_changed_entry_is_refused() -> None:
    found = refusal(changed(SOURCE), entry="notes.txt")
    assert found is not None and found.rung == "editable"


def test_a_scaffold_of_the_archive_is_refused() -> None:
    files = changed(SOURCE.replace("return program", "return utility"))
    found = refusal(files, known=normalised(Program(files)))
    assert found == Refusal("duplicate", "the same program as one in the archive")


def test_docstrings_do_not_hide_a_change() -> None:
    one, two = (Program(changed(f'"""{text}"""\nX = {number}\n' + SOURCE)) for text, number in (("a", 1), ("a", 2)))
    assert normalised(one) != normalised(two)
