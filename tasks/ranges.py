"""The range of a number in a manifest or a configuration: each has one, written beside it.

cpu_s: Annotated[float, number(0.01, WEEK_S)]
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

WEEK_S = 604_800
TIB_IN_MIB = 1 << 20
EXACT = (1 << 53) - 1
"""The greatest whole number that every reader of JSON takes as it is."""


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both allowed."""

    low: float
    high: float
    whole: bool

    def __call__(self, value: Any) -> Any:
        """`value`, if it is in the range. Raises ValueError, naming the range."""
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.low <= value <= self.high:
            raise ValueError(f"expected {self}")
        return value

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:,} to {self.high:,}"


def whole(low: int, high: int) -> BeforeValidator:
    return BeforeValidator(Range(low, high, True))


def number(low: float, high: float) -> BeforeValidator:
    """NaN is in no range."""
    return BeforeValidator(Range(low, high, False))


def range_of(field: FieldInfo) -> Range | None:
    """The range of a field's numbers, also of those that it lists; None for a field without any."""
    return next(_ranges(field.metadata, field.annotation), None)


def range_in(annotation: Any) -> Range | None:
    """The range of the numbers that an annotation allows, also of those in a list."""
    return next(_ranges(getattr(annotation, "__metadata__", ()), annotation), None)


def _ranges(metadata: Any, annotation: Any) -> Iterator[Range]:
    for each in metadata:
        if isinstance(each, BeforeValidator) and isinstance(each.func, Range):
            yield each.func
    for inner in get_args(annotation):
        yield from _ranges(getattr(inner, "__metadata__", ()), inner)


def shown(value: object, most: int = 80) -> str:
    """`value` as it was given, cut to `most` characters."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        text = "a number of thousands of digits"
    return text if len(text) <= most else text[: most - 1] + "…"


def finite(value: object) -> bool:
    """Whether `value` can be handed to a judge: a number that is finite and exact, or none at all."""
    if isinstance(value, int):
        return abs(value) <= EXACT
    return not isinstance(value, float) or math.isfinite(value)
