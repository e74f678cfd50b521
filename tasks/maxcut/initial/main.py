"""A short and hot annealing, and some repair of what it left."""

import math
import random

SWEEPS = 2
HOT = 4.0
COOLING = 0.9
CAUTION = 1.5
TRUST = 0.6  # of a node's neighbours, the part that is asked
REPAIRED = 0.3  # of the nodes


def neighbours(nodes: int, edges: list[tuple[int, int, int]]) -> list[list[tuple[int, int]]]:
    near: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for u, v, weight in edges:
        near[u].append((v, weight))
        near[v].append((u, weight))
    return near


def gain(node: int, sides: list[int], near: list[list[tuple[int, int]]]) -> float:
    """About how much heavier the cut gets when `node` changes its side."""
    total = 0.0
    for other, weight in near[node][: 1 + int(TRUST * len(near[node]))]:
        if sides[other] == sides[node]:
            total += weight
        else:
            total -= weight
    return total


def cut(nodes: int, edges: list[tuple[int, int, int]]) -> list[int]:
    """A side, 0 or 1, for each node; `edges` are (node, node, weight)."""
    rng = random.Random(1)
    near = neighbours(nodes, edges)
    sides = [node % 2 for node in range(nodes)]
    temperature = HOT
    for _ in range(SWEEPS):
        for node in range(nodes):
            change = gain(node, sides, near) - CAUTION
            if rng.random() < math.exp(min(0.0, change / temperature)):
                sides[node] = 1 - sides[node]
        temperature = COOLING * temperature
    for node in range(int(REPAIRED * nodes)):
        if gain(node, sides, near) > CAUTION:
            sides[node] = 1 - sides[node]
    return sides
