"""Why a budget took a run no further: what it went into, and what a resumption has to be given."""

from __future__ import annotations

import math
from typing import NamedTuple

from godel.config import Budget
from godel.errors import BudgetSpent


class Course(NamedTuple):
    """How far a run got: generations after the seed."""

    done: int
    planned: int
    session: int  # of those done, in this session
    seed: float | None  # what scoring the seed took of the budget; None: it is not scored yet


def explained(spent: BudgetSpent, budget: Budget, course: Course) -> BudgetSpent:
    """`spent` with how far the run got and, where that is not far, what the budget went into."""
    limit = getattr(budget, spent.budget)
    why = ", and ".join(_reasons(limit, course))
    text = f"{spent}; {course.done} of {course.planned} generations are done" + (f": {why}" if why else "")
    error = BudgetSpent(text, spent.budget, spent.used)
    if spent.budget != "wall_s" or not course.session:  # the wall clock starts anew with each session
        error.settings = f"budget.{spent.budget}={_twice(max(limit, spent.used))}"
    return error


def _reasons(limit: float, course: Course) -> list[str]:
    if course.seed is None:
        return ["it did not suffice to score the seed"]
    large = course.seed and (course.seed >= limit / 2 or not course.session)
    share = f"{amount(course.seed)}{' of it' if course.seed <= limit else ''}"
    reasons = [f"scoring the seed took {share}"] if large else []
    if not course.session and course.seed < limit:
        reasons.append(f"there was no room for generation {course.done + 1}")
    return reasons


def amount(value: float) -> str:
    """Two digits where a number is small; 1e5 tells a reader less than 100,000."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def _twice(value: float) -> str:
    """Twice as much, rounded up to two digits, as a setting is written."""
    unit = 10.0 ** (math.floor(math.log10(2 * value)) - 1)
    return f"{math.ceil(2 * value / unit) * unit:.10f}".rstrip("0").rstrip(".")
