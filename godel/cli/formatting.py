"""How numbers, nodes and edits read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from godel.contract import Edit
    from godel.forecast import Forecast
    from godel.lineage import Generation, Spend
    from godel.lineage.analysis.statistics import Interval

SHORT = 8
MISSING = "–"
COLOURS = {
    "seed": "cyan",
    "accepted": "green",
    "rejected": "yellow",
    "hopeless": "yellow",
    "held": "blue",
    "revoked": "red",
    "evaluated": "dim",
    "refused": "magenta",
    "failed": "red",
}


def node(index: int, key: str) -> str:
    return f"g{index} {key[:SHORT]}"


def named(name: str, origins: Mapping[str, str]) -> str:
    """With the package that it comes from, where that is another one."""
    return f"{name} [{origins[name]}]" if name in origins else name


def number(value: float | None) -> str:
    return MISSING if value is None else f"{value:+.3f}"


def children(estimate: Interval | None) -> str:
    """What a scaffold's children gained."""
    from godel.lineage.views.text import SAME_CHILDREN

    return interval(estimate, SAME_CHILDREN)


def interval(estimate: Interval | None, same: str = "") -> str:
    """An estimate with its confidence interval; one pair has none, and `same` is what one of no width around 0
    means ("no pair differed" if not given)."""
    from godel.lineage.views.text import SAME, plain, span

    if estimate is None:
        return MISSING
    return span(plain(estimate), "+", same or SAME) + ("" if math.isfinite(estimate.low) else " [one pair]")


def utility(estimate: Interval | None) -> str:
    """A score with its interval. Differences carry a sign, utilities none unless below 0."""
    from godel.lineage.views.text import plain, span

    return MISSING if estimate is None else span(plain(estimate))


def gain(generation: Generation) -> str:
    from godel.lineage.views.text import SAME, span

    if generation.gain is None:
        return ""
    low, high = generation.gain_low, generation.gain_high
    known = low is not None and high is not None and math.isfinite(low + high)
    shown = {"mean": generation.gain, "low": low if known else None, "high": high if known else None}
    return span(shown, "+", SAME) + ("" if known else " [one pair]")


def edit(made: Edit, width: int = 60) -> str:
    """What an edit did, in one line."""
    from godel.lineage.views.text import edit_label

    return edit_label(made, width)


def cut(text: str, limit: int) -> str:
    """One line of at most `limit` characters. Text from a scaffold must not drive the terminal."""
    from godel.contract.characters import printable

    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spent(spend: Spend, generations: int) -> str:
    """What a run has cost; with models, each generation's share too."""
    line = f"{spend.evaluations} evaluations, {duration(spend.cpu_s)} of CPU"
    if not spend.model_calls:
        return line
    each = max(1, generations)
    return (
        f"{line}, {spend.model_calls} model calls, {spend.tokens:,} tokens, {dollars(spend.dollars)} "
        f"({spend.model_calls / each:.0f} calls, {spend.tokens / each:,.0f} tokens, "
        f"{dollars(spend.dollars / each)} a generation)"
    )


def ahead(forecast: Forecast) -> str:
    """A forecast in a line: where to see what a run costs, and beside it the ceiling, which few runs come near."""
    caps = ("dollars", "generation.dollars") if forecast.dollars is not None else ("tokens", "generation.tokens")
    cost = "" if forecast.dollars is None else f", {dollars(forecast.dollars)}"
    return (
        f"models: {usually(forecast.typical)}; the ceiling, "
        f"if each of {forecast.improves:,} improves used up its budget, is {forecast.calls:,} calls, "
        f"{about(forecast.tokens)} tokens{cost}; to cap it: "
        f"budget.{caps[0]}=…, budget.{caps[1]}=… or improve.model.model_calls=…"
    )


def usually(typical: Spend | None) -> str:
    if typical is None:
        return "what a run like this typically costs is measured on the seed and told once it is scored"
    cost = f", {dollars(typical.dollars)}" if typical.dollars else ""
    return (
        f"a run like this typically takes about {about(typical.model_calls)} calls, {about(typical.tokens)} "
        f"tokens{cost}, all children scored in full and thinking not counted; the seed will tell better"
    )


def expected(spend: Spend, left: Spend) -> str:
    """What models have cost, and what is to be expected of the generations that are left."""
    cost = f", {dollars(spend.dollars)}" if spend.dollars else ""
    more = f", {dollars(left.dollars)}" if left.dollars else ""
    return (
        f"models: {about(spend.model_calls)} calls, {about(spend.tokens)} tokens{cost} so far; at this pace about "
        f"{about(left.model_calls)} calls, {about(left.tokens)} tokens{more} more"
    )


def about(amount: float) -> str:
    """A count as one reads it: all digits of a small one, two of a large one."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if amount >= size:
            return f"{amount / size:.2g} {name}" if amount < 100 * size else f"{amount / size:,.0f} {name}"
    return f"{amount:,.0f}"


def dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.4f}"


def count(amount: int, noun: str) -> str:
    return f"{amount} {noun}{'' if amount == 1 else 's'}"
