"""A run that looks like a real one, made without running anything."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made import generation

from godel.contract import Edit, Program
from godel.lineage import Evaluation, Spend, Split, Status, Transcript
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store, codec

TASKS = ("online_bin_packing", "learning_parity_with_noise", "maxcut", "circle_packing_26", "byte_lm")
SEEDS = 4
SOURCE = '''"""Best of n independent random edits of the program it was given."""

import random

SIGMA = 0.5
SAMPLES = 6
WEIGHTS = {"constant": 1.0, "operator": 1.0, "name": 1.0, "statement": 1.0}


def improve(program, utility, model, rng):
    best, best_score = program, utility(program)
    for _ in range(min(SAMPLES, utility.remaining)):
        child = mutate(program, rng)
        score = utility(child)
        if score > best_score:
            best, best_score = child, score
    return best


def mutate(program, rng):
    kind = rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
    return OPERATORS[kind](program, rng, SIGMA)
'''
EDITS = (
    ("name_for_name", "improve", "child = mutate(program, rng)", "child = mutate(best, rng)"),
    ("constant_step", "WEIGHTS", '"constant": 1.0', '"constant": 2.7'),
    ("relax", "improve", "score > best_score", "score >= best_score"),
    ("wrap_in_condition", "improve", "best, best_score = child, score", "best, best_score = child, max(score, 0)"),
    ("constant_step", "WEIGHTS", '"statement": 1.0', '"statement": 0.2'),
    ("call_argument", "mutate", "rng, SIGMA)", "rng, SIGMA * rng.random())"),
)
BAD = (
    ("delete_statement", "improve", "    return best\n", ""),
    ("comparison", "improve", "if score", "if not score"),
    ("negate", "mutate", "kind = ", "kind = not "),
)


class Grower:
    """Records generation after generation: hill climbing with noise, branches and dead ends."""

    def __init__(self, store: Store, seed: int = 0) -> None:
        self.store, self.rng = store, random.Random(seed)
        self.quality: dict[str, float] = {}
        self.text: dict[str, str] = {}
        self.seen: set[str] = set()
        self.hard = {task: self.rng.gauss(0, 0.1) for task in TASKS}

    def scores(self, tree: str, split: Split = Split.SEARCH, seeds: int = SEEDS) -> list[Evaluation]:
        found = []
        for task in TASKS:
            for seed in range(seeds):
                score = self.quality[tree] + self.hard[task] + self.rng.gauss(0, 0.04)
                program, spend = codec.digest(tree + task), Spend(evaluations=1, cpu_s=0.4)
                found.append(
                    Evaluation(
                        tree,
                        task,
                        "v" + task,
                        split,
                        seed,
                        round(score, 4),
                        100 * score,
                        None,
                        program,
                        spend,
                        tier="docker",
                    )
                )
        return found

    def grow(self, generations: int) -> None:
        for index in range(len(self.quality) and len(self.store.generations()), generations):
            self.seed() if index == 0 else self.step(index)

    def seed(self) -> None:
        tree = Program({"main.py": SOURCE, "notes.md": "A seed scaffold.\n"}, "main.py")
        key = tree.digest
        self.quality[key], self.text[key] = 0.12, SOURCE
        self.store.record(generation(0, None, key, None, Status.SEED), tree, self.scores(key), Transcript())

    def parent(self) -> str:
        ranked = sorted(self.quality, key=lambda key: -self.quality[key])
        return ranked[min(int(self.rng.expovariate(0.6)), len(ranked) - 1)]

    def step(self, index: int) -> None:
        parent = self.parent()
        text, edit = self.edited(self.text[parent], index)
        tree = Program({"main.py": text, "notes.md": "A seed scaffold.\n"}, "main.py")
        key, luck = tree.digest, self.rng.random()
        given: dict[str, Any] = {
            "index": index,
            "parent": parent,
            "child": key,
            "proposer": parent,
            "edits": (edit,),
            "seed": index,
            "spend": Spend(evaluations=20, cpu_s=9.5, wall_s=4.2),
        }
        log = Transcript(tuple({"utility": {"score": round(self.rng.random(), 3)}} for _ in range(3)))
        if luck < 0.08:
            self.store.record(
                generation(**given | {"child": None}, status=Status.FAILED, reason="improve: wall"), None, [], log
            )
        elif luck < 0.2 or edit.operator in {bad[0] for bad in BAD} or key in self.seen:
            made = generation(**given, status=Status.REFUSED, rung="smoke", reason="cannot improve the toy program")
            self.store.record(made, tree, [], log)
        else:
            self.score(given, tree, key, parent, text, log)

    def score(self, given: dict[str, Any], tree: Program, key: str, parent: str, text: str, log: Transcript) -> None:
        self.seen.add(key)
        self.quality[key] = self.quality[parent] + self.rng.gauss(0.0, 0.045)
        gain = self.quality[key] - self.quality[parent]
        scored = self.scores(key, seeds=1 if gain < -0.05 else SEEDS)
        status = Status.HOPELESS if gain < -0.05 else Status.ACCEPTED if gain > 0.01 else Status.REJECTED
        reason = "" if status is Status.ACCEPTED else f"mean paired difference {gain:+.4f}"
        made = generation(**given, status=status, reason=reason, gain=gain, gain_low=gain - 0.02, gain_high=gain + 0.02)
        self.store.record(made, tree, scored, log, [b"a program of " + key.encode()])
        if status is Status.ACCEPTED:
            self.text[key] = text
        else:
            del self.quality[key]

    def edited(self, text: str, index: int) -> tuple[str, Edit]:
        fitting = [each for each in EDITS if each[2] in text]
        bad = self.rng.random() < 0.2
        if fitting and not bad and self.rng.random() < 0.4:
            operator, target, before, after = self.rng.choice(fitting)
        elif bad:
            operator, target, before, after = self.rng.choice(BAD)
        else:
            operator, target, before, after = self.stepped(text)
        return text.replace(before, after, 1), Edit(operator, target, before.strip(), after.strip())

    def stepped(self, text: str) -> tuple[str, str, str, str]:
        """A constant's log-normal step."""
        found = self.rng.choice(list(re.finditer(r"(SIGMA|SAMPLES) = ([0-9.]+)", text)))
        value = float(found[2]) * self.rng.lognormvariate(0, 0.5)
        after = f"{round(value) + 1}" if found[1] == "SAMPLES" else f"{value:.4f}"
        return "constant_step", found[1], found[0], f"{found[1]} = {after}"

    def report(self) -> None:
        """Held-out scores of the seed and of everything on the path to the best."""
        lineage = Lineage.of(self.store)
        assert lineage.best
        for node in lineage.path(lineage.best):
            self.store.add_evaluations(self.scores(node.key, Split.HELD_OUT, 8), why="report")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run.sqlite", {"scaffold": "mutation", "seed": 1}) as made:
        yield made


@pytest.fixture
def grown(store: Store) -> Store:
    """Eighty generations with held-out scores."""
    grower = Grower(store)
    grower.grow(80)
    grower.report()
    return store


@pytest.fixture
def grow() -> Callable[..., Grower]:
    return Grower
