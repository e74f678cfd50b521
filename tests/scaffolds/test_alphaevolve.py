"""The scaffold alphaevolve: its database and its loop with models in this process, and a real run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scaffold_runs import Answering, Scoring, check, check_replay, depth, evolved, modules, self_edits

from godel import scaffold
from godel.contract import ModelUnavailable, Program, RequestRefused, Score
from godel.contract.fingerprints import fingerprints
from godel.gate.smoke import TOY
from godel.scaffold import contract_error

SEED = scaffold.load("alphaevolve")
Messages = Sequence[Mapping[str, Any]]
Reply = Callable[[Messages, int], list[str]]


@pytest.fixture(scope="module")
def seed() -> Iterator[dict[str, ModuleType]]:
    with modules("alphaevolve") as found:
        yield found


def block(search: str, replace: str, path: str = "main.py") -> str:
    return f"Because.\n\n{path}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def deep(number: int) -> Program:
    return TOY.with_file("main.py", TOY.files["main.py"].replace("DEPTH = 5", f"DEPTH = {number}"))


def score(program: Program) -> Score:
    """The depth; one above 100 crashes."""
    return Score(-1.0, "crash") if depth(program) > 100 else Score(depth(program))


def deeper(messages: Messages, n: int) -> list[str]:
    """One deeper than the program to change, which is the last that a first request shows."""
    now = int(messages[1]["content"].split("DEPTH = ")[-1].split("\n")[0])
    return [block(f"DEPTH = {now}", f"DEPTH = {now + 1}")]


def saying(*replies: str) -> Reply:
    """These in turn, and the last of them again."""
    rest = list(replies)
    return lambda messages, n: [rest.pop(0) if len(rest) > 1 else rest[0]]


def run(
    seed: Mapping[str, ModuleType], program: Program, utility: Scoring, answer: Reply | Answering, number: int = 0
) -> Program:
    model = answer if isinstance(answer, Answering) else Answering(answer)
    made = seed["main"].improve(program, utility, model, random.Random(number))
    assert isinstance(made, Program)
    return made


def prompt(model: Answering, number: int) -> str:
    return "\n".join(each["content"] for each in model.asked[number]["messages"])


# The database


@pytest.fixture
def entry(seed: dict[str, ModuleType]) -> Callable[..., Any]:
    def made(number: int, score: Score | float, extra: str = "") -> Any:
        program = deep(number)
        program = program.with_file("main.py", program.files["main.py"] + extra)
        return seed["database"].Entry(program, score if isinstance(score, Score) else Score(score))

    return made


def scores(island: Mapping[Any, Any]) -> list[float]:
    return [float(each.score) for each in island.values()]


def test_a_cell_keeps_the_better_program_and_the_first_of_equals(
    seed: dict[str, ModuleType], entry: Callable[..., Any]
) -> None:
    database = seed["database"].Database(entry(5, 0.0))
    for number, worth in ((6, 0.3), (7, 0.2), (8, 0.3), (9, 0.1)):
        database.add(3, entry(number, worth))
    assert depth(database.best().program) == 6
    assert 0.3 in scores(database._islands[0])
    assert 0.1 not in scores(database._islands[0])
    assert [scores(each) for each in database._islands[1:]] == [[0.0], [0.0]], "other islands don't know of it"


def test_another_kind_of_program_has_a_cell_of_its_own(seed: dict[str, ModuleType], entry: Callable[..., Any]) -> None:
    database = seed["database"].Database(entry(5, 0.5))
    database.add(0, entry(6, 0.1, "\n".join(f"def f{n}():\n    return {n}\n" for n in range(20))))
    assert sorted(scores(database._islands[0])) == [0.1, 0.5]


def test_a_failure_is_remembered_but_has_no_place(seed: dict[str, ModuleType], entry: Callable[..., Any]) -> None:
    database = seed["database"].Database(entry(5, Score(-1.0, "crash")))
    database.add(0, entry(6, Score(-1.0, "wall")))
    assert list(map(depth, (each.program for each in database.scored.values()))) == [5, 6]
    assert [scores(each) for each in database._islands] == [[-1.0]] * 3
    assert depth(database.best().program) == 5


def test_the_best_of_an_island_migrates_to_the_next(seed: dict[str, ModuleType], entry: Callable[..., Any]) -> None:
    database = seed["database"].Database(entry(5, 0.0))
    database.add(2, entry(6, 0.7))
    database.migrate()
    assert [max(scores(each)) for each in database._islands] == [0.7, 0.0, 0.7]
    database.migrate()
    assert [max(scores(each)) for each in database._islands] == [0.7, 0.7, 0.7]


def test_parents_are_mostly_the_best_and_inspirations_are_others(
    seed: dict[str, ModuleType], entry: Callable[..., Any]
) -> None:
    database = seed["database"].Database(entry(5, 0.0))
    long = "\n".join(f"def f{n}():\n    return {n}\n" for n in range(20))
    database.add(0, entry(6, 0.4, long))
    database.add(1, entry(7, 0.9, long))
    rng, parents = random.Random(0), Counter[int]()
    for _ in range(300):
        parent, inspirations = database.sample(3, rng)
        parents[depth(parent.program)] += 1
        assert parent not in inspirations
        assert 1 <= len(inspirations) <= seed["database"].INSPIRATIONS
        assert [each.score for each in inspirations] == sorted((each.score for each in inspirations), reverse=True)
    assert set(parents) == {5, 6}, "of the island whose turn it is"
    assert 30 < parents[5] < 100 < parents[6]


def test_features_tell_length_and_novelty(seed: dict[str, ModuleType]) -> None:
    cell, first = seed["features"].cell, Program({"main.py": "".join(f"a{n} = 1\n" for n in range(8))})
    text = first.files["main.py"]
    assert cell(first, first) == (0, 0)
    assert cell(Program({"main.py": text * 2}), first) == (2, 0)
    assert cell(Program({"main.py": text.replace("a", "b")}), first) == (0, 4)
    assert cell(Program({"main.py": text * 1000}), first)[0] == seed["features"].MOST
    assert cell(Program({"main.py": ""}), first) == (-seed["features"].MOST, 0)


# The loop


def test_small_changes_add_up_within_the_budget(seed: dict[str, ModuleType]) -> None:
    utility = Scoring(10, score)
    made = run(seed, TOY, utility, deeper)
    assert utility.remaining == 0
    assert depth(made) == max(map(depth, utility.seen)) > 10
    assert [edit.target for edit in made.edits] == ["main.py:DEPTH"] * (depth(made) - 5)


def test_nothing_is_scored_twice(seed: dict[str, ModuleType]) -> None:
    utility = Scoring(25, score)
    model = Answering(saying(block("DEPTH = 5", "DEPTH = 6"), block("RATE = 0.5", "RATE = 0.4")))
    run(seed, TOY, utility, model)
    assert len({each.digest for each in utility.seen}) == len(utility.seen) < len(model.asked)


def test_it_ends_though_no_budget_does(seed: dict[str, ModuleType]) -> None:
    model = Answering(saying(block("DEPTH = 5", "DEPTH = 6")), calls=10**6)
    assert depth(run(seed, TOY, Scoring(10**6, score), model)) == 6
    assert 0 < len(model.asked) < 1000


def test_the_prompt_tells_scores_inspirations_and_what_failed(seed: dict[str, ModuleType]) -> None:
    worse = [block("DEPTH = 5", f"DEPTH = {number}") for number in (200, 3)]
    model = Answering(saying(*worse, block("DEPTH = 5", "DEPTH = 9"), block("WIDTH = 1.0", "WIDTH = 2.0")))
    run(seed, TOY, Scoring(7, score), model)
    assert "a test" in prompt(model, 0)
    assert "The program to change scores 5.0000" in prompt(model, 0)
    assert "A program that scores" not in prompt(model, 0)
    assert "- crash: replace main.py:DEPTH: DEPTH = 5 -> DEPTH = 200" in prompt(model, 2)
    assert "- scores 3.0000: replace main.py:DEPTH: DEPTH = 5 -> DEPTH = 3" in prompt(model, 2)
    assert "A program that scores 9.0000:" in prompt(model, 3)
    assert "\nDEPTH = 200\n" not in prompt(model, 3), "what failed inspires nobody"


def test_the_model_is_told_what_the_change_before_did_besides(seed: dict[str, ModuleType]) -> None:
    before = replace(TOY, deleted=frozenset(fingerprints("DEPTH = 6\n")))
    model = Answering(deeper)
    made = run(seed, before, Scoring(12, score), model)
    assert made.edits[0].operator == "restore"
    told = [
        number for number in range(len(model.asked)) if "this brings back `DEPTH` of main.py" in prompt(model, number)
    ]
    assert told
    assert 0 not in told


def test_its_draws_are_the_rngs_and_nothing_elses(seed: dict[str, ModuleType]) -> None:
    def asked(number: int) -> list[dict[str, Any]]:
        model = Answering(deeper, names=["one", "two"])
        run(seed, TOY, Scoring(20, score), model, number)
        return model.asked

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


# The two models


def test_the_fast_model_makes_most_changes_and_the_strong_one_some(seed: dict[str, ModuleType]) -> None:
    model = Answering(deeper, calls=100, names=["fast", "middling", "strong"])
    run(seed, TOY, Scoring(50, score), model)
    names = Counter(each["name"] for each in model.asked)
    assert set(names) == {"fast", "strong"}
    assert names["fast"] > 2 * names["strong"]


def test_the_strong_model_changes_the_scaffold_itself(seed: dict[str, ModuleType]) -> None:
    model = Answering(saying("no idea", FEWER), names=["fast", "strong"])
    run(seed, SEED.program, Scoring(0, score), model)
    assert [each["name"] for each in model.asked] == ["strong", "strong"]


def test_one_model_is_both(seed: dict[str, ModuleType]) -> None:
    model = Answering(deeper, names=["only"])
    run(seed, TOY, Scoring(10, score), model)
    assert {each["name"] for each in model.asked} == {"only"}


# Replies that can't be used, and budgets that are spent


def test_a_block_that_does_not_match_is_told_with_what_is_near(seed: dict[str, ModuleType]) -> None:
    model = Answering(saying(block("DEPTH = 6", "DEPTH = 7"), "no blocks", block("DEPTH = 5", "DEPTH = 7")))
    assert depth(run(seed, TOY, Scoring(2, score), model)) == 7
    assert [len(each["messages"]) for each in model.asked] == [2, 4, 6]
    assert "SEARCH stands nowhere in main.py" in prompt(model, 1)
    assert "+DEPTH = 5" in prompt(model, 1)
    assert model.asked[0]["name"] == model.asked[2]["name"]


def test_a_whole_program_is_taken_too(seed: dict[str, ModuleType]) -> None:
    text = deep(50).files["main.py"]
    assert depth(run(seed, TOY, Scoring(2, score), saying(f"All new.\n\n```python\n{text}```"))) == 50


def test_a_change_that_never_fits_is_given_up_and_others_are_made(seed: dict[str, ModuleType]) -> None:
    model = Answering(saying(*["no"] * 3, block("DEPTH = 5", "DEPTH = 8")))
    assert depth(run(seed, TOY, Scoring(2, score), model)) == 8
    assert [len(each["messages"]) for each in model.asked] == [2, 4, 6, 2]


@pytest.mark.parametrize(("calls", "reached"), [(0, 5), (1, 6)])
def test_a_model_without_calls_left_ends_it_with_the_best_so_far(
    calls: int, reached: int, seed: dict[str, ModuleType]
) -> None:
    assert depth(run(seed, TOY, Scoring(9, score), Answering(deeper, calls=calls))) == reached


def test_a_refused_request_ends_one_change_only(seed: dict[str, ModuleType]) -> None:
    refused = iter([True, False, True])

    def answer(messages: Messages, n: int) -> list[str]:
        if next(refused, False):
            raise RequestRefused("too long")
        return deeper(messages, n)

    assert depth(run(seed, TOY, Scoring(2, score), answer)) == 6


@pytest.mark.parametrize("budget", [0, 9])
def test_when_all_is_refused_it_ends(budget: int, seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise RequestRefused("too long")

    assert run(seed, TOY, Scoring(budget, score), Answering(answer, calls=10**6)) == TOY


@pytest.mark.parametrize("budget", [0, 9])
def test_without_a_model_it_refuses(budget: int, seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise ModelUnavailable("this run has no language model")

    with pytest.raises(ModelUnavailable):
        run(seed, TOY, Scoring(budget, score), Answering(answer, names=[]))


# Of itself

HEAD = "def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:"
FEWER = block("ISLANDS = 3", "ISLANDS = 2", "database.py")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (block(HEAD, HEAD.replace("improve(", "better(")), "main.py must keep its function improve(program"),
        (block(HEAD, HEAD.replace("rng: random", "dice: random")), "main.py must keep its function improve("),
        (block("ISLANDS = 3", "ISLANDS = 3  # or so", "database.py"), "nothing that runs would change"),
        (block("ISLANDS = 3", "ISLANDS = (", "database.py"), "database.py would not parse"),
    ],
)
def test_blind_it_hands_in_the_first_change_that_keeps_the_contract(
    reply: str, why: str, seed: dict[str, ModuleType]
) -> None:
    model = Answering(saying(reply, FEWER))
    made = run(seed, SEED.program, Scoring(0, score), model)
    assert [edit.target for edit in made.edits] == ["database.py:ISLANDS"]
    assert contract_error(made) == ""
    assert why in prompt(model, 1)
    assert len(model.asked) == 2


@pytest.mark.parametrize("calls", [0, 1, 7])
def test_blind_and_out_of_luck_it_hands_in_what_it_was_given(calls: int, seed: dict[str, ModuleType]) -> None:
    model = Answering(saying("no idea"), calls=calls)
    assert run(seed, SEED.program, Scoring(0, score), model) == SEED.program
    assert len(model.asked) == calls


def test_all_its_files_are_shown_in_fences_that_hold_them(seed: dict[str, ModuleType]) -> None:
    model = Answering(saying(FEWER))
    run(seed, SEED.program, Scoring(0, score), model)
    for path, text in SEED.program.files.items():
        fence = "````" if "```" in text else "```"
        assert f"\n{path}\n{fence}python\n{text}{fence}\n" in prompt(model, 0)


def test_with_a_budget_it_hands_in_another_scaffold_even_if_none_is_better(seed: dict[str, ModuleType]) -> None:
    def worth(program: Program) -> Score:
        text = program.files["database.py"]
        return Score(0.5 if "ISLANDS = 3" in text else 0.4 if "ISLANDS = 2" in text else 0.3)

    one = block("ISLANDS = 3", "ISLANDS = 1", "database.py")
    made = run(seed, SEED.program, Scoring(3, worth), saying(one, FEWER))
    assert "ISLANDS = 2" in made.files["database.py"]
    assert run(seed, TOY, Scoring(3, score), saying(block("DEPTH = 5", "DEPTH = 4"))) == TOY


def test_every_self_edit_of_the_script_fits_the_seed(seed: dict[str, ModuleType]) -> None:
    made = [seed["reading"].read(SEED.program, reply).program for reply in self_edits("alphaevolve")]
    assert len({each.digest for each in made}) == len(made) >= 6


# End to end


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_evolves_and_every_generation_replays_offline(tmp_path: Path) -> None:
    models = ["fast", "strong"]
    found = evolved(tmp_path / "run", "alphaevolve", ["online_bin_packing", "maxcut"], models=models)
    check(found)
    assert {each.model for each in found.calls} == set(models)
    check_replay(found)
