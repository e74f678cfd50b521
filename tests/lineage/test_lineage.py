"""The lineage of a run, asked of every prefix, against its plain definition."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from godel.lineage import RULED, Evaluation, Generation, Outcome, Ruling, Spend, Split, Trial, Verdict
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.members import Member
from godel.lineage.analysis.prefix import Prefix
from godel.lineage.analysis.statistics import utility
from godel.lineage.store import Store


def plainly(made: list[Generation], scores: dict[str, dict[Trial, float]], upto: int) -> list[Member]:
    """Who may become a parent, found by looking through everything."""
    found: dict[str, Member] = {}
    for each in made[: upto + 1]:
        if each.child and each.child not in found and each.kept_after(upto):
            tried = sum(each.child in other.parents for other in made[: upto + 1])
            found[each.child] = Member(each.child, each.index, utility(scores[each.child]), tried)
    return list(found.values())


@pytest.fixture
def ruled(store: Store, grow: Callable[..., object]) -> Store:
    """A run in which a person rules on some children, now and then."""
    grower, rng = grow(store), random.Random(3)
    for size in (20, 40, 60):
        grower.grow(size)  # type: ignore[attr-defined]
        made = store.generations()
        for each in rng.sample([each for each in made if each.outcome in RULED], 6):
            verdict = rng.choice([verdict for verdict in Verdict if verdict is not each.rulings[-1].verdict])
            store.rule(Ruling(each.index, verdict, "person:ada", "because", after=made[-1].index))
    return store


def scored(store: Store) -> dict[str, dict[Trial, float]]:
    found: dict[str, dict[Trial, float]] = {}
    for each in store.evaluations(split=Split.SEARCH):
        found.setdefault(each.tree, {})[each.trial] = each.score
    return found


@pytest.mark.parametrize("whole", [False, True])
def test_every_prefix_is_what_it_was_then(ruled: Store, whole: bool) -> None:
    """Read in brief as the loop does, or with all that views need; step by step, and by leaps."""
    made, scores = ruled.generations(), scored(ruled)
    lineage = reopened(ruled, whole)
    assert {each.verdict for one in made for each in one.rulings} == set(Verdict)
    order = [*range(len(made)), *random.Random(0).sample(range(len(made)), 20)]
    for upto in order:
        assert list(lineage.members(upto)) == plainly(made, scores, upto), upto
        assert lineage.spend(upto) == sum((each.spend for each in made[: upto + 1]), Spend())
        assert set(lineage.shapes(upto)) == {each.shape for each in made[: upto + 1] if each.shape}
    assert [(each.status, each.kept) for each in lineage.steps] == [(each.status, each.kept) for each in made]
    clade = lineage.clade(made[0].child or "")
    assert set(clade) == {each.child for each in made if each.outcome in RULED} | {made[0].child}


def reopened(store: Store, whole: bool) -> Lineage:
    store.close()
    with Store.open(store.path) as read:
        return Lineage.of(read) if whole else Lineage.growing(read)


def test_loop_and_views_have_one_ancestry_one_mean_and_one_best(ruled: Store) -> None:
    views, loop = reopened(ruled, True), reopened(ruled, False)
    assert loop.best == views.best
    for key, node in views.nodes.items():
        assert loop.ancestry(key) == [each.key for each in reversed(views.path(key))]
        assert len(loop.ancestry(key)) == node.depth + 1
        assert node.utility.get(Split.SEARCH, 0.0) == loop.score(key)
        assert node.kept == (loop.members().of(key) is not None)
        assert views.first(node.made) and not any(map(views.first, node.again))


def test_ancestry_ends_where_a_file_has_made_it_a_circle() -> None:
    lineage = Lineage()
    lineage.add(Generation(0, (), "s", None, Outcome.SEED), [])
    lineage.add(Generation(1, ("b",), "a", "b", Outcome.REFUSED), [])
    lineage.add(Generation(2, ("a",), "b", "a", Outcome.REFUSED), [])
    assert lineage.ancestry("b") == ["b", "a"] and lineage.ancestry("a") == ["a"]


def test_a_scaffold_that_is_evaluated_further_scores_otherwise_from_then_on() -> None:
    lineage = Lineage()

    def evaluation(seed: int, score: float) -> Evaluation:
        return Evaluation("s", "t", "v", Split.SEARCH, seed, score, None, None, "")

    lineage.add(Generation(0, (), "s", None, Outcome.SEED), [evaluation(0, 0.0)])
    lineage.add(Generation(1, ("s",), None, None, Outcome.EVALUATED), [evaluation(1, 1.0)])
    assert [[each.score for each in lineage.members(upto)] for upto in (0, 1, 0)] == [[0.0], [0.5], [0.0]]
    assert [len(lineage.scores("s", upto)) for upto in (0, 1)] == [1, 2]
    assert lineage.members(1)[0].children == 0 and lineage.has_score(evaluation(1, 1.0))


def test_a_selection_sees_depth_and_size_and_which_generation_is_next(ruled: Store) -> None:
    lineage = Lineage.growing(ruled)
    view = Prefix(lineage, len(lineage) - 1, len(lineage) + 2)
    for member in view.members:
        assert view.depth(member.tree) == len(lineage.ancestry(member.tree)) - 1
        assert view.size(member.tree) == sum(len(text) for text in ruled.program(member.tree).files.values())
    assert (view.generation, Prefix(lineage, 1).generation) == (len(lineage) + 2, 2)
