"""A small lineage whose every figure can be worked out by hand, and a grown one."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from made import generation

from godel.contract import Edit, Program
from godel.lineage import Evaluation, Split, Status, Transcript
from godel.lineage.analysis import credit
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.lineage.views import graph

KEYS = {name: Program({"main.py": name}, "main.py").digest for name in "abcdef"}


def record(store: Store, index: int, parent: str, child: str, status: Status, *score: float, op: str = "step") -> None:
    key, tree = KEYS.get(child), Program({"main.py": child}, "main.py")
    scores = [
        Evaluation(key or "", f"t{seed % 2}", "v", Split.SEARCH, seed, each, each, None, "")
        for seed, each in enumerate(score)
    ]
    edits = (Edit(op, "x", "1", "2"), Edit(op, "y", "1", "2")) if parent else ()
    made = generation(index, KEYS.get(parent), key, KEYS.get(parent), status, edits=edits)
    store.record(made, tree if key else None, scores, Transcript())


@pytest.fixture
def small(store: Store) -> Lineage:
    """a ─ b ─ d (the best), b ─ e rejected, a ─ c accepted, c ─ back to b, d ─ nothing."""
    record(store, 0, "", "a", Status.SEED, 0.0, 0.0, 0.1, 0.1)
    record(store, 1, "a", "b", Status.ACCEPTED, 0.2, 0.3, 0.2, 0.4)
    record(store, 2, "a", "c", Status.ACCEPTED, 0.1, 0.1, 0.2, 0.2)
    record(store, 3, "b", "d", Status.ACCEPTED, 0.6, 0.8, 0.5, 0.9, op="swap")
    record(store, 4, "b", "e", Status.REJECTED, 0.1, 0.1, 0.3, 0.3)
    record(store, 5, "c", "b", Status.REFUSED)
    record(store, 6, "d", "", Status.FAILED, op="swap")
    store.add_evaluations(
        [
            Evaluation(KEYS[n], "t0", "v", Split.HELD_OUT, k, v + k, v, None, "")
            for n, v in (("a", 0.0), ("b", 0.25))
            for k in range(3)
        ]
    )
    return Lineage.of(store)


def test_the_graph_is_a_tree_along_the_edges_that_made_nodes(small: Lineage) -> None:
    built = graph.build(small)
    a, b, c, d, e = (KEYS[name] for name in "abcde")
    assert set(built.edges) == {(a, b), (a, c), (b, d), (b, e), (c, b)}
    assert path(built, d) == [a, b, d]
    assert ancestors(built, d) == [b, a]
    assert clade(built, b) == {b, d, e}
    assert clade(built, c) == {c}, "a later way to b makes no child of it"
    assert children(built) == {a: 2, b: 2, c: 1, d: 1, e: 0}
    assert [node.key for node in small.path(d)] == [a, b, d]
    assert small.best == d
    assert built.nodes[b]["utility_held_out"] == pytest.approx(1.25)
    assert built.edges[c, b] == {
        "generation": 5,
        "status": "refused",
        "operators": "step step",
        "gain": None,
        "made": False,
        "mate": False,
    }


def test_a_later_edit_back_to_an_ancestor_makes_no_cycle_of_ancestry(store: Store) -> None:
    record(store, 0, "", "a", Status.SEED, 0.1, 0.1)
    record(store, 1, "a", "b", Status.ACCEPTED, 0.2, 0.2)
    record(store, 2, "b", "a", Status.REFUSED)
    lineage = Lineage.of(store)
    assert clade(graph.build(lineage), KEYS["b"]) == {KEYS["b"]}
    assert [node.depth for node in lineage.path(KEYS["b"])] == [0, 1]
    assert credit.clades(lineage)[KEYS["a"]].size == 2


def test_what_each_accepted_edit_gave(small: Lineage) -> None:
    found = {each.generation: each for each in credit.edits(small)}
    assert [each.generation for each in credit.edits(small)] == [3, 1, 2], "the greatest gain first"
    first = found[1]
    assert first.gain and first.held_out
    assert first.gain.mean == pytest.approx((0.15 + 0.3) / 2)
    assert first.gain.low < first.gain.mean < first.gain.high
    assert first.held_out == pytest.approx((0.25, 0.25, 0.25, 3))
    assert [each.survives for each in (found[1], found[2], found[3])] == [True, False, True]
    assert (first.tries, first.accepted) == (2, 1)
    assert first.offspring and first.offspring.mean == pytest.approx(((0.35 + 0.5) / 2 + (0.0 - 0.15) / 2) / 2)
    assert found[2].offspring is None, "its only child was known already"
    assert (found[2].tries, found[2].accepted) == (1, 0)


def test_clades_pool_every_evaluation_once(small: Lineage) -> None:
    clade = credit.clades(small)[KEYS["b"]]
    assert (clade.size, clade.kept, clade.scored, clade.evaluations) == (3, 2, 2, 12)
    assert clade.best == pytest.approx(0.7)
    assert clade.mean == pytest.approx((0.275 + 0.7) / 2)
    assert clade.cmp == pytest.approx((1.1 + 2.8 + 0.8) / 12)
    assert credit.clades(small)[KEYS["a"]].size == 5


def test_productivity_is_what_its_children_gained_accepted_or_not(small: Lineage) -> None:
    clades = credit.clades(small)
    made = {name: credit.productivity(small, KEYS[name], clades[KEYS[name]]) for name in "abcd"}
    assert made["a"].children and made["a"].children.mean == pytest.approx(((0.15 + 0.3) / 2 + (0.1 + 0.1) / 2) / 2)
    assert made["b"].children == {each.child: each for each in credit.edits(small)}[KEYS["b"]].offspring
    assert made["a"].children.low < made["a"].children.mean < made["a"].children.high
    assert (made["a"].tries, made["a"].accepted, made["a"].clade) == (2, 2, 5)
    assert made["c"].children is None, "its only child was known already"
    assert (made["d"].tries, made["d"].accepted, made["d"].children) == (1, 0, None)
    assert made["b"].cmp == clades[KEYS["b"]].cmp


def test_operators_count_a_generation_once(small: Lineage) -> None:
    found = {each.name: each for each in credit.operators(small)}
    step, swap = found["step"], found["swap"]
    assert (step.tries, step.scored, step.accepted, step.surviving) == (4, 3, 2, 1)
    assert (swap.tries, swap.scored, swap.accepted, swap.surviving) == (2, 1, 1, 1)
    assert step.rate.mean == 0.5
    assert step.gain and step.gain.mean == pytest.approx((0.225 + 0.1 - 0.075) / 3)
    assert [each.name for each in credit.operators(small)] == ["swap", "step"]
    assert (swap.p, swap.q) == (1.0, 1.0), "one use is no evidence"


def test_an_empty_run_and_one_without_scores_have_no_credit(store: Store) -> None:
    assert credit.edits(Lineage.of(store)) == []
    assert credit.operators(Lineage.of(store)) == []
    record(store, 0, "", "a", Status.SEED)
    record(store, 1, "a", "b", Status.ACCEPTED)
    lineage = Lineage.of(store)
    assert lineage.best is None
    (only,) = credit.edits(lineage)
    assert (only.gain, only.held_out, only.q, only.survives, only.clade.cmp) == (None, None, 1.0, False, None)


def test_a_grown_run_agrees_with_networkx(grown: Store) -> None:
    lineage = Lineage.of(grown)
    built = graph.build(lineage)
    clades = credit.clades(lineage)
    tree: nx.DiGraph[str] = nx.DiGraph([(a, b) for a, b, data in built.edges(data=True) if data["made"]])
    assert nx.is_arborescence(tree)
    for key in lineage.nodes:
        assert clade(built, key) == {key} | nx.descendants(tree, key)
        assert clades[key].size == len(clade(built, key))
        assert path(built, key) == [node.key for node in lineage.path(key)]
        assert lineage.nodes[key].depth == len(ancestors(built, key))
    accepted = {made.index for made in lineage.generations if made.status is Status.ACCEPTED}
    found = credit.edits(lineage)
    assert {each.generation for each in found} == accepted
    assert all(each.held_out for each in found if each.survives)
    assert {each.child for each in found if each.survives} == {
        node.key for node in lineage.path(lineage.best or "")[1:]
    }
    assert all(each.p <= each.q for each in found)


def test_a_pruned_graph_keeps_the_best_path_and_every_ancestor(grown: Store) -> None:
    lineage = Lineage.of(grown)
    best = {node.key for node in lineage.path(lineage.best or "")}
    for limit in (1, len(best) + 2, 1000):
        shown = graph.pruned(lineage, limit)
        assert best <= shown
        assert len(shown) <= max(limit, len(best))
        assert all(lineage.nodes[key].parent in {*shown, None} for key in shown)
        assert all(lineage.nodes[key].kept for key in shown)


# The same questions, asked of the drawn graph by networkx


def ancestors(graph: nx.DiGraph[str], key: str) -> list[str]:
    """From the parent up to the seed."""
    found: list[str] = []
    while (parent := _parent(graph, key)) is not None:
        found.append(parent)
        key = parent
    return found


def path(graph: nx.DiGraph[str], key: str) -> list[str]:
    """From the seed to `key`, both included."""
    return [*reversed(ancestors(graph, key)), key]


def clade(graph: nx.DiGraph[str], key: str) -> set[str]:
    """The node and all its descendants."""
    return {key, *nx.descendants(_tree(graph), key)}


def children(graph: nx.DiGraph[str]) -> dict[str, int]:
    """How many generations each node was the parent of, failed ones too."""
    return {key: data["children"] for key, data in graph.nodes(data=True)}


def _parent(graph: nx.DiGraph[str], key: str) -> str | None:
    return next((parent for parent in graph.predecessors(key) if graph[parent][key]["made"]), None)


def _tree(graph: nx.DiGraph[str]) -> Any:
    return nx.subgraph_view(graph, filter_edge=lambda a, b: graph[a][b]["made"])
