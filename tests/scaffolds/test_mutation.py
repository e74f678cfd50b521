"""The mutation scaffold: loaded from memory, as a library here and as a child of the real zygote."""

from __future__ import annotations

import ast
import json
import math
import os
import random
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sources import SAMPLE

import godel.sandbox.guest.zygote as zygote
from godel import config, scaffold
from godel.contract import BudgetExhausted, Program, Score
from godel.contract.loader import load, module_name
from godel.gate.smoke import TOY, ToyUtility
from godel.gateway import NoModel
from godel.sandbox.channel import Session
from godel.sandbox.guest.jobs import ZygoteSettings
from godel.scoring.improvement import Blind, Improve, Improvement, improve

SEED = scaffold.load("mutation")
CLIMBS = ("mutate(program, best, rng)", "mutate(best, best, rng)")
"""The one name that makes a hill climber of the seed."""


def named(text: str) -> Program:
    return Program({"main.py": text})


@pytest.fixture(scope="module")
def modules() -> Iterator[Callable[[Program], dict[str, ModuleType]]]:
    """Loads a scaffold from memory and gives its modules, leaving nothing behind."""

    def loaded(program: Program) -> dict[str, ModuleType]:
        names = [module_name(path) for path in program.files]
        load(program)
        sys.meta_path.pop(0)
        return {name: sys.modules.pop(name) for name in names}

    yield loaded


@pytest.fixture(scope="module")
def seed(modules: Callable[[Program], dict[str, ModuleType]]) -> dict[str, ModuleType]:
    return modules(SEED.program)


class Counting:
    """A utility in this process, which counts and remembers."""

    description = "a test"

    def __init__(self, budget: int, score: Callable[[Program], Score]) -> None:
        self.remaining, self._score = budget, score
        self.seen: list[Program] = []

    def __call__(self, program: Program) -> Score:
        if not self.remaining:
            raise BudgetExhausted(self.description)
        self.remaining -= 1
        self.seen.append(program)
        return self._score(program)


class Bare:
    """The real zygote as a plain subprocess: no isolation, for trusted scaffolds only."""

    name = "bare"

    def __init__(self, hash_seed: str = "0") -> None:
        start = ZygoteSettings(("libcst",)).to_json()
        library = str(Path(zygote.__file__))
        self._process = subprocess.Popen(
            [sys.executable, library, json.dumps(start)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def send(self, data: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def receive(self, timeout_s: float) -> bytes:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            raise TimeoutError
        return os.read(self._process.stdout.fileno(), 1 << 20)

    def log(self) -> str:
        return ""

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def death(self) -> str:
        return "killed"

    def oom_kills(self) -> int:
        return 0

    def paused(self) -> bool:
        return False


@pytest.fixture(scope="module")
def guest() -> Iterator[Session]:
    session = Session(Bare())
    session.wait_ready()
    yield session
    session.close()


def run(session: Session, which: Program, program: Program, utility: Any, rng_seed: int) -> Improvement:
    return improve(lambda: session, Improve(which, program, utility, NoModel(), rng_seed, config.Improve()))


# The operators


def squeezed(text: str) -> str:
    return "".join(text.split())


def explains(old: str, new: str, before: str, after: str) -> bool:
    """Whether `before` for `after` at one place makes `new` of `old`, layout apart."""
    old, new, before, after = map(squeezed, (old, new, before, after))
    places = [at for at in range(len(old) + 1) if old.startswith(before, at)]
    return any(old[:at] + put + old[at + len(before) :] == new for at in places for put in (after, after or "pass"))


OPERATORS = (
    "number",
    "arithmetic",
    "comparison",
    "boolean",
    "name",
    "expression",
    "combine",
    "simplify",
    "argument",
    "delete",
    "duplicate",
    "move",
    "wrap",
    "transplant",
)


def test_every_operator_is_tested_and_weighted(seed: dict[str, ModuleType]) -> None:
    assert tuple(seed["operators"].OPERATORS) == OPERATORS
    assert sorted(seed["mutate"].WEIGHTS) == sorted(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_makes_valid_changed_text_and_reports_truly(operator: str, seed: dict[str, ModuleType]) -> None:
    tree = seed["tree"].parse(SAMPLE)
    pool = [seed["tree"].parse(SAMPLE.replace("2", "3").replace("width * height", "3.5 * width"))]
    symbols, texts = set(), set()
    for number in range(60):
        try:
            text, edit = seed["mutate"].apply(operator, "main.py", tree, pool, random.Random(number))
        except seed["mutate"].INVALID:
            continue
        compile(text, "main.py", "exec")
        assert text != SAMPLE
        assert edit.operator == operator
        swapped = edit.before.splitlines()[::-1] == edit.after.splitlines() and sorted(text) == sorted(SAMPLE)
        moved = operator == "move" and sorted(squeezed(text)) == sorted(squeezed(SAMPLE))
        assert explains(SAMPLE, text, edit.before, edit.after) or swapped or moved
        symbols.add(edit.target)
        texts.add(text)
    assert len(texts) >= 2
    assert symbols <= {f"main.py:{name}" for name in ("RATE", "SIZES", "DEEP", "area", "Box.area")}


def test_a_function_is_transplanted_from_the_donor(seed: dict[str, ModuleType]) -> None:
    donor = seed["tree"].parse("def area(width, height):\n    return 7\n")
    tree = seed["tree"].parse(SAMPLE[: SAMPLE.index("class")])
    text, edit = seed["mutate"].apply("transplant", "main.py", tree, [donor], random.Random(0))
    assert "def area(width, height):\n    return 7\n" in text
    assert edit.target == "main.py:area"


def test_operands_keep_their_parentheses(seed: dict[str, ModuleType]) -> None:
    tree = seed["tree"].parse("def f(a, b):\n    return a * (a + b)\n")
    for number in range(40):
        change = seed["operators"].combine(tree, [], random.Random(number))
        for new in change.values():
            assert ast.unparse(ast.parse(tree.replace(change))).count("(") >= 2
            assert new.lpar


def test_names_of_a_kind_are_linked_by_use(seed: dict[str, ModuleType]) -> None:
    tree = seed["tree"].parse(
        "def f(start, cost, other):\n    best, least = start, cost(start)\n    now = step(best)\n"
        "    price = cost(now)\n    return price\n"
    )
    linked = {name.value: tree.alike(name, others) for name, others in tree.choices}
    assert linked["best"] == ["start"]
    assert linked["price"] == ["least"]
    assert "other" not in {name for names in linked.values() for name in names}


# What is edited


def test_a_step_moves_an_integer_and_rounds_a_float(seed: dict[str, ModuleType]) -> None:
    step = seed["operators"].step
    steps = [step(1, random.Random(n)) for n in range(50)]
    assert all(isinstance(value, int) and value != 1 for value in steps)
    assert {0, 2} <= set(steps)
    assert all(len(repr(abs(step(0.12345, random.Random(n)))).strip("0.")) <= 5 for n in range(50))


LIBCST_1061 = "def f():\n    return None or(lambda: 1)\n"
"""Python compiles it; libcst's parser raises TypeError."""


@pytest.mark.parametrize(
    "text", ["", "pass\n", "import math\n", "x = (\n", "\x00", "\ud800", "1" + "+1" * 1200, LIBCST_1061]
)
def test_a_program_with_nothing_to_edit_comes_back_unchanged(text: str, seed: dict[str, ModuleType]) -> None:
    program = Program({"main.py": text, "notes.txt": "x = 1\n"})
    assert seed["mutate"].mutate(program, program, random.Random(0)) == program
    utility = Counting(3, lambda _: Score(0.0))
    assert seed["main"].improve(program, utility, NoModel(), random.Random(0)) == program
    assert utility.remaining == 0


def test_only_python_files_that_parse_are_edited(seed: dict[str, ModuleType]) -> None:
    program = Program({"main.py": SAMPLE, "lib/more.py": "X = 1\n", "bad.py": "x = (\n", "odd.py": LIBCST_1061})
    program = Program({**program.files, "data.json": "1"})
    edited = set()
    for number in range(40):
        child = seed["mutate"].mutate(program, program, random.Random(number))
        changed = [path for path, text in program.files.items() if child.files[path] != text]
        assert len(changed) == len(child.edits) == 1
        assert child.edits[0].target.startswith(changed[0])
        edited.add(changed[0])
    assert edited == {"main.py", "lib/more.py"}


# The policy


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 24])
def test_the_budget_is_used_up_and_the_best_is_returned(budget: int, seed: dict[str, ModuleType]) -> None:
    toy = ToyUtility()
    utility = Counting(budget, toy)
    child = seed["main"].improve(TOY, utility, NoModel(), random.Random(1))
    assert len(utility.seen) == budget
    assert utility.remaining == 0
    if budget:
        assert toy(child) == max(map(toy, utility.seen))
        assert TOY in utility.seen
    else:
        assert child != TOY
        assert len(child.edits) == 1


def test_failed_candidates_are_not_kept(seed: dict[str, ModuleType]) -> None:
    utility = Counting(8, lambda program: Score(0.0) if program == TOY else Score(-1.0, "crash"))
    assert seed["main"].improve(TOY, utility, NoModel(), random.Random(0)) == TOY


def test_a_program_that_fails_gives_way_to_one_that_runs(seed: dict[str, ModuleType]) -> None:
    utility = Counting(4, lambda program: Score(-1.0, "crash") if program == TOY else Score(-0.5))
    child = seed["main"].improve(TOY, utility, NoModel(), random.Random(0))
    assert child == utility.seen[1]


# In a real child process, from memory


def test_the_same_seed_gives_the_same_child_whatever_the_hash_seed(seed: dict[str, ModuleType]) -> None:
    made = []
    for hash_seed in ("0", "4711"):
        session = Session(Bare(hash_seed))
        session.wait_ready()
        own = [run(session, SEED.program, SEED.program, Blind("blind"), n).program for n in range(4)]
        toy = run(session, SEED.program, TOY, ToyUtility(), 3).program
        session.close()
        made.append([each and each.to_json() for each in (*own, toy)])
    here = seed["main"].improve(TOY, Counting(24, ToyUtility()), NoModel(), random.Random(3))
    assert made[0] == made[1]
    assert made[0][-1] == here.to_json()
    assert len({json.dumps(each) for each in made[0]}) == 5


def test_it_improves_the_toy_within_its_budget(guest: Session) -> None:
    toy = ToyUtility()
    made = run(guest, SEED.program, TOY, toy, 3)
    assert made.failure is None
    assert len(made.transcript) == toy.budget
    assert made.program
    assert toy(made.program) > toy(TOY)


@pytest.mark.slow
def test_most_self_edits_leave_a_scaffold_that_works(guest: Session) -> None:
    """Works: improves the toy and edits itself. 123 of 200 did when this was written."""
    working = sum(works(guest, number) for number in range(40))
    assert working >= 20


def works(guest: Session, number: int) -> bool:
    child = run(guest, SEED.program, SEED.program, Blind("blind"), number).program
    assert child
    assert child != SEED.program
    toy = ToyUtility()
    better = run(guest, child, TOY, toy, number).program
    if not better or not toy(better) > toy(TOY):
        return False
    grandchild = run(guest, child, child, Blind("blind"), number).program
    return grandchild is not None and grandchild != child


@pytest.mark.slow
def test_two_hundred_self_edits_in_a_row_stay_valid_python(seed: dict[str, ModuleType]) -> None:
    program = SEED.program
    for number in range(200):
        program = seed["mutate"].mutate(program, program, random.Random(number))
    assert len(program.edits) == 200
    for path, text in program.files.items():
        compile(text, path, "exec")


# That self-editing can pay


def climber() -> Program:
    text = SEED.program.files["main.py"]
    assert text.count(CLIMBS[0]) == 1
    return SEED.program.with_file("main.py", text.replace(*CLIMBS))


TUNED = "A = 1.0\nB = 1.0\nC = 1.0\nD = 1.0\n\n\ndef value():\n    return A * B * C * D\n"
TARGETS = {"A": 3.0, "B": 0.3, "C": 5.0, "D": 0.2}


def closeness(program: Program) -> Score:
    """0 for TUNED, 1 at the targets; by the mean distance in factors."""
    found: dict[str, Any] = {}
    try:
        exec(program.files["main.py"], found)
        misses = [abs(math.log(found[name] / target)) for name, target in TARGETS.items()]
    except Exception:  # whatever an edit broke
        return Score(-1.0, "crash")
    return Score(1 - sum(misses) / sum(abs(math.log(target)) for target in TARGETS.values()))


def test_hill_climbing_one_name_away_beats_the_seed(
    seed: dict[str, ModuleType], modules: Callable[[Program], dict[str, ModuleType]]
) -> None:
    def gain(which: dict[str, ModuleType], number: int) -> float:
        return closeness(which["main"].improve(named(TUNED), Counting(40, closeness), NoModel(), random.Random(number)))

    climbing = modules(climber())
    gains = [(gain(seed, number), gain(climbing, number)) for number in range(20)]
    assert sum(climbed > plain for plain, climbed in gains) >= 15
    assert sum(climbed - plain for plain, climbed in gains) / len(gains) > 0.1


@pytest.mark.slow
def test_blind_self_edits_find_hill_climbing(seed: dict[str, ModuleType]) -> None:
    """In about one self-edit of 50 (58 of 3,000 when this was written)."""
    found = 0
    for number in range(300):
        child = seed["mutate"].mutate(SEED.program, SEED.program, random.Random(number))
        found += "mutate(best," in child.files["main.py"]
    assert found >= 2
