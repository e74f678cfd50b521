"""The contract's library of random edits: whatever a scaffold asks for, an edit is a valid one, or there is none."""

from __future__ import annotations

import ast
import math
import random

import pytest
from sources import SAMPLE

from godel.contract import Program
from godel.contract.editing.random_edits import OPERATORS, WEIGHTS, Change, Draw, Editor, Place, places
from godel.contract.editing.random_edits.constants import constants, with_constants
from godel.contract.editing.random_edits.expressions import combine
from godel.contract.editing.random_edits.numbers import stepped

PROGRAM = Program({"main.py": SAMPLE, "more.py": "X = 1\n", "bad.py": "x = (\n", "data.json": "1"})
DONOR = Program({"main.py": SAMPLE.replace("2", "3").replace("width * height", "3.5 * width")})
LIBCST_1061 = "def f():\n    return None or(lambda: 1)\n"
"""Python compiles it; libcst's parser raises TypeError."""


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_makes_valid_changed_text_and_reports_truly(operator: str) -> None:
    editor = Editor({operator: 1.0})
    made = [editor.edited(PROGRAM, random.Random(number), DONOR) for number in range(60)]
    edited = [each for each in made if each != PROGRAM]
    assert len({each.digest for each in edited}) >= 2
    for each in edited:
        path, symbol = each.edits[0].target.split(":")
        assert each.edits[0].operator == operator and len(each.edits) == 1
        assert [name for name in each.files if each.files[name] != PROGRAM.files[name]] == [path]
        assert symbol in {"RATE", "SIZES", "DEEP", "area", "Box.area", "X"}
        compile(each.files[path], path, "exec")


def test_every_operator_has_a_weight() -> None:
    assert sorted(OPERATORS) == sorted(WEIGHTS)


def test_places_are_the_functions_and_what_is_outside_of_them() -> None:
    assert [(each.path, each.symbol) for each in places(PROGRAM)] == [
        ("main.py", ""),
        ("main.py", "area"),
        ("main.py", "Box.area"),
        ("more.py", ""),
    ]


@pytest.mark.parametrize("symbol", ["area", "Box.area", ""])
def test_an_edit_is_made_where_it_is_aimed(symbol: str) -> None:
    editor = Editor(aim=lambda place: float(place.path == "main.py" and place.symbol == symbol))
    made = [editor.edited(PROGRAM, random.Random(number)) for number in range(30)]
    targets = {each.edits[0].target.removeprefix("main.py:") for each in made}
    assert targets <= ({symbol} if symbol else {"RATE", "SIZES", "DEEP"})


def test_a_scaffold_may_bring_an_operator_of_its_own() -> None:
    def doubled(place: Place, draw: Draw) -> Change:
        import libcst as cst

        node = draw.of(place.every(cst.Float))
        return {node: cst.parse_expression(repr(2 * ast.literal_eval(node.value)))}

    editor = Editor({"doubled": 1.0}, operators={**OPERATORS, "doubled": doubled})
    assert "RATE = 1.0" in editor.edited(PROGRAM, random.Random(0)).files["main.py"]


@pytest.mark.parametrize("weight", [-1.0, 0.0, math.nan, math.inf])
def test_whatever_a_scaffold_says_of_weights_an_edit_is_made(weight: float) -> None:
    editor = Editor(dict.fromkeys(WEIGHTS, weight), step=-3.0, aim=lambda place: weight)
    assert editor.edited(PROGRAM, random.Random(1)) != PROGRAM


@pytest.mark.parametrize("text", ["", "pass\n", "import math\n", "x = (\n", "\x00", "\ud800", LIBCST_1061])
def test_a_program_with_nothing_to_edit_comes_back_unchanged(text: str) -> None:
    program = Program({"main.py": text, "notes.txt": "x = 1\n"})
    assert Editor().edited(program, random.Random(0)) == program
    assert Editor({}).edited(PROGRAM, random.Random(0)) == PROGRAM
    assert constants(program) == [] and with_constants(program, {}) == program


def test_the_same_randomness_gives_the_same_edit() -> None:
    made = [Editor().edited(PROGRAM, random.Random(7)) for _ in range(2)]
    assert made[0] == made[1] and made[0].edits == made[1].edits


def test_operands_keep_their_parentheses() -> None:
    place = places(Program({"main.py": "def f(a, b):\n    return a * (a + b)\n"}))[1]
    for number in range(40):
        change = combine(place, Draw(random.Random(number), 0.5))
        assert ast.unparse(ast.parse(place.tree.replace(change))).count("(") >= 2


def test_a_step_moves_an_integer_and_rounds_a_float() -> None:
    steps = [stepped(1, 0.5, random.Random(n)) for n in range(50)]
    assert all(isinstance(value, int) and value != 1 for value in steps)
    assert {0, 2} <= set(steps)
    assert all(len(repr(abs(stepped(0.12345, 0.5, random.Random(n)))).strip("0.")) <= 5 for n in range(50))


def test_constants_are_read_and_set_at_the_top_level_alone() -> None:
    found = constants(PROGRAM)
    assert [(each.value, each.whole) for each in found] == [(0.5, False), (3, True), (2, True), (0, False), (1, True)]
    made = with_constants(PROGRAM, {found[0]: 0.123456, found[1]: -2.6, found[4]: 7.2})
    assert "RATE = 0.1235\nSIZES = ((-3), -2, 0.0)" in made.files["main.py"]
    assert made.files["more.py"] == "X = 7\n" and len(made.edits) == 2
    assert made.files["main.py"].split("def")[1:] == SAMPLE.split("def")[1:]
    assert with_constants(PROGRAM, {each: each.value for each in found}) == PROGRAM
