"""The scaffold self_rewarding: its rounds with a model in this process, and real runs with the scripted one."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scaffold_runs import Answering, Scoring, Scripted, block, check, check_replay, depth, evolved, modules, self_edits

from godel import scaffold
from godel.contract import ModelUnavailable, Program, Reply, RequestRefused
from godel.contract.editing import from_reply
from godel.contract.fingerprints import fingerprints
from godel.gate.smoke import TOY, ToyUtility
from godel.lineage import Status
from godel.lineage.analysis.calibration import calibration
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.scaffold import contract_error

SEED = scaffold.load("self_rewarding")
Messages = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module")
def seed() -> Iterator[dict[str, ModuleType]]:
    with modules("self_rewarding") as found:
        yield found


def whole(depth: int, more: str = "") -> str:
    text = TOY.files["main.py"].replace("DEPTH = 5", f"DEPTH = {depth}{more}")
    return f"Another depth.\n\nmain.py\n```python\n{text}```\n"


def shown_depth(text: str) -> int:
    """Of the program in a prompt: the line as it stands in the file, and not in a difference."""
    (line,) = (each for each in text.splitlines() if each.startswith("DEPTH = "))
    return int(line.removeprefix("DEPTH = ").split()[0])


def form(score: object, reason: str = "so it is") -> str:
    return json.dumps({"reason": reason, "score": score})


def tenth(text: str) -> list[str]:
    """A judge that gives a tenth of the depth, and whose votes differ by what is left over."""
    points, rest = divmod(shown_depth(text), 10)
    return [form(points + (index < rest), f"depth {shown_depth(text)}, vote {index}") for index in range(3)]


def strict(text: str) -> list[str]:
    """A meta-judge that prefers the lower score, wherever it stands."""
    scores = [line for line in text.splitlines() if line.startswith("Score: ")][-2:]
    return [json.dumps({"reason": "lower", "better": "A" if scores[0] < scores[1] else "B"})]


def model(
    *rounds: Sequence[str],
    judge: Callable[[str], Sequence[str]] = tenth,
    meta: Callable[[str], Sequence[str]] = strict,
    calls: int = 30,
) -> Answering:
    """Writes the drafts of one request after the other, and the last ones again; judges as it is told."""
    rest = list(rounds)

    def answer(messages: Messages, n: int) -> list[str]:
        who, text = messages[0]["content"], messages[1]["content"]
        if who.startswith("You write"):
            drafts = rest.pop(0) if len(rest) > 1 else rest[0]
            return [drafts[index % len(drafts)] for index in range(n)]
        said = judge(text) if who.startswith("You judge") else meta(text)
        return [said[index % len(said)] for index in range(n)]

    return Answering(answer, calls)


def run(seed: Mapping[str, ModuleType], program: Program, utility: Scoring, model: Any) -> Program:
    made = seed["main"].improve(program, utility, model, random.Random(0))
    assert isinstance(made, Program)
    assert not utility.seen, "the score was asked for"
    return made


def blind() -> Scoring:
    """A utility that could be called, and must not be."""
    return Scoring(40, lambda program: 0.0)


def asked(model: Answering, who: str) -> list[dict[str, Any]]:
    return [each for each in model.asked if each["messages"][0]["content"].startswith(f"You {who}")]


def prompt(request: Mapping[str, Any]) -> str:
    return "\n".join(each["content"] for each in request["messages"])


# As in the papers


def test_four_drafts_and_three_votes_on_each(seed: dict[str, ModuleType]) -> None:
    said = model([whole(each) for each in (31, 22, 13, 40)])
    assert depth(run(seed, TOY, blind(), said)) == 40
    assert {(each["n"], each["temperature"]) for each in asked(said, "write")} == {(4, 0.7)}
    assert [each["n"] for each in asked(said, "judge")] == [3] * 5, "the given program and four drafts"
    assert [shown_depth(prompt(each)) for each in asked(said, "judge")] == [5, 31, 22, 13, 40]


def test_the_laboratory_is_told_the_mean_of_the_votes_on_everything_judged(seed: dict[str, ModuleType]) -> None:
    utility = blind()
    run(seed, TOY, utility, model([whole(31), whole(22)], [whole(13)]))
    assert [depth(program) for program, _ in utility.told] == [5, 31, 22, 13]
    assert [score for _, score in utility.told] == pytest.approx([1.0, 3 + 1 / 3, 2 + 2 / 3, 2.0])


def test_the_second_round_starts_from_the_best_and_learns_from_a_pair(seed: dict[str, ModuleType]) -> None:
    said = model([whole(22), whole(31), whole(13), whole(20)], [block("DEPTH = 31", "DEPTH = 40")])
    made = run(seed, TOY, blind(), said)
    assert depth(made) == 40
    assert [(edit.target, edit.after) for edit in made.edits] == [
        ("main.py:DEPTH", "DEPTH = 31"),
        ("main.py:DEPTH", "DEPTH = 40"),
    ]
    first, second = map(prompt, asked(said, "write"))
    assert "Earlier drafts" not in first
    assert shown_depth(first) == 5
    assert shown_depth(second) == 31
    pair = second.partition("Earlier drafts")[2]
    better, _, worse = pair.partition("Worse, judged ")
    assert "Better, judged 3.33 of 5: depth 31" in better
    assert "-DEPTH = 5\n+DEPTH = 31" in better
    assert "2.00 of 5: depth 13" in worse or "2.00 of 5: depth 20" in worse
    assert "+DEPTH = 22" not in pair


def test_drafts_that_are_judged_alike_make_no_pair(seed: dict[str, ModuleType]) -> None:
    said = model([whole(20), whole(13)], [whole(30)])
    assert depth(run(seed, TOY, blind(), said)) == 30
    assert not any("Earlier drafts" in prompt(each) for each in asked(said, "write"))


def test_what_it_judged_last_is_shown_with_the_program(seed: dict[str, ModuleType]) -> None:
    said = model([whole(31)], [whole(32)])
    run(seed, TOY, blind(), said)
    first, second = map(prompt, asked(said, "write"))
    assert "You judged it 1.00 of 5: depth 5" in first
    assert "You judged it 3.33 of 5: depth 31" in second


@pytest.mark.parametrize(("drafts", "kept"), [((2, 1), 5), ((31, 2), 31), ((20, 21, 22), 22)])
def test_the_given_program_is_judged_too(drafts: Sequence[int], kept: int, seed: dict[str, ModuleType]) -> None:
    """`tenth` gives the given one 1, and below that to depths of 2 and less."""
    assert depth(run(seed, TOY, blind(), model([whole(each) for each in drafts]))) == kept


def test_a_judge_that_can_not_tell_prefers_what_was_meant_to_be_better(seed: dict[str, ModuleType]) -> None:
    said = model([whole(700)], judge=lambda text: [form(2)])
    assert depth(run(seed, TOY, blind(), said)) == 700


def test_between_equals_the_shorter_draft_wins(seed: dict[str, ModuleType]) -> None:
    drafts = [whole(8, "  # a depth"), whole(7), whole(6, "  # and a remark")]
    assert depth(run(seed, TOY, blind(), model(drafts, judge=lambda text: [form(3)]))) == 7


# The meta-judge


def test_the_judge_learns_which_of_its_votes_was_the_better(seed: dict[str, ModuleType]) -> None:
    """Of the first draft all votes are the same; those of the second differ."""
    said = model([whole(30), whole(21)], [whole(40)])
    run(seed, TOY, blind(), said)
    one, other = asked(said, "compare")
    assert shown_depth(prompt(one)) == shown_depth(prompt(other)) == 21
    assert prompt(one).index("Score: 3") < prompt(one).index("Score: 2")
    assert prompt(other).index("Score: 2") < prompt(other).index("Score: 3")
    *before, last = map(prompt, asked(said, "judge"))
    lesson = last.partition("Judgements of yours")[2]
    assert "Better:\ndepth 21, vote 1\nScore: 2\n\nWorse:\ndepth 21, vote 0\nScore: 3" in lesson
    assert not any("Judgements of yours" in each for each in before)


@pytest.mark.parametrize("said", ['{"better": "A"}', '{"better": "B"}', "They are alike.", "{"])
def test_a_preference_for_a_position_or_none_teaches_nothing(said: str, seed: dict[str, ModuleType]) -> None:
    asking = model([whole(21)], [whole(31)], meta=lambda text: [said])
    assert depth(run(seed, TOY, blind(), asking)) == 31
    assert len(asked(asking, "compare")) == 2
    assert not any("Judgements of yours" in prompt(each) for each in asked(asking, "judge"))


def test_votes_that_agree_are_not_compared(seed: dict[str, ModuleType]) -> None:
    said = model([whole(30), whole(20)], [whole(40)])
    run(seed, TOY, blind(), said)
    assert not asked(said, "compare")


def test_a_meta_judge_that_is_refused_teaches_nothing(seed: dict[str, ModuleType]) -> None:
    def refuse(text: str) -> list[str]:
        raise RequestRefused("too long")

    assert depth(run(seed, TOY, blind(), model([whole(21)], [whole(31)], meta=refuse))) == 31


# What a model may say


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"reason": "good", "score": 4}', 4.0),
        ('Here it is:\n```json\n{"score": 3, "reason": "fine"}\n```\nThat is all.', 3.0),
        ('{"reason": "in words", "score": "4"}', 4.0),
        ('{"reason": "a half", "score": 3.5}', 3.5),
        ("It runs. Score: 4", 4.0),
        ("I give it 3 out of 5, as it is plain.", 3.0),
        ("**Score:** 2/5", 2.0),
        ("The score is *1*.", 1.0),
        ("Score (0-5): 5", 5.0),
        ("A score of 1 would be too low, and so I say: Score: 3", 3.0),
        ('{"not": "a form"} but it gets a score of 2', 2.0),
        ("{ the braces are of a program } Score: 0", 0.0),
        ("I give it 3 of a possible 5.", 3.0),
        ("Two things are missing.\n\nTotal: 2", 2.0),
        ("**Total points: 4**", 4.0),
        ("That comes to 2.5 out of a maximum of 5", 2.5),
        ("Overall rating: 1/5", 1.0),
        ("It earns 4 points.", 4.0),
        ("", None),
        ("It is good.", None),
        ("Score: 7", None),
        ("Score: -1", None),
        ('{"score": 6}', None),
        ('{"score": null}', None),
        ('{"score": NaN}', None),
        ('{"score": [4]}', None),
        ('{"score": 1' + "0" * 400 + "}", None),
        ("{" * 100_000 + "}", None),
        ('{"score": 4', 4.0),
    ],
)
def test_a_vote_is_read_out_of_anything(reply: str, score: float | None, seed: dict[str, ModuleType]) -> None:
    vote = seed["reading"].vote(reply)
    assert (vote.score if vote else None) == score
    assert not vote or vote.reason


@pytest.mark.parametrize(
    ("reply", "chosen"),
    [
        ('{"reason": "x", "better": "A"}', "A"),
        ('{"better": " b"}', "B"),
        ("The better judgement is: **B**", "B"),
        ("Better: A", "A"),
        ("Winner: B.", "B"),
        ("A is better", "A"),
        ("All in all, **B** is the better one.", "B"),
        ("I prefer judgement B", "B"),
        ("B wins.", "B"),
        ("B looks right at first, but A is right.", "A"),
        ("a is better than nothing", ""),
        ("A is not better", ""),
        ("A is what I say", ""),
        ('{"better": "both"}', ""),
        ("", ""),
    ],
)
def test_a_choice_is_read_out_of_anything(reply: str, chosen: str, seed: dict[str, ModuleType]) -> None:
    assert seed["reading"].choice(reply) == chosen


def test_a_long_reason_is_cut(seed: dict[str, ModuleType]) -> None:
    assert len(seed["reading"].vote(form(4, "x" * 9999)).reason) == seed["reading"].LONGEST


def test_votes_that_can_not_be_read_do_not_count(seed: dict[str, ModuleType]) -> None:
    utility = blind()
    said = model([whole(9)], judge=lambda text: [form(4), "I can't tell.", form(3)])
    run(seed, TOY, utility, said)
    assert [score for _, score in utility.told] == [3.5, 3.5]


def test_a_draft_without_a_vote_is_passed_over_and_nobody_is_told(seed: dict[str, ModuleType]) -> None:
    utility = blind()
    said = model([whole(31), whole(99)], judge=lambda text: ["?"] if "\nDEPTH = 99" in text else tenth(text))
    assert depth(run(seed, TOY, utility, said)) == 31
    assert [depth(program) for program, _ in utility.told] == [5, 31]


def test_a_judge_without_an_opinion_changes_no_task_but_a_scaffold(seed: dict[str, ModuleType]) -> None:
    utility = blind()
    assert run(seed, TOY, utility, model([whole(31)], judge=lambda text: ["Hm."])) == TOY
    made = run(seed, SEED.program, utility, model([MORE], judge=lambda text: ["Hm."]))
    assert [edit.target for edit in made.edits] == ["main.py:ROUNDS"]
    assert not utility.told


def test_unusable_drafts_are_told_and_asked_for_again(seed: dict[str, ModuleType]) -> None:
    said = model(["no idea", block("DEPTH = 6", "DEPTH = 7")], ["", "DEPTH = ("], [whole(31)])
    assert depth(run(seed, TOY, blind(), said)) == 31
    assert [len(each["messages"]) for each in asked(said, "write")][:3] == [2, 4, 6]
    assert "no code found" in prompt(asked(said, "write")[1])


def test_a_draft_that_was_judged_before_is_not_judged_again(seed: dict[str, ModuleType]) -> None:
    utility, said = blind(), model([whole(31), whole(31), whole(22)], [whole(22)], [whole(40)])
    assert depth(run(seed, TOY, utility, said)) == 40
    assert [depth(program) for program, _ in utility.told] == [5, 31, 22, 40]
    assert "was judged before" in prompt(asked(said, "write")[2])


def test_unusable_drafts_are_given_up(seed: dict[str, ModuleType]) -> None:
    said = model(["no idea"])
    assert run(seed, TOY, blind(), said) == TOY
    assert len(asked(said, "write")) == 6, "three requests in each of two rounds"
    assert run(seed, SEED.program, blind(), model(["no idea"])) == SEED.program


def test_what_the_last_change_did_besides_is_told(seed: dict[str, ModuleType]) -> None:
    given = Program(TOY.files, deleted=frozenset(fingerprints("DEPTH = 31\n")))
    said = model([whole(31)], [whole(40)])
    made = run(seed, given, blind(), said)
    assert [edit.operator for edit in made.edits] == ["restore", "replace"]
    first, second = map(prompt, asked(said, "write"))
    assert "brings back" not in first
    assert "this brings back `DEPTH` of main.py" in second


# Budgets and refusals


@pytest.mark.parametrize("calls", range(14))
def test_whatever_it_may_ask_it_hands_in_the_best_so_far(calls: int, seed: dict[str, ModuleType]) -> None:
    """The calls: the given one, four drafts in one, a judgement of each, twice the meta-judge, and again."""
    rounds = [whole(each) for each in (21, 31, 41, 22)], [whole(each) for each in (32, 42, 33)]
    best = {0: 5, 1: 5, 2: 5, 3: 21, 4: 31, 5: 41, 6: 41, 7: 41, 8: 41, 9: 41, 10: 41, 11: 42, 12: 42, 13: 42}
    assert depth(run(seed, TOY, blind(), model(*rounds, calls=calls))) == best[calls]


@pytest.mark.parametrize("calls", range(1, 9))
def test_a_scaffold_is_changed_with_any_call_at_all(calls: int, seed: dict[str, ModuleType]) -> None:
    made = run(seed, SEED.program, blind(), model([MORE, FEWER], judge=lambda text: [form(4)], calls=calls))
    assert made != SEED.program
    assert contract_error(made) == ""


def test_a_schema_is_sent_until_it_is_refused(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        if plain.asked[-1]["schema"]:
            raise RequestRefused("no schemas here")
        return tenth(messages[1]["content"]) if messages[0]["content"].startswith("You judge") else [whole(31)] * n

    plain, able = Answering(answer), model([whole(31)])
    assert depth(run(seed, TOY, blind(), plain)) == 31
    assert sum(each["schema"] is not None for each in plain.asked) == 1
    run(seed, TOY, blind(), able)
    for each in able.asked:
        assert bool(each["schema"]) == (not each["messages"][0]["content"].startswith("You write"))


def test_a_draft_that_can_not_be_judged_is_passed_over(seed: dict[str, ModuleType]) -> None:
    def judge(text: str) -> list[str]:
        if "\nDEPTH = 99" in text:
            raise RequestRefused("too long")
        return tenth(text)

    utility = blind()
    assert depth(run(seed, TOY, utility, model([whole(99), whole(31)], judge=judge))) == 31
    assert [depth(program) for program, _ in utility.told] == [5, 31]


def test_refused_drafts_end_it(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        if messages[0]["content"].startswith("You write"):
            raise RequestRefused("too long")
        return tenth(messages[1]["content"])

    said = Answering(answer)
    assert run(seed, TOY, blind(), said) == TOY
    assert len(asked(said, "write")) == 1


def test_without_a_model_it_refuses(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise ModelUnavailable("this run has no language model")

    for program in (TOY, SEED.program):
        with pytest.raises(ModelUnavailable):
            run(seed, program, blind(), Answering(answer))


def test_whoever_answers_first_answers_all(seed: dict[str, ModuleType]) -> None:
    plain = model([whole(31)], [whole(41)])

    def answer(messages: Messages, n: int) -> list[Reply]:
        return [Reply(str(each), model="second") for each in plain(messages, n)]

    said = Answering(answer, names=("first", "second"))
    assert depth(run(seed, TOY, blind(), said)) == 41
    assert {each["name"] for each in said.asked[1:]} == {"second"}
    assert said.asked[0]["name"] == ""


# Of itself

HEAD = "def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:"
MORE = block("ROUNDS = 2  # each learns from the ones before", "ROUNDS = 4")
FEWER = block("VOTES = 3", "VOTES = 2", "judge.py")


def test_of_several_changes_of_itself_it_hands_in_the_one_that_it_prefers(seed: dict[str, ModuleType]) -> None:
    renamed = block(HEAD, HEAD.replace("improve(", "better("))
    layout = block('"""Drafts: several versions of the best program so far."""', '"""Drafts."""', "writer.py")
    utility = blind()
    said = model([MORE, FEWER, renamed, layout], judge=lambda text: [form(1 if "+ROUNDS = 4" in text else 4)])
    made = run(seed, SEED.program, utility, said)
    assert [edit.target for edit in made.edits] == ["judge.py:VOTES"]
    assert contract_error(made) == ""
    edits = [[edit.target for edit in program.edits] for program, _ in utility.told]
    assert edits == [["main.py:ROUNDS"], ["judge.py:VOTES"], ["judge.py:VOTES", "main.py:ROUNDS"]]


def test_the_author_sees_all_of_its_files_and_the_judge_what_changed(seed: dict[str, ModuleType]) -> None:
    said = model([FEWER], judge=lambda text: [form(3)])
    run(seed, SEED.program, blind(), said)
    author, judge = prompt(asked(said, "write")[0]), prompt(asked(said, "judge")[0])
    for path, text in SEED.program.files.items():
        fence = "````" if "```" in text else "```"
        assert f"\n{path}\n{fence}python\n{text}{fence}\n" in author
    assert "of your own kind" in author
    assert "\njudge.py\n```python\n" in judge
    assert "\nmain.py\n" not in judge
    assert "-VOTES = 3\n+VOTES = 2" in judge
    toy = model([whole(31)])
    run(seed, TOY, blind(), toy)
    assert "of your own kind" not in prompt(asked(toy, "write")[0])


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (block(HEAD, HEAD.replace("improve(", "better(")), "main.py must keep its function improve(program, utility"),
        (block(HEAD, HEAD.replace("rng: random", "dice: random")), "main.py must keep its function improve("),
        (block("ROUNDS = 2  # each learns from the ones before", "ROUNDS = 2"), "nothing that runs would change"),
        (block("ROUNDS = 2", "ROUNDS = 3", "rounds.py"), "there is no file 'rounds.py'"),
    ],
)
def test_what_would_be_no_scaffold_any_more_is_told(reply: str, why: str, seed: dict[str, ModuleType]) -> None:
    said = model([reply], [MORE], judge=lambda text: [form(3)])
    assert "ROUNDS = 4" in run(seed, SEED.program, blind(), said).files["main.py"]
    assert why in prompt(asked(said, "write")[1])


def test_long_changes_are_cut_and_fences_hold_what_they_quote(seed: dict[str, ModuleType]) -> None:
    long = Program({"main.py": "".join(f"LINE_{number} = '```'\n" for number in range(300))})
    lines = seed["prompts"].difference(TOY, long).splitlines()
    assert len(lines) == seed["prompts"].MOST_LINES + 1
    assert seed["prompts"].shown(long).startswith("main.py\n````python\nLINE_0 = '```'\n")


# The script

SELF_EDITS = [from_reply(SEED.program, reply).program for reply in self_edits("self_rewarding")]


def test_every_self_edit_of_the_script_fits_the_seed() -> None:
    assert len({each.digest for each in SELF_EDITS}) == len(SELF_EDITS) >= 6
    assert [contract_error(each) for each in SELF_EDITS] == [""] * len(SELF_EDITS)


@pytest.mark.parametrize("number", range(-1, len(SELF_EDITS)))
@pytest.mark.parametrize("dice", [1, 2, 3])
def test_with_the_script_each_child_passes_the_smoke_run(number: int, dice: int) -> None:
    """What the gate asks of a child, in this process: a better toy, and a change of itself."""
    child = SEED.program if number < 0 else SELF_EDITS[number]
    toy, itself = Scoring(24, lambda program: 0.0), Scoring(0, lambda program: 0.0)
    toy.description, itself.description = ToyUtility().description, "A better improver."
    with modules("self_rewarding", child) as found:
        better = run(found, TOY, toy, Scripted("self_rewarding", dice))
        other = run(found, child, itself, Scripted("self_rewarding", dice))
    assert ToyUtility()(better) > ToyUtility()(TOY)
    assert other != child
    assert contract_error(other) == ""


# End to end

TASKS = ["online_bin_packing", "maxcut"]


def agreement(folder: Path) -> dict[int, float]:
    """By generation."""
    with Store.open(folder / FILE) as store:
        return {each.generation: each.tau.mean for each in calibration(Lineage.of(store)).generations}


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_evolves_and_every_generation_replays_offline(tmp_path: Path) -> None:
    found = evolved(tmp_path / "run", "self_rewarding", TASKS)
    check(found)
    check_replay(found)
    scored = {each.index for each in found.generations if each.status not in (Status.FAILED, Status.REFUSED)}
    assert set(agreement(tmp_path / "run")) == scored
    assert agreement(tmp_path / "run")[0] > 0.8, "the script's judge is a good one, under the seed's rubric"
    for each in found.evaluations:
        assert 4 <= len(each.judged) <= 12
        assert each.score in [worth for _, worth in each.judged], "it hands in what it judged"


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_rubric_that_is_easier_to_please_is_seen_in_the_report(tmp_path: Path) -> None:
    """The script's judge, under the rubric of one of the script's self-edits."""
    (drifted,) = (each for each in SELF_EDITS if "explains itself at length" in each.files["prompts.py"])
    shutil.copytree(scaffold.FOLDER / "self_rewarding", tmp_path / "drifted")
    for path, text in drifted.files.items():
        (tmp_path / "drifted" / path).write_text(text)
    run = evolved(tmp_path / "run", "self_rewarding", TASKS, scaffold=str(tmp_path / "drifted"), generations=1)
    assert agreement(tmp_path / "run")[0] < 0.0
    assert all(score < 0.0 for score in run.seed_scores().values()), "it hands in what pleases its judge"
