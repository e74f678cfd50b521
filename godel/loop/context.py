"""What a scaffold is given to know when it is to make a child: from the records as they stood when that was ordered.

Of the search split alone. What is told of an instance (why a program failed, what a scaffold printed) comes from the
instances that scaffolds may learn from: of those that score them, a score and the class of a failure, no more.
"""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from godel.config import Run
from godel.contract import Context, Program, TaskScore, Tried, Trouble, in_words
from godel.lineage import Generation, Replies, Split, Step, Transcript, Trial
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.statistics import interval
from godel.lineage.store import Store
from godel.loop.interface import budget, interface
from godel.sandbox.guest.messages import Answer, ExhaustedReply, ModelReply, RefusedReply, ScoreReply, answer_from_json
from godel.scoring.feedback import DIGITS, line

TRIED = 8
"""Earlier changes that are told, the last ones."""

CHANGED_LINES, LINE = 12, 160
"""Of a change that is told: its lines at most, and the characters of each."""

TOLD_FIRST, TOLD_LAST = 6, 10
"""Replies of a transcript that are told."""


class Contexts:
    """Makes the context of each order. What was tried is read once for each generation."""

    def __init__(self, run: Run, lineage: Lineage, store: Store) -> None:
        self._run, self._lineage, self._store = run, lineage, store
        self._tried = lru_cache(maxsize=1024)(self._read_tried)
        self._transcript = lru_cache(maxsize=8)(store.transcript)

    def of(self, tree: str, upto: int) -> Context:
        """Of the scaffold `tree`, once generation `upto` was recorded."""
        scores = self._lineage.scores(tree, upto)
        tried = [self._tried(step.index) for step in self._last(tree, upto)]
        worst = self._worst(tree, scores, upto)
        return Context((), by_task(scores), worst, tuple(tried), budget(self._run), interface())

    def _last(self, tree: str, upto: int) -> list[Step]:
        """The last generations that edited it, oldest first: those that crossed another one with it did not."""
        edited = (step for step in reversed(self._lineage.tried(tree, upto)) if step.parent == tree)
        return list(islice(edited, TRIED))[::-1]

    def _worst(self, tree: str, scores: Mapping[Trial, float], upto: int) -> Trouble | None:
        """The trial with the lowest score, the first of equals."""
        if not scores:
            return None
        trial = min(scores, key=lambda each: scores[each])
        told = self._told(tree, upto)
        replies, log = told.trials.get(trial, ()), told.logs.get(trial, "")
        return Trouble(
            trial.task, round(scores[trial], DIGITS), self._failure(tree, trial), log, tuple(in_short(replies))
        )

    def _told(self, tree: str, upto: int) -> Transcript:
        made = [step.index for step in self._lineage.made(tree) if step.index <= upto]
        return self._transcript(made[0]) if made else Transcript()

    def _failure(self, tree: str, trial: Trial) -> str:
        scored = self._store.evaluations(tree=tree, split=Split.SEARCH, task=trial.task)
        return next((each.failure or "" for each in scored if each.trial == trial), "")

    def _read_tried(self, index: int) -> Tried:
        [made] = self._store.generations(index, index + 1)
        child = self._store.program(made.child) if made.child else None
        edit = difference(self._store.program(made.parents[0]), child) if child else "no change came of it"
        return Tried(edit, outcome(made), line(reason(made)), gain(made))


def by_task(scores: Mapping[Trial, float]) -> tuple[TaskScore, ...]:
    """The mean and its interval for each task, in the order of their names."""
    values: dict[str, list[float]] = defaultdict(list)
    for trial, score in scores.items():
        values[trial.task].append(score)
    return tuple(task_score(task, values[task]) for task in sorted(values))


def task_score(task: str, values: Sequence[float]) -> TaskScore:
    mean, low, high, trials = interval({task: values})
    return TaskScore(task, round(mean, DIGITS), bound(low), bound(high), trials)


def bound(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None


def in_short(replies: Replies) -> Iterator[str]:
    """What an improve was told, a line for each: the first and the last ones."""
    left_out = len(replies) - TOLD_FIRST - TOLD_LAST
    for number, reply in enumerate(replies):
        if left_out <= 0 or not TOLD_FIRST <= number < TOLD_FIRST + left_out:
            yield answered(answer_from_json(reply))
        elif number == TOLD_FIRST:
            yield f"… {left_out} more …"


def answered(answer: Answer) -> str:
    if isinstance(answer, ScoreReply):
        return line(f"score {in_words(answer.value)}")
    if isinstance(answer, ModelReply):
        return line(f"a model replied: {answer.replies[0] if answer.replies else ''}", LINE)
    if isinstance(answer, RefusedReply):
        return line(f"a model refused: {answer.refused}", LINE)
    return "no call left" if isinstance(answer, ExhaustedReply) else "a judgement was noted"


def difference(before: Program, after: Program) -> str:
    """The lines that went and came, by file."""
    lines = [text for path in sorted({*before.files, *after.files}) for text in _changed(path, before, after)]
    more = len(lines) - CHANGED_LINES
    return "\n".join([*lines[:CHANGED_LINES], *([f"… {more} more lines"] if more > 0 else [])])


def _changed(path: str, before: Program, after: Program) -> Iterator[str]:
    old, new = before.files.get(path, ""), after.files.get(path, "")
    if old == new:
        return
    yield path
    for text in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""):
        if text[:3] not in ("---", "+++") and not text.startswith("@@") and text[1:].strip():
            yield f"  {text[0]} {line(text[1:], LINE)}"


def outcome(made: Generation) -> str:
    """What it counted as once it was made: what people said of it later is not for a scaffold."""
    status = replace(made, rulings=made.rulings[:1]).status
    return f"{status} by the gate ({made.rung})" if made.rung else str(status)


def reason(made: Generation) -> str:
    return made.rulings[0].reason if made.rulings else made.reason


def gain(made: Generation) -> float | None:
    evidence = made.rulings[0].evidence if made.rulings else None
    return None if evidence is None or evidence.gain is None else round(evidence.gain, DIGITS)
