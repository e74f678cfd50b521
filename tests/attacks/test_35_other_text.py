"""35: text that is gated as one thing and runs as another. The gated bytes are the run bytes, and text that
some reader could take for something else is refused."""

from __future__ import annotations

import hashlib

import pytest
from attacks import Arena, task

from godel.contract import Program
from godel.gate import Proposal, climb, ladder
from godel.lineage import Spend

REFLECT = """
import hashlib
def improve(program, utility, model, rng):
    source = __loader__.get_source(__name__)
    return program.with_file("seen", hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest())
"""
ODD = {
    "CRLF": REFLECT.replace("\n", "\r\n"),
    "CR": REFLECT.replace("\n", "\r"),
    "form feeds": REFLECT.replace("\n", "\n\f"),
    "composed": REFLECT + "# e\u0301 \u00e9 \u212b \uff41\n",
    "line separators": REFLECT + "TEXT = 'a\u2028b\u2029c\x85d'\n",
    "declared": "# -*- coding: utf-8 -*-\n" + REFLECT,
    "beyond the plane": REFLECT + "# \U0001f9ea\n",
}
REFUSED = {
    "latin-1": "# -*- coding: latin-1 -*-\n",
    "latin-1 that names utf-8": "# coding: latin-1 (not utf-8)\n",
    "in the second line": "\n# vim: set fileencoding=utf-7 :\n",
    "behind a carriage return": "#\r# coding: utf-7\r",
    "unknown": "# coding: rot13\n",
    "NUL": "A = 1\0\n",
    "bidirectional": "# \u202e\u2066 if admin:\u2069\n",
    "half a character": "A = '\ud800'\n",
    "byte order mark": "\ufeff",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_runs_is_what_was_hashed(arena: Arena, text: str) -> None:
    made = arena.improve(text)
    assert made.program, made
    assert made.program.files["seen"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("head", REFUSED.values(), ids=REFUSED)
def test_two_ways_to_read_it_are_one_too_many(arena: Arena, head: str) -> None:
    child, parent = Program({"main.py": head + REFLECT}), Program({"main.py": REFLECT})
    charges: list[Spend] = []
    proposal = Proposal(child, parent, ("main.py",), set(), arena.workspace(charges.append))
    refused = climb(proposal, ladder())
    assert refused and refused.rung in ("editable", "parses"), refused
    assert not charges, "refused before it ran"


@pytest.mark.parametrize("head", REFUSED.values(), ids=REFUSED)
def test_a_solution_in_such_clothes_is_read_as_unicode_or_not_at_all(arena: Arena, head: str) -> None:
    """Solutions pass no gate. A declaration in one has no effect: it is text, not bytes."""
    packing = task("circle_packing_26")
    outcome = arena.record(packing, Program({"main.py": head + packing.initial.files["main.py"]}))
    assert outcome.failure == "crash" or outcome.value == arena.honest(packing), outcome
