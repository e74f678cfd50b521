"""The population scaffold: its archive, its learned operators, its numbers, and what it makes of programs."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from runs import proceed, small_run, tier_or_skip

from godel import scaffold
from godel.contract import BudgetExhausted, Context, Program, Score
from godel.contract.loader import load, module_name
from godel.gate.smoke import TOY, ToyUtility
from godel.gateway import NoModel
from godel.lineage import Outcome
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create

POPULATION = scaffold.load("population")
OURS = "A = 1.0\nB = 10\n\n\ndef value(x):\n    total = x + A\n    return total * B\n"


@contextmanager
def loaded(program: Program) -> Iterator[dict[str, ModuleType]]:
    """The modules of a scaffold, by name, and nothing of it stays behind."""
    names = [module_name(path) for path in program.files if path.endswith(".py")]
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        load(program)
        yield {name: sys.modules[name] for name in names}
    finally:
        sys.meta_path.pop(0)
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(kept)


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, ModuleType]]:
    with loaded(POPULATION.program) as modules:
        yield modules


class Counting:
    """A utility in this process, which counts and remembers."""

    description = "a test"

    def __init__(self, budget: int, score: Callable[[Program], Score], context: Context | None = None) -> None:
        self.remaining, self.context, self._score = budget, context, score
        self.seen: list[str] = []

    def __call__(self, program: Program) -> Score:
        if not self.remaining:
            raise BudgetExhausted(self.description)
        self.remaining -= 1
        self.seen.append(program.digest)
        return self._score(program)


def improved(parts: dict[str, ModuleType], program: Program, utility: Counting, seed: int = 0) -> Program:
    made: Program = parts["main"].improve(program, utility, NoModel(), random.Random(seed))
    return made


@pytest.mark.parametrize("budget", [1, 2, 24])
def test_the_whole_budget_is_used_and_nothing_is_scored_twice(parts: dict[str, ModuleType], budget: int) -> None:
    toy = ToyUtility()
    utility = Counting(budget, toy)
    child = improved(parts, TOY, utility)
    assert len(utility.seen) == len(set(utility.seen)) == budget and utility.seen[0] == TOY.digest
    assert toy(child) >= toy(TOY) and child.digest in utility.seen


def test_the_best_is_handed_in_and_what_fails_is_not(parts: dict[str, ModuleType]) -> None:
    scores: dict[str, Score] = {}

    def score(program: Program) -> Score:
        made = Score(0.0) if program == TOY else Score(random.Random(program.digest).random() - 0.8, "crash")
        return scores.setdefault(program.digest, made)

    assert improved(parts, TOY, Counting(16, score)) == TOY
    toy = ToyUtility()
    found: dict[str, Score] = {}
    child = improved(parts, TOY, Counting(24, lambda each: found.setdefault(each.digest, toy(each))))
    assert toy(child) == max(found.values())


def test_where_nothing_is_new_the_rest_is_left(parts: dict[str, ModuleType]) -> None:
    utility = Counting(50, lambda program: Score(0.0))
    assert improved(parts, Program({"main.py": "x = y\n"}), utility) and len(utility.seen) == len(set(utility.seen))
    assert improved(parts, Program({"main.py": "pass\n"}), Counting(9, lambda program: Score(0.0)))


def test_a_blind_proposal_is_one_edit_of_itself(parts: dict[str, ModuleType]) -> None:
    program, targets = POPULATION.program, set()
    for seed in range(12):
        child = improved(parts, program, Counting(0, lambda each: Score(0.0)), seed)
        assert child != program and len(child.edits) == 1
        targets.add(child.edits[0].target.partition(":")[0])
    assert len(targets) > 1, "all of it is its own source"


def test_a_blind_proposal_of_two_parents_is_their_child(parts: dict[str, ModuleType]) -> None:
    mate = Program({"main.py": OURS.replace("A = 1.0", "A = 2.0").replace("total * B", "total + B")})
    blind = Counting(0, lambda each: Score(0.0), Context((mate,)))
    made = [improved(parts, Program({"main.py": OURS}), blind, seed) for seed in range(20)]
    assert {each.edits[0].operator for each in made} == {"cross"}
    assert len({each.digest for each in made}) == 2


def test_other_parents_are_mates_of_a_search_too(parts: dict[str, ModuleType]) -> None:
    """What the other parent has is worth most, and a single edit does not find it."""
    wanted = "total * B - 77.25 + x"
    mate = Program({"main.py": OURS.replace("total * B", wanted).replace("B = 10", "B = 12")})
    program = Program({"main.py": OURS})

    def score(each: Program) -> Score:
        return Score(wanted in each.files["main.py"])

    found = [improved(parts, program, Counting(60, score, known)) for known in (Context((mate,)), None)]
    assert [score(each) for each in found] == [1.0, 0.0]


def test_the_archive_keeps_the_best_and_the_younger_of_equals(parts: dict[str, ModuleType]) -> None:
    archive = parts["archive"].Archive(Program({"main.py": "0"}), Score(0.0))
    for number, score in enumerate([0.5, 0.2, 0.5, *[0.1] * 9], 1):
        archive.add(Program({"main.py": str(number)}), Score(score))
    archive.add(Program({"main.py": "bad"}), Score(0.9, "crash"))
    living = [each.program.files["main.py"] for each in (archive.best, *archive._living[1:])]
    assert living == ["3", "1", "2", "12", "11", "10", "9", "8"]
    assert not archive.is_new(Program({"main.py": "bad"})) and archive.is_new(Program({"main.py": "other"}))
    drawn = Counter(archive.parent(random.Random(seed)).program.files["main.py"] for seed in range(400))
    assert drawn["3"] > 200 and drawn["1"] > drawn["9"]


def test_pursuit_moves_towards_what_pays_as_in_the_paper(parts: dict[str, ModuleType]) -> None:
    """Thierens 2005, algorithm 1: two of three operators at the least probability, one at the greatest, in the end."""
    module = parts["pursuit"]
    pursuit = module.Pursuit({"a": 1.0, "b": 1.0, "c": 1.0})
    pursuit.learn("b", 1.0)
    least = module.LEAST / 3
    most = 1 - 2 * least
    third, beta = 1 / 3, module.PURSUIT
    expected = {"a": third + beta * (least - third), "b": third + beta * (most - third)}
    assert {name: pursuit._chances[name] for name in "ab"} == pytest.approx(expected)
    assert pursuit._estimates["b"] == pytest.approx(third + module.LEARNING * (1 - third))
    for _ in range(200):
        pursuit.learn("b", 1.0)
        pursuit.learn("a", 0.0)
        pursuit.learn("c", 0.0)
    assert pursuit._chances == pytest.approx({"a": least, "b": most, "c": least}, abs=1e-6)
    assert sum(pursuit._chances.values()) == pytest.approx(1.0)
    drawn = Counter(pursuit.draw(random.Random(seed)) for seed in range(1000))
    assert drawn["b"] / 1000 == pytest.approx(most, abs=0.05)
    assert {pursuit.draw(random.Random(seed), ("b",)) for seed in range(50)} == {"a", "c"}


def test_blended_numbers_lie_between_or_a_little_beyond(parts: dict[str, ModuleType]) -> None:
    mate = Program({"main.py": OURS.replace("A = 1.0", "A = 3.0").replace("B = 10", "B = 20")})
    program = Program({"main.py": OURS})
    found: dict[str, list[Any]] = {"A": [], "B": []}
    for seed in range(200):
        child = parts["blending"].blended(program, mate, random.Random(seed))
        namespace: dict[str, Any] = {}
        exec(child.files["main.py"], namespace)
        for name, values in found.items():
            values.append(namespace[name])
        assert {edit.operator for edit in child.edits} == {"blend"}
        assert {edit.target for edit in child.edits} == {"main.py:A", "main.py:B"}
    assert 0.0 <= min(found["A"]) < 0.3 and 3.7 < max(found["A"]) <= 4.0
    assert all(isinstance(value, int) for value in found["B"]) and min(found["B"]) >= 5 and max(found["B"]) <= 25
    other = Program({"main.py": OURS.replace("A = 1.0", "A = 3.0").replace("total * B", "total + B")})
    assert parts["blending"].blended(program, other, random.Random(0)) == program, "not alike but for their numbers"
    assert parts["blending"].blended(program, Program({"main.py": "x = (\n"}), random.Random(0)) == program


def test_the_same_seed_gives_the_same_child(parts: dict[str, ModuleType]) -> None:
    toy = ToyUtility()
    one, two = (improved(parts, TOY, Counting(30, toy), 3) for _ in range(2))
    assert one == two and one.edits == two.edits


@pytest.mark.parametrize("self_calls", [0, 3])
@pytest.mark.parametrize(
    "tier", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("docker", "bubblewrap")]
)
def test_it_works_on_itself_in_a_sandbox(tier: str, self_calls: int, tmp_path: Path) -> None:
    """A real run: the seed improves a task, children pass the gate, and it searches where it is given calls."""
    settings = {"scaffold": "population", "generations": 3, "improve__self_calls": self_calls}
    create(tmp_path / "run", small_run(tier_or_skip(tier), "improve.calls=12", **settings))
    proceed(tmp_path / "run")
    with Store.open(tmp_path / "run" / FILE) as store:
        seed, *made = store.generations()
        scores = [each.score for each in store.evaluations(tree=seed.child)]
    assert sum(scores) > 0, scores
    assert any(each.outcome in (Outcome.SCORED, Outcome.STOPPED) for each in made), [each.why for each in made]
