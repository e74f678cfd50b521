"""36: a child that scores well and can no longer edit itself. The gate's smoke run asks it to."""

from __future__ import annotations

import pytest
from attacks import Arena

from godel.contract import Program
from godel.gate import Proposal, climb
from godel.gate.smoke import Smoke
from godel.lineage import Spend

STRONG = """
import re
ANY = 1
def improve(program, utility, model, rng):
    text = program.files["main.py"]
    if "def improve" in text:
        SELF
    best, most = program, utility(program)
    while utility.remaining:
        new = re.sub(r"= ([\\d.]+)$", lambda n: f"= {float(n[1]) * rng.lognormvariate(0, 1)}", best.files["main.py"],
                     flags=re.MULTILINE)
        score = utility(best.with_file("main.py", new))
        best, most = (best.with_file("main.py", new), score) if score > most else (best, most)
    return best
"""
HONEST = 'return program.with_file("main.py", text.replace("ANY = 1", f"ANY = {rng.random()}", 1))'
BARREN = {
    "raises": "raise RuntimeError('I am done')",
    "unchanged": "return program",
    "broken": "return program.with_file('main.py', text + '(')",
    "a comment only": "return program.with_file('main.py', text + '# better')",
    "layout only": "return program.with_file('main.py', text + '\\n' * 9)",
    "no program": "return None",
    "exits": "raise SystemExit(0)",
    "another contract": "return program.with_file('main.py', text.replace('improve', 'improves'))",
}


def refusal(arena: Arena, own_edit: str) -> str:
    parent = Program({"main.py": STRONG.replace("SELF", HONEST)})
    child = Program({"main.py": STRONG.replace("SELF", own_edit) + "\nCHILD = True\n"})
    charges: list[Spend] = []
    proposal = Proposal(child, parent, ("main.py",), set(), arena.workspace(charges.append))
    refused = climb(proposal, [Smoke()])
    assert charges, "the smoke run is not free"
    return refused.reason if refused else ""


def test_a_child_that_can_goes_through(arena: Arena) -> None:
    assert refusal(arena, HONEST) == ""


@pytest.mark.parametrize("own_edit", BARREN.values(), ids=BARREN)
def test_the_end_of_a_line_is_refused(arena: Arena, own_edit: str) -> None:
    assert "can't edit itself" in refusal(arena, own_edit)
