"""What models write is read as they meant it, or they are asked; never is it taken for something else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from corpus import HERE, Case, alike, cases, outcome, programs

CASES = cases()
READ, LEAST, HELD_OUT = 0.97, 120, 30


def test_the_corpus_has_many_manners_and_programs() -> None:
    assert len(CASES) >= LEAST and len(cases("held_out")) >= HELD_OUT
    assert {path.stem for path in (HERE / "programs").iterdir()} == set(programs())
    assert all(count > 8 for count in Counter(case.program.digest for case in CASES).values())
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_reply_is_taken_for_something_else(case: Case) -> None:
    assert outcome(case).partition(":")[0] in ("as meant", "asked about")


def test_nearly_all_are_read_as_meant() -> None:
    read = [case for case in CASES if outcome(case) == "as meant"]
    assert len(read) / len(CASES) >= READ


def test_what_differs_is_told() -> None:
    """The corpus would notice a reply that is read as something else."""
    before = "A = 1\n\n\ndef f():\n    return A\n"
    assert alike("main.py", before.replace("\n\n\n", "\n"), before, before)
    assert not alike("main.py", before.replace("1", "2"), before, before)
    assert not alike("main.py", before + "# the rest is unchanged\n", before, before)
    assert not alike("notes.md", "a\n", "b\n", "b\n")


def test_the_files_are_utf8_with_unix_line_ends() -> None:
    for path in Path(HERE).rglob("*.txt"):
        assert b"\r" not in path.read_bytes()
