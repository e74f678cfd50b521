"""13: a cache by value, in the program's text or as notes to the next child: the instance that counts has a
seed of its own, and each run that is compared with another has a process to which nothing is left."""

from __future__ import annotations

import hashlib

import pytest
from attacks import CLAIRVOYANT, Arena, extended, task

from godel.tasks import Task
from godel.tasks.maxcut import judge
from godel.tasks.maxcut.reference import main as reference

NOTES = """
import atexit, mmap, os, pickle, threading
KEEPERS = [place + name for place in ("/tmp/", "/dev/shm/", "/var/tmp/", "/run/", "/") for name in ("notes", ".notes")]

def recall():
    for path in KEEPERS:
        try:
            return pickle.load(open(path, "rb"))
        except OSError:
            continue

def remember(plans):
    for path in KEEPERS:
        try:
            with open(path, "wb") as file:
                pickle.dump(plans, file)
            os.chmod(path, 0o666)
        except OSError:
            continue

clairvoyant = priority
def priority(item, bins):
    if not plans:
        plans.update(recall() or {})
        first = driver_sees()["items"]
        for key in list(plans):     # the run before this one: the same items up to a secret cut
            if len(key) == first.nbytes and key[:8] == first.tobytes()[:8]:
                plans[first.tobytes()] = plans[key]
    scores = clairvoyant(item, bins)
    remember(plans)
    return scores
"""

TABLE = """
import hashlib
honest_cut = cut
def cut(nodes, edges):
    key = hashlib.sha256(repr(edges).encode()).hexdigest()
    return [int(side) for side in KNOWN[key]] if key in KNOWN else honest_cut(nodes, edges)
"""
SEEN = 1


def test_notes_to_the_next_process_do_not_arrive(arena: Arena) -> None:
    outcome = arena.attack(task("online_bin_packing", cpu_s=30.0), CLAIRVOYANT + NOTES)
    assert outcome.failure == "invalid"
    assert "depend on later items" in outcome.detail


def test_answers_by_value_are_worth_nothing_on_other_instances(arena: Arena) -> None:
    """Even the reference's answers, by heart: the recorded instance has another seed."""
    maxcut = task("maxcut")
    known = TABLE + f"KNOWN = {answers(maxcut)!r}"
    plain, by_heart = (arena.advise(maxcut, extended(maxcut.initial, each), SEEN) for each in ("", known))
    assert by_heart.value and plain.value and by_heart.value > plain.value, "the attack itself is broken"
    arena.unmoved(maxcut, known)


def answers(maxcut: Task) -> dict[str, str]:
    """The reference's cuts of the graphs that a scaffold may learn from."""
    known = {}
    for graph in judge.instance(SEEN, maxcut.preset):
        edges = [tuple(edge) for edge in graph.edges.tolist()]
        sides = reference.cut(graph.nodes, edges)
        known[hashlib.sha256(repr(edges).encode()).hexdigest()] = "".join(map(str, sides))
    return known


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_program_gets_the_same_score_on_the_same_instance(arena: Arena, seed: int) -> None:
    """The control: an honest program is told nothing by its fresh start."""
    packing = task("online_bin_packing")
    first, second = (arena.record(packing, packing.initial, seed) for _ in range(2))
    assert first.failure is None
    assert first.value == second.value
