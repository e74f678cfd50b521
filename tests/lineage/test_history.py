"""The history of a run, asked of every prefix, against its plain definition; and what asking costs."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from godel.lineage import RULED, Evaluation, Generation, Outcome, Ruling, Spend, Split, Trial, Verdict
from godel.lineage.analysis.history import History, Member, mean
from godel.lineage.store import Store


def plainly(made: list[Generation], scores: dict[str, dict[Trial, float]], upto: int) -> list[Member]:
    """Who may become a parent, found by looking through everything."""
    found: dict[str, Member] = {}
    for each in made[: upto + 1]:
        if each.child and each.child not in found and each.kept_after(upto):
            tried = sum(each.child in other.parents for other in made[: upto + 1])
            found[each.child] = Member(each.child, each.index, mean(scores[each.child]), tried)
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


def test_every_prefix_is_what_it_was_then(ruled: Store) -> None:
    made, scores, history = ruled.generations(), scored(ruled), History.of(ruled)
    assert {each.verdict for one in made for each in one.rulings} == set(Verdict)
    order = [*range(len(made)), *random.Random(0).sample(range(len(made)), 20)]
    for upto in order:
        assert list(history.members(upto)) == plainly(made, scores, upto), upto
        assert history.spend(upto) == sum((each.spend for each in made[: upto + 1]), Spend())
        assert set(history.shapes(upto)) == {each.shape for each in made[: upto + 1] if each.shape}
    best = max(history.members(len(made)), key=lambda each: each.index)
    assert history.ancestors(best.tree)[-1] == ruled.seed if _seeded(ruled) else True
    clade = history.clade(made[0].child or "", len(made))
    assert set(clade) == {each.child for each in made if each.outcome in RULED} | {made[0].child}


def _seeded(store: Store) -> bool:
    return bool([event for event in store.events() if event.kind == "seed"])


def test_a_scaffold_that_is_evaluated_further_scores_otherwise_from_then_on() -> None:
    history = History()

    def evaluation(seed: int, score: float) -> Evaluation:
        return Evaluation("s", "t", "v", Split.SEARCH, seed, score, None, None, "")

    history.add(Generation(0, (), "s", None, Outcome.SEED), [evaluation(0, 0.0)])
    history.add(Generation(1, ("s",), None, None, Outcome.EVALUATED), [evaluation(1, 1.0)])
    assert [[each.score for each in history.members(upto)] for upto in (0, 1, 0)] == [[0.0], [0.5], [0.0]]
    assert [len(history.scores("s", upto)) for upto in (0, 1)] == [1, 2]
    assert history.members(1)[0].children == 0 and history.scored(evaluation(1, 1.0))
