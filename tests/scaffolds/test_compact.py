"""`compact` and `expert`: each fault is one edit, by itself and in any order; both improve programs and themselves."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from statistics import fmean

import pytest
from in_process import CountedUtility, gained, proposed, scaffold, score, task_named
from runs import small_run, tier_or_skip

import godel
from godel.contract import Program
from godel.gate.smoke import TOY, ToyUtility
from godel.gateway import NoModel
from godel.scaffold import FOLDER, load
from godel.tasks.suites import suites

SEEDS = ("compact", "expert")
FAULTS = tomllib.loads((FOLDER / "compact" / "faults.toml").read_text())["fault"]
COMPACT = load("compact").program.files["main.py"]


def mended(*faults: dict[str, str]) -> Program:
    text = COMPACT
    for fault in faults:
        assert text.count(fault["weak"]) == 1, fault
        text = text.replace(fault["weak"], fault["mended"])
    compile(text, "main.py", "exec")
    return Program({"main.py": text})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["what"])
def test_every_fault_is_mended_by_itself_and_the_scaffold_still_works(fault: dict[str, str]) -> None:
    with scaffold(mended(fault)) as improve:
        assert gained(improve, "micro_knobs", 0, 40) >= 0
        assert proposed(improve, mended(fault), 0) is not None


def test_they_are_mended_in_any_order() -> None:
    orders = (FAULTS, FAULTS[::-1], random.Random(0).sample(FAULTS, len(FAULTS)))
    assert len({mended(*order).digest for order in orders}) == 1


def test_a_mend_is_a_change_of_one_setting() -> None:
    """So a single edit of the library's `number` can make it, or one like it."""
    for fault in FAULTS:
        assert fault["weak"].split(" = ")[0] == fault["mended"].split(" = ")[0]


def worth(program: Program) -> float:
    with scaffold(program) as improve:
        return fmean(gained(improve, task, seed, 40) for task in suites()["micro"] for seed in range(2))


@pytest.mark.slow
def test_it_is_bad_and_the_mended_one_and_the_expert_are_far_better() -> None:
    bad, good, expert = (worth(each) for each in (mended(), mended(*FAULTS), load("expert").program))
    assert 0 < bad < good - 0.15 and bad < expert - 0.15


def test_that_it_is_bad_on_purpose_is_said_where_it_is_used() -> None:
    assert "on purpose" in load("compact").summary
    assert "on purpose" in (FOLDER / "compact" / "README.md").read_text()
    assert "on purpose" in COMPACT.lower()
    assert "on purpose" in (Path(FOLDER).parents[1] / "docs" / "seeds.md").read_text()


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("budget", [1, 2, 3, 24])
def test_it_gives_the_best_that_it_has_seen(name: str, budget: int) -> None:
    utility = CountedUtility("micro_knobs", 5, budget)
    initial = task_named("micro_knobs").initial
    with scaffold(load(name).program) as improve:
        made = improve(initial, utility, NoModel(), random.Random(1))
    assert made.digest in utility.known and initial.digest in utility.known
    if name == "expert":
        assert utility.remaining == 0 and score("micro_knobs", made, 5) == max(utility.known.values())


@pytest.mark.parametrize("name", SEEDS)
def test_it_improves_the_toy_and_edits_itself(name: str) -> None:
    program, toy = load(name).program, ToyUtility()
    with scaffold(program) as improve:
        for seed in range(5):
            made = improve(TOY, Counting(toy), NoModel(), random.Random(seed))
            assert toy(made) >= toy(TOY)
            child = proposed(improve, program, seed)
            assert child and len(child.edits) == 1 and child.files.keys() == program.files.keys()


class Counting:
    """The toy's utility, which counts."""

    description = "a test"

    def __init__(self, toy: ToyUtility) -> None:
        self._toy, self.remaining = toy, toy.budget

    def __call__(self, program: Program) -> float:
        self.remaining -= 1
        return self._toy(program)


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("text", ["", "pass\n", "x = (\n", "\x00"])
def test_a_program_with_nothing_to_edit_comes_back(name: str, text: str) -> None:
    program = Program({"main.py": text, "notes.txt": "x = 1\n"})
    with scaffold(load(name).program) as improve:
        assert improve(program, Counting(ToyUtility()), NoModel(), random.Random(0)) == program
        assert proposed(improve, program, 0) is None


@pytest.mark.parametrize("name", SEEDS)
def test_the_same_randomness_gives_the_same_program(name: str) -> None:
    def made() -> Program:
        with scaffold(load(name).program) as improve:
            initial = task_named("micro_formula").initial
            return improve(initial, CountedUtility("micro_formula", 2, 20), NoModel(), random.Random(3))

    assert made() == made()


@pytest.mark.bubblewrap
@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("self_calls", [0, 2])
def test_it_is_a_seed_in_both_modes_of_self_edits(name: str, self_calls: int, tmp_path: Path) -> None:
    given = [f"improve.self_calls={self_calls}", "improve.calls=6"]
    run = small_run(tier_or_skip("bubblewrap"), *given, scaffold=name, tasks=["micro_knobs"], generations=2)
    with godel.launch(tmp_path / "run", run, report=False) as done:
        seed, *made = done.lineage.generations
    assert seed.status == "seed" and len(made) == 2
    assert not [each for each in made if each.status == "failed"]
