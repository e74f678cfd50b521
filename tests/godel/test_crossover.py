"""Children of two parents: who the mate is, and a whole run with crossover that is recorded, shown and replayed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from command import complaint, godel
from known_lineage import Known
from runs import archive, proceed, small_run, tier_or_skip

from godel.errors import OutsideFailed
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.prefix import Prefix
from godel.lineage.store import Store
from godel.lineage.views import graph
from godel.loop.crosser import CROSSER
from godel.loop.run_folder import FILE, create
from godel.policies.mating import MATINGS, mate
from godel.policies.selection import View
from godel.sandbox import Tier

LINES = {"a": ("b", "c"), "b": ("d",)}
"""`d` comes from `b`, and `b` and `c` from the seed `a`."""
SCORES = {"a": [0.0, 0.0], "b": [0.5, 0.1], "c": [0.2, 0.3], "d": [0.6, 0.2]}
TREE = Known(SCORES, made=LINES)


def mates(name: str, parent: str, view: View = TREE, times: int = 2000) -> Counter[str | None]:
    policy, rng = MATINGS.make(name), random.Random(1)
    return Counter(mate(policy, view, parent, rng) for _ in range(times))


def test_any_other_may_be_the_mate() -> None:
    assert set(mates("any", "b")) == {"a", "c", "d"}
    assert set(mates("any", "a", Known({"a": [0.0]}), 10)) == {None}


def test_apart_is_neither_ancestor_nor_descendant() -> None:
    assert set(mates("apart", "c")) == {"b", "d"} and set(mates("apart", "d")) == {"c"}
    assert set(mates("apart", "a", times=10)) == {None}


def test_complement_is_better_somewhere_and_the_more_the_likelier() -> None:
    """`d` beats `c` on one trial of two, and so does `b`; `c` beats both on the other."""
    assert set(mates("complement", "c")) == {"b", "d"}
    counts = mates("complement", "c", Known({**SCORES, "d": [0.6, 0.9]}, made=LINES))
    assert counts["d"] / counts["b"] == pytest.approx(2.0, rel=0.15)
    assert set(mates("complement", "d", Known({**SCORES, "c": [0.0, 0.0]}, made=LINES), 10)) == {None}


@pytest.mark.parametrize("answer", ["b", "nobody", 3], ids=["itself", "no member", "no text"])
def test_an_answer_that_is_no_other_member_is_refused(answer: object) -> None:
    class Wrong:
        def choose(self, view: View, parent: str, rng: random.Random) -> str | None:
            return answer  # type: ignore[return-value]

    with pytest.raises(OutsideFailed, match="another member of its view, or None"):
        mate(Wrong(), TREE, "b", random.Random(0))


CROSSED = {"acceptance": "any", "selection": "uniform", "crossover": 0.7, "generations": 14}


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which most generations that can have two parents."""
    folder = tmp_path_factory.mktemp("crossing") / "run"
    create(folder, small_run(tier_or_skip("bubblewrap"), **CROSSED))
    proceed(folder)
    return folder


def test_a_child_of_two_is_made_by_the_laboratory(crossing: Path) -> None:
    with Store.open(crossing / FILE) as store:
        lineage = Lineage.of(store)
    of_two = [each for each in lineage.generations if len(each.parents) == 2]
    assert of_two and {each.proposer for each in of_two} == {CROSSER.digest}
    for each in of_two:
        parent, other = each.parents
        before = Prefix(lineage, each.index - 2)
        assert {edit.operator for edit in each.edits} <= {"cross"}
        assert other not in before.clade(parent) and parent not in before.clade(other)
    assert any(each.child and each.edits for each in of_two), "some child came of it"
    others = [each for each in lineage.generations[1:] if len(each.parents) == 1]
    assert all(each.proposer == each.parent for each in others)


def test_a_child_of_two_is_shown_with_both(crossing: Path) -> None:
    with Store.open(crossing / FILE) as store:
        lineage = Lineage.of(store)
        built = graph.build(lineage)
        made = next(each for each in lineage.generations if len(each.parents) == 2 and lineage.first(each))
    parent, other = made.parents
    assert made.child
    assert (built.edges[parent, made.child]["mate"], built.edges[other, made.child]["mate"]) == (False, True)
    name, mate_name = f"g{made.index}", f"g{lineage.nodes[other].made.index}"
    shown = godel("lineage", "show", "run", name, cwd=crossing.parent).stdout
    assert f"parents {parent[:8]}, {other[:8]}" in shown
    tree = godel("lineage", "tree", "run", "--all", cwd=crossing.parent).stdout
    exported = json.loads(godel("lineage", "export", "run", cwd=crossing.parent).stdout)
    node = next(each for each in exported["nodes"] if each["node"] == made.child)
    assert (node["parent"], node["mates"]) == (parent, [other])
    assert f"× {mate_name}" in tree and tree.count(f" {name} {made.child[:8]}") == 1, "drawn once, below its parent"
    dot = godel("lineage", "export", "run", "-f", "dot", cwd=crossing.parent).stdout
    assert f'"{other}" -> "{made.child}" [style=dashed' in dot
    page = godel("lineage", "export", "run", "-f", "html", cwd=crossing.parent).stdout
    assert f'"mates":[{lineage.nodes[other].made.index}]' in page


def test_a_child_of_two_is_replayed_exactly(crossing: Path) -> None:
    done = godel("replay", "run", "all", "--verify", cwd=crossing.parent)
    assert done.returncode == 0 and "differs" not in done.stdout, done.stdout
    assert godel("verify", "run", cwd=crossing.parent).returncode == 0


def test_the_same_seed_gives_the_same_children(crossing: Path, bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    assert archive(launch(small_run(bubblewrap, **CROSSED))) == archive(crossing)


def test_a_scaffold_may_be_told_of_its_mate_instead(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    folder = launch(small_run(bubblewrap, **{**CROSSED, "crossed_by": "self", "generations": 8}))
    with Store.open(folder / FILE) as store:
        of_two = [each for each in store.generations() if len(each.parents) == 2]
        assert of_two and all(each.proposer == each.parent for each in of_two)


@pytest.mark.parametrize("share", ["1.5", "-0.1", "often"])
def test_a_share_that_is_none_is_one_line(share: str, tmp_path: Path) -> None:
    done = godel("launch", "run", f"crossover={share}", cwd=tmp_path)
    assert done.returncode == 2 and "crossover" in complaint(done)


def test_a_mate_that_there_is_not_names_those_there_are(tmp_path: Path) -> None:
    done = godel("launch", "run", "--crossover", "0.2", "mate=nobody", cwd=tmp_path)
    assert done.returncode == 2 and "apart" in complaint(done)
