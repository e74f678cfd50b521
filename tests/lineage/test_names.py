"""What a user may call a node, and what is said about a name that is none."""

from __future__ import annotations

import pytest
from made import generation

from godel.contract import Program
from godel.lineage import Split, Status, Transcript
from godel.lineage.analysis.lineage import Lineage, resolve
from godel.lineage.errors import NodeAmbiguous, NodeUnknown
from godel.lineage.store import Store


def test_nodes_go_by_hash_number_and_role(grown: Store) -> None:
    lineage = Lineage.of(grown)
    for made in lineage.generations:
        if made.child:
            assert resolve(grown, f"g{made.index}") == resolve(grown, f" {made.index} ") == made.child
            assert resolve(grown, made.child[:12].upper()) == resolve(grown, made.child) == made.child
    assert resolve(grown, "seed") == resolve(grown, "0") == lineage.generations[0].child
    assert resolve(grown, "BEST") == lineage.best


def test_the_best_is_the_kept_node_with_the_greatest_utility(grown: Store) -> None:
    lineage = Lineage.of(grown)
    kept = [made for made in lineage.generations if made.status in (Status.SEED, Status.ACCEPTED)]
    utility = {}
    for made in kept:
        scores: dict[str, list[float]] = {}
        for each in grown.evaluations(made.child, Split.SEARCH):
            scores.setdefault(each.task, []).append(each.score)
        utility[made.child] = sum(sum(values) / len(values) for values in scores.values()) / len(scores)
    assert lineage.best == max(utility, key=lambda key: utility[key])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("g999", "no generation 999: this run has 0 to 79"),
        ("999", "no generation 999: this run has 0 to 79"),
        ("ab", "no node 'ab': give at least 4 digits of its hash, g12, seed or best"),
        ("", "no node '': give at least 4 digits"),
        ("seeed", "no node 'seeed'; the nearest: seed"),
        ("bst", "no node 'bst'; the nearest: best"),
        ("see", "no node 'see'; the nearest: seed"),
        ("9" * 5000, "no node '999"),
        ("bset", "no node 'bset'; the nearest: best"),
        ("²²²²", "no node '²²²²'; the nearest: "),
        ("zzzzzzzzzzzz", "no node 'zzzzzzzzzzzz'; the nearest: "),
    ],
)
def test_an_unknown_name_is_one_line_with_the_nearest(grown: Store, name: str, said: str) -> None:
    with pytest.raises(NodeUnknown) as caught:
        resolve(grown, name)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_hash_with_a_slip_names_the_one_that_was_meant(grown: Store) -> None:
    key = resolve(grown, "best")
    with pytest.raises(NodeUnknown, match=key[:8]):
        resolve(grown, key[:6] + "zz")


def test_a_generation_without_a_child_says_why(grown: Store) -> None:
    failed = next(made for made in grown.generations() if made.child is None)
    with pytest.raises(NodeUnknown, match=f"generation {failed.index} made no node .failed: improve: wall"):
        resolve(grown, f"g{failed.index}")


def test_an_empty_run_has_no_nodes(store: Store) -> None:
    for name in ("best", "seed", "g0", "abcd"):
        with pytest.raises(NodeUnknown, match=r"no generations yet|no scored node yet"):
            resolve(store, name)


def test_an_ambiguous_beginning_lists_what_it_could_be(store: Store) -> None:
    """Of enough trees, two begin alike."""
    seen: dict[str, str] = {}
    index, parent = 0, None
    while True:
        tree = Program({"main.py": f"x = {index}"}, "main.py")
        key = tree.digest
        status = Status.ACCEPTED if parent else Status.SEED
        store.record(generation(index, parent, key, parent, status), tree, [], Transcript())
        if key[:4] in seen and not key[:4].isdigit():
            break
        seen[key[:4]], parent, index = key, key, index + 1
    with pytest.raises(NodeAmbiguous) as caught:
        resolve(store, key[:4])
    assert key[:12] in str(caught.value)
    assert seen[key[:4]][:12] in str(caught.value)
    assert resolve(store, key[:20]) == key
