"""The scaffold aide: its policy and steps with a model in this process, and real runs with the scripted one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scaffold_runs import Answering, Scoring, block, check, check_replay, check_self_edits, depth, evolved, modules

from godel import scaffold
from godel.contract import ModelUnavailable, Program, RequestRefused, Score, fenced
from godel.gate.smoke import TOY
from godel.scaffold import contract_error

SEED = scaffold.load("aide")
Messages = Sequence[Mapping[str, Any]]
DRAFT, DEBUG, IMPROVE = "Design a solution", "The solution below fails.", "Improve the solution"


@pytest.fixture(scope="module")
def seed() -> Iterator[dict[str, ModuleType]]:
    with modules("aide") as found:
        yield found


def whole(depth: int, plan: str = "A plan.") -> str:
    text = TOY.files["main.py"].replace("DEPTH = 5", f"DEPTH = {depth}")
    return f"{plan}\n\n```python\n{text}```\n"


def stage(messages: Messages) -> str:
    """Of which step a conversation is."""
    return next(each for each in (DRAFT, DEBUG, IMPROVE) if f"# What to do\n{each}" in messages[0]["content"])


def score(program: Program) -> Score:
    """The depth itself; an odd one above 10 crashes."""
    value = depth(program)
    return Score(-1.0, "crash") if value > 10 and value % 2 else Score(value)


def answering(**by_stage: str | Sequence[str]) -> Callable[[Messages, int], list[str]]:
    """Answers by the step: always the same, or several in turn and the last one again and again."""
    rest = {name: [said] if isinstance(said, str) else list(said) for name, said in by_stage.items()}
    names = {DRAFT: "draft", DEBUG: "debug", IMPROVE: "improve"}

    def answer(messages: Messages, n: int) -> list[str]:
        mine = rest[names[stage(messages)]]
        return [mine.pop(0) if len(mine) > 1 else mine[0]] * n

    return answer


def run(seed: Mapping[str, ModuleType], program: Program, utility: Scoring, model: Any, number: int = 0) -> Program:
    made = seed["main"].improve(program, utility, model, random.Random(number))
    assert isinstance(made, Program)
    return made


def prompt(model: Answering, number: int) -> str:
    return "\n".join(each["content"] for each in model.asked[number]["messages"])


def stages(model: Answering) -> list[str]:
    return [stage(each["messages"]) for each in model.asked]


# The policy


@pytest.fixture
def tree(seed: dict[str, ModuleType]) -> Callable[..., Any]:
    """Makes a node: of a stage, with a score or a failure."""

    def made(kind: str, score: float | str, parent: Any = None) -> Any:
        worth = Score(-1.0, score) if isinstance(score, str) else Score(score)
        return seed["journal"].Node(TOY, "a plan", kind, parent).scored(worth)

    return made


def test_drafts_come_first_whatever_there_is(seed: dict[str, ModuleType], tree: Callable[..., Any]) -> None:
    journal = seed["journal"].Journal(tree("given", 0.0))
    journal.nodes += [tree("draft", "crash"), tree("draft", 0.5), tree("improve", 0.6)]
    choices = [seed["policy"].choose(journal, 3, random.Random(number)) for number in range(20)]
    assert choices == [None] * 20
    assert seed["policy"].choose(journal, 2, random.Random(0)) is not None


def test_half_of_the_steps_debug_and_the_others_improve_the_best(
    seed: dict[str, ModuleType], tree: Callable[..., Any]
) -> None:
    journal = seed["journal"].Journal(tree("given", 0.0))
    one, two, good = tree("draft", "crash"), tree("draft", "wall"), tree("draft", 0.7)
    journal.nodes += [one, two, good, tree("improve", 0.7, good), tree("improve", 0.2, good)]
    rng = random.Random(0)
    found = Counter(seed["policy"].choose(journal, 3, rng) for _ in range(400))
    assert set(found) == {one, two, good}, "the first of the best"
    assert all(50 < found[each] < 150 for each in (one, two))


def test_only_leaves_are_debugged_and_not_for_ever(seed: dict[str, ModuleType], tree: Callable[..., Any]) -> None:
    journal = seed["journal"].Journal(tree("given", 0.1))
    node = tree("draft", "crash")
    for expected in (node, 1, 2, None):
        journal.nodes.append(node)
        chosen = {seed["policy"].choose(journal, 1, random.Random(number)) for number in range(20)}
        assert chosen == {journal.nodes[0], node} - ({node} if expected is None else set())
        node = tree("debug", "crash", node)


def test_without_a_node_that_works_it_debugs_or_drafts(seed: dict[str, ModuleType], tree: Callable[..., Any]) -> None:
    journal = seed["journal"].Journal(tree("given", "crash"))
    journal.nodes.append(tree("draft", "crash"))
    chosen = {seed["policy"].choose(journal, 1, random.Random(number)) for number in range(40)}
    assert chosen == {None, *journal.nodes}


@pytest.mark.parametrize(("steps", "drafts"), [(1, 1), (5, 1), (8, 2), (20, 5), (39, 5)])
def test_a_quarter_of_the_steps_are_drafts(steps: int, drafts: int, seed: dict[str, ModuleType]) -> None:
    assert seed["policy"].drafts(steps) == drafts


# The search


def test_it_drafts_debugs_and_improves_and_hands_in_the_best(seed: dict[str, ModuleType]) -> None:
    deeper = [whole(number) for number in (10, 9, 12, 14, 16, 18)]
    model = Answering(answering(draft=[whole(11), whole(7)], debug=[whole(8)], improve=deeper))
    utility = Scoring(9, score)
    made = run(seed, TOY, utility, model)
    assert utility.remaining == 0
    assert utility.seen[0] == TOY
    assert depth(made) == max(map(depth, (each for each in utility.seen if not score(each).failure)))
    assert stages(model)[:2] == [DRAFT, DRAFT]
    assert set(stages(model)[2:]) == {DEBUG, IMPROVE}


def test_every_step_starts_from_the_node_that_it_is_about(seed: dict[str, ModuleType]) -> None:
    model = Answering(answering(draft=[whole(11), whole(7)], debug=whole(8), improve=[whole(10), whole(9)]))
    run(seed, TOY, Scoring(9, score), model)
    for number, kind in enumerate(stages(model)):
        at = prompt(model, number).split("DEPTH = ")[1].split("\n")[0]
        assert at in {DRAFT: ("5",), DEBUG: ("11",), IMPROVE: ("7", "8", "10")}[kind]
    debugged = stages(model).index(DEBUG)
    assert "How it fails: crash." in prompt(model, debugged)


def test_prompts_tell_plans_and_scores_of_what_works_only(seed: dict[str, ModuleType]) -> None:
    model = Answering(
        answering(
            draft=[whole(11, "Too odd."), whole(7, "Seven.")],
            debug=whole(8, "Even."),
            improve=[whole(10, "Ten."), whole(9, "Nine.")],
        )
    )
    run(seed, TOY, Scoring(9, score), model)
    assert "Plan (" not in prompt(model, 0)
    last = prompt(model, len(model.asked) - 1)
    assert "Plan (given): the program as it was given\nScore: 5.0000" in last
    assert "Plan (draft): Seven.\nScore: 7.0000" in last
    assert "Plan (improve): Ten.\nScore: 10.0000 (+3.0000 by this change)" in last
    assert "Too odd." not in last


@pytest.mark.parametrize(
    "code", ["main.py\n```python\nx = 1\n```", "**`main.py`**\n\n```\nx = 1\n```", block("a", "b")]
)
def test_a_plan_is_what_stands_before_the_code(code: str, seed: dict[str, ModuleType]) -> None:
    assert seed["prompts"].plan(f"Keep main.py,\nbut  faster.\n\n{code}\nDone.") == "Keep main.py, but faster."
    assert seed["prompts"].plan(code) == "(none)"


def test_a_draft_owes_nothing_to_the_other_nodes(seed: dict[str, ModuleType]) -> None:
    model = Answering(answering(draft=[whole(9), whole(8)], improve=whole(10), debug="no"))
    made = run(seed, TOY, Scoring(9, score), model)
    assert [(edit.target, edit.before, edit.after) for edit in made.edits] == [
        ("main.py:DEPTH", "DEPTH = 5", "DEPTH = 9"),
        ("main.py:DEPTH", "DEPTH = 9", "DEPTH = 10"),
    ]


def test_a_reply_that_cant_be_applied_is_told_and_asked_again(seed: dict[str, ModuleType]) -> None:
    model = Answering(answering(draft=["", "no code", whole(7)], improve="no"))
    utility = Scoring(2, score)
    assert depth(run(seed, TOY, utility, model)) == 7
    assert [len(each["messages"]) for each in model.asked] == [1, 3, 5]
    assert "This could not be applied: " in model.asked[1]["messages"][-1]["content"]


def test_unusable_replies_make_no_node(seed: dict[str, ModuleType]) -> None:
    model, utility = Answering(answering(draft="no", debug="no", improve="no"), calls=1000), Scoring(5, score)
    assert run(seed, TOY, utility, model) == TOY
    assert len(utility.seen) == 1
    assert stages(model) == [DRAFT] * 12, "four steps of three replies"


@pytest.mark.parametrize("calls", range(4))
def test_a_model_without_calls_left_ends_it_with_the_best_so_far(calls: int, seed: dict[str, ModuleType]) -> None:
    improved = [whole(8), whole(10)]
    made = run(seed, TOY, Scoring(6, score), Answering(answering(draft=whole(6), improve=improved), calls=calls))
    assert depth(made) == (5, 6, 8, 10)[calls]


def test_a_refused_request_ends_it_with_the_best_so_far(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        if stage(messages) == IMPROVE:
            raise RequestRefused("too long")
        return [whole(7)]

    assert depth(run(seed, TOY, Scoring(6, score), Answering(answer))) == 7


def test_without_a_model_it_refuses(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise ModelUnavailable("this run has no language model")

    for budget in (0, 3):
        with pytest.raises(ModelUnavailable):
            run(seed, TOY, Scoring(budget, score), Answering(answer))


def test_its_draws_are_the_rngs_and_nothing_elses(seed: dict[str, ModuleType]) -> None:
    def asked(number: int) -> list[dict[str, Any]]:
        model = Answering(answering(draft=[whole(11), whole(13)], debug=whole(15), improve=[whole(8), whole(6)]))
        run(seed, TOY, Scoring(13, score), model, number)
        return model.asked

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


# Of itself

GONE = "def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:"
FEWER = "Fewer drafts.\n\n" + block("DRAFTS = 5", "DRAFTS = 3", "policy.py")


def test_blind_it_hands_in_the_first_improvement_that_keeps_the_contract(seed: dict[str, ModuleType]) -> None:
    layout = block("DRAFTS = 5", "DRAFTS = 5  # at first", "policy.py")
    renamed = block(GONE, GONE.replace("improve(", "better("))
    model = Answering(answering(improve=[layout, renamed, "", "", FEWER]))
    made = run(seed, SEED.program, Scoring(0, score), model)
    assert [edit.target for edit in made.edits] == ["policy.py:DRAFTS"]
    assert contract_error(made) == ""
    assert "nothing that runs would change" in prompt(model, 1)
    assert "must keep its function improve(program, utility, model, rng)" in prompt(model, 2)


@pytest.mark.parametrize(("text", "calls", "asked"), [("no idea", 5, 5), ("no idea", 1000, 30), (FEWER, 0, 0)])
def test_blind_and_out_of_luck_it_hands_in_what_it_was_given(
    text: str, calls: int, asked: int, seed: dict[str, ModuleType]
) -> None:
    model = Answering(answering(improve=text), calls=calls)
    assert run(seed, SEED.program, Scoring(0, score), model) == SEED.program
    assert len(model.asked) == asked


def test_all_its_files_are_shown_and_the_contract_is_told(seed: dict[str, ModuleType]) -> None:
    model = Answering(answering(improve=FEWER))
    run(seed, SEED.program, Scoring(0, score), model)
    assert all(f"\n{fenced(path, text)}" in prompt(model, 0) for path, text in SEED.program.files.items())
    assert "of your own kind" in prompt(model, 0)


def test_with_a_budget_it_hands_in_another_scaffold_even_if_none_is_better(seed: dict[str, ModuleType]) -> None:
    def worth(program: Program) -> Score:
        text = program.files["policy.py"]
        return Score(0.5 if "DRAFTS = 5" in text else 0.4 if "DRAFTS = 3" in text else 0.3)

    other = block("DRAFTS = 5", "DRAFTS = 4", "policy.py")
    made = run(seed, SEED.program, Scoring(3, worth), Answering(answering(draft=other, improve=FEWER)))
    assert "DRAFTS = 3" in made.files["policy.py"]
    assert run(seed, TOY, Scoring(3, score), Answering(answering(draft=whole(4), improve=whole(3)))) == TOY


def test_the_script_knows_several_changes_of_its_source() -> None:
    check_self_edits("aide", 5)


# End to end


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_evolves_and_every_generation_replays_offline(tmp_path: Path) -> None:
    found = evolved(tmp_path / "run", "aide", ["online_bin_packing", "maxcut"])
    check(found)
    check_replay(found)
