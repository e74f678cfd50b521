"""Runs an improver on several problems at once, beside the candidate: each in a thread of its own, one at a time.

Each goes on until it asks for a score, and waits; a round of questions crosses together, and so do the scores. Only one
thread runs at any time, in a fixed order, so the same program does the same in every run.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import ModuleType
from typing import Any

from .problem import Problem

STACK_BYTES = 1 << 20
DETAIL_CHARACTERS = 200


class Utility:
    """The utility of one problem: 0 is its text at the beginning, 1 a good one, -1 a text that fails. `remaining`
    counts the calls left."""

    def __init__(self, calls: int) -> None:
        self.remaining = calls
        self.questions: SimpleQueue[dict[str, str]] = SimpleQueue()
        self.scores: SimpleQueue[float] = SimpleQueue()

    def __call__(self, problem: Problem) -> float:
        """Raises RuntimeError when no call is left."""
        if self.remaining <= 0:
            raise RuntimeError("no call of the utility is left")
        self.remaining -= 1
        self.questions.put({"text": text_of(problem)})
        return self.scores.get()


class Player:
    """One problem, and the improver at work on it."""

    def __init__(self, improve: Callable[..., Problem], text: str, seed: int, calls: int) -> None:
        self._utility = Utility(calls)
        work = (improve, Problem(text), random.Random(seed))
        threading.Thread(target=self._work, args=work, daemon=True).start()
        self.question = self._utility.questions.get()

    def tell(self, score: float) -> None:
        """Go on until the next question."""
        self._utility.scores.put(score)
        self.question = self._utility.questions.get()

    def _work(self, improve: Callable[..., Problem], problem: Problem, rng: random.Random) -> None:
        try:
            made = {"done": text_of(improve(problem, self._utility, rng))}
        except BaseException as error:  # whatever it is, this problem failed, and the others go on
            made = {"failed": f"{type(error).__name__}: {error}"[:DETAIL_CHARACTERS]}
        self._utility.questions.put(made)


def text_of(problem: Problem) -> str:
    """Raises TypeError for what is no problem."""
    if not isinstance(problem, Problem) or not isinstance(problem.text, str):
        raise TypeError(f"expected a problem, given {type(problem).__name__}")
    return problem.text


PLAYERS: list[Player] = []
"""Those at work, in the order of their problems."""


def run(program: ModuleType, request: Any) -> Any:
    """`request`: {"problems": texts, "seeds": one for each, "calls": int} to begin, then {"scores": one for each
    question with a text}. The reply: the question of each that was at work, {"text"}, {"done"} or {"failed"}."""
    if "problems" in request:
        threading.stack_size(STACK_BYTES)
        PLAYERS[:] = [
            Player(program.improve, text, seed, request["calls"])
            for text, seed in zip(request["problems"], request["seeds"], strict=True)
        ]
    else:
        for player, score in zip(PLAYERS, request["scores"], strict=True):
            player.tell(score)
    questions = [player.question for player in PLAYERS]
    PLAYERS[:] = [player for player in PLAYERS if "text" in player.question]
    return questions
