"""Members, changed one by one, against their plain definitions: the best, and draws in proportion to weights."""

from __future__ import annotations

import random

import pytest

from godel.lineage.analysis.members import Member, Members
from godel.lineage.analysis.sums import Sums


def weight(member: Member, least: float, most: float) -> float:
    return ((member.score - least) / ((most - least) or 1) + 0.01) / (1 + member.children)


def changed(rng: random.Random, members: dict[int, Member]) -> Member | int:
    """One more member, another score or number of children, or (a number) one that is gone."""
    if members and rng.random() < 0.2:
        return rng.choice(list(members))
    index = rng.choice([*members, *range(60)])
    return Member(f"t{index}", index, rng.choice([rng.random(), 0.5]), rng.randrange(4))


def test_the_best_and_every_draw_are_those_of_the_plain_definition() -> None:
    rng, plain, members = random.Random(1), {0: Member("t0", 0, 0.5, 0)}, Members([Member("t0", 0, 0.5, 0)])
    for step in range(2000):
        change = changed(rng, plain)
        if isinstance(change, Member):
            plain[change.index] = change
            members.put(change)
        elif len(plain) > 1:
            members.remove(plain.pop(change).tree)
        known = [plain[index] for index in sorted(plain)]
        assert list(members) == known and members[-1] == known[-1]
        assert members.best == max(known, key=lambda each: (each.score, -each.index))
        scores = [each.score for each in known]
        weights = [weight(each, min(scores), max(scores)) for each in known]
        expected = random.Random(step).choices(known, weights)[0]
        assert members.draw(weight, random.Random(step)) == expected, step


def test_a_draw_is_the_same_whatever_came_before_it() -> None:
    """A run that is gone on with has to draw as the one that was never stopped."""
    rng = random.Random(2)
    all_of_them = [Member(f"t{index}", index, rng.random(), index % 5) for index in range(300)]
    grown = Members(all_of_them[:1])
    for member in all_of_them[1:]:
        grown.put(member)
        grown.draw(weight, rng)
    at_once = Members(all_of_them)
    for seed in range(300):
        assert grown.draw(weight, random.Random(seed)) == at_once.draw(weight, random.Random(seed))


def test_without_weights_nothing_is_drawn() -> None:
    with pytest.raises(ValueError, match="no member has a weight"):
        Members([Member("a", 0, 0.0, 0)]).draw(lambda *_: 0.0, random.Random(0))


def test_rounding_never_leads_to_a_place_without_a_weight() -> None:
    sums = Sums([(0, 0.1), (1, 0.2), (2, 0.3), (5, 0.0)])
    assert sums.at(sums.total) == 2 and sums.at(0.0) == 0
