"""Maximum cut: every cut is weighed here, in integers, against the judge's own search.

Signed graphs of the two families that the G-set mixes (Helmberg and Rendl 2000): random
ones, and square grids on a torus; weights are -1 and 1 with equal odds, so that a random
cut is worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from godel.tasks.judging import Candidate, Verdict
from godel.tasks.judging.arrays import integers, pack, replies
from godel.tasks.judging.seeding import stream

from .search import best_cut

FAMILIES = ("random", "torus")
"""Of the graphs, in turn."""


@dataclass(frozen=True)
class Graph:
    """`edges`: rows of (node, node, weight), each pair once."""

    nodes: int
    edges: np.ndarray
    reference: int

    def cut(self, sides: np.ndarray) -> int:
        u, v, weight = self.edges.T
        return int(weight[sides[u] != sides[v]].sum())


def instance(seed: int, preset: Mapping[str, Any]) -> tuple[Graph, ...]:
    return tuple(graph(preset, number, stream(seed, "maxcut", number)) for number in range(preset["graphs"]))


def graph(preset: Mapping[str, Any], number: int, rng: np.random.Generator) -> Graph:
    if number % 2:
        nodes, pairs = preset["side"] ** 2, torus(preset["side"])
    else:
        nodes, pairs = preset["nodes"], sparse(preset["nodes"], preset["degree"], rng)
    edges = np.column_stack([pairs, rng.choice(np.array([-1, 1]), len(pairs))])
    weights = np.zeros((nodes, nodes), dtype=np.int64)
    weights[edges[:, 0], edges[:, 1]] = weights[edges[:, 1], edges[:, 0]] = edges[:, 2]
    return Graph(nodes, edges, best_cut(weights, rng, preset["starts"], preset["steps"]))


def torus(side: int) -> np.ndarray:
    """Each node with its right and its lower neighbour. `side` is at least 3."""
    here = np.arange(side * side).reshape(side, side)
    neighbours = [np.roll(here, -1, axis).ravel() for axis in (0, 1)]
    return np.concatenate([np.column_stack([here.ravel(), other]) for other in neighbours])


def sparse(nodes: int, degree: int, rng: np.random.Generator) -> np.ndarray:
    """Each pair is an edge with odds that give `degree` neighbours on average."""
    upper = np.triu(rng.random((nodes, nodes)) < degree / (nodes - 1), 1)
    return np.argwhere(upper)


def score(instance: tuple[Graph, ...], candidate: Candidate) -> Verdict:
    candidate.start()
    reply = candidate.call([{"nodes": g.nodes, "edges": pack(g.edges)} for g in instance])
    parts = replies(reply, len(instance), "cuts")
    ratios = [
        g.cut(integers(part, (g.nodes,), 0, 2, "sides")) / g.reference for g, part in zip(instance, parts, strict=True)
    ]
    told = {f"graph {number + 1}, {FAMILIES[number % 2]}": ratio for number, ratio in enumerate(ratios)}
    return Verdict(float(np.mean(ratios)), {"ratios": ratios}, numbers=told)
