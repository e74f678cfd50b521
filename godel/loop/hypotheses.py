"""What an acceptance decides about, from what a run's tasks say of their scores."""

from __future__ import annotations

from collections.abc import Collection

from godel.policies.acceptance import Hypothesis
from godel.tasks import FLOOR, Task


def hypothesis(number: int, tasks: Collection[Task]) -> Hypothesis:
    """That of the child of generation `number`. A difference is as wide as the range of a task's scores at most."""
    return Hypothesis(number, sum(task.highest - FLOOR for task in tasks) / len(tasks))
