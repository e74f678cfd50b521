"""Local search from several random starts: flip single nodes while that gains, keep the best cut."""

import random

STARTS = 20


def cut(nodes: int, edges: list[tuple[int, int, int]]) -> list[int]:
    near: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for u, v, weight in edges:
        near[u].append((v, weight))
        near[v].append((u, weight))
    rng = random.Random(0)
    found = [climb([rng.randrange(2) for _ in near], near) for _ in range(STARTS)]
    return max(found, key=lambda sides: sum(w for u, v, w in edges if sides[u] != sides[v]))


def climb(sides: list[int], near: list[list[tuple[int, int]]]) -> list[int]:
    improved = True
    while improved:
        improved = False
        for node, others in enumerate(near):
            if sum(weight if sides[other] == sides[node] else -weight for other, weight in others) > 0:
                sides[node] = 1 - sides[node]
                improved = True
    return sides
