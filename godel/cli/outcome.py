"""How a run stands: its seed and its best, what lies between them, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from godel.lineage import Generation, Spend, Split
from godel.lineage.analysis import credit, statistics

from . import explain, formatting
from .console import out, print_lines, table

if TYPE_CHECKING:
    from godel.explanation import Explanation
    from godel.lineage.analysis.credit import Clade, Productivity
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.analysis.statistics import Interval

LEGEND = """utility: 0 is the tasks' initial programs, 1 their references; gains are paired.
children: productivity, the mean gain of its scored children."""


NONE = "no self-edit was accepted"


@dataclass(frozen=True)
class Standing:
    """A scaffold's numbers with their 95 % intervals: its utility by split where it was scored,
    and how good it is at improving."""

    generation: int
    node: str
    utility: Mapping[str, Interval]
    productivity: Productivity
    partial: Sequence[str]
    """The splits where it was scored on part of the trials only."""


@dataclass(frozen=True)
class Outcome:
    """`difference`: best minus seed, paired by (task, seed). `edits`: the generations from
    the seed to the best; none when no self-edit was accepted into it. `explanation`: why, if none was accepted."""

    seed: Standing
    best: Standing
    difference: Mapping[str, Interval]
    edits: Sequence[Generation]
    statuses: Mapping[str, int]
    spend: Spend
    explanation: Explanation | None


def outcome(lineage: Lineage, folder: Path, settings: Mapping[str, Any]) -> Outcome | None:
    """None for a run without a scored seed. `settings`: the run's, as they are now."""
    from godel.explanation import explanation

    if lineage.best is None:
        return None
    path, clades = lineage.path(lineage.best), credit.clades(lineage)
    seed, best = path[0].key, lineage.best
    return Outcome(
        _standing(lineage, seed, clades[seed]),
        _standing(lineage, best, clades[best]),
        {str(split): difference for split in Split if (difference := _difference(lineage, seed, best, split))},
        [node.accepted for node in path[1:]],
        statuses(lineage.generations),
        sum((made.spend for made in lineage.generations), Spend()),
        explanation(lineage, folder, settings),
    )


def statuses(generations: Sequence[Generation]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for made in generations:
        counts[str(made.status)] = counts.get(str(made.status), 0) + 1
    return counts


def _standing(lineage: Lineage, key: str, clade: Clade) -> Standing:
    scored = {split: statistics.scores(lineage.scored(key, split)) for split in Split}
    utility = {str(split): statistics.interval(values) for split, values in scored.items() if values}
    made = credit.productivity(lineage, key, clade)
    partial = sorted(map(str, lineage.nodes[key].partial))
    return Standing(lineage.nodes[key].accepted.index, key, utility, made, partial)


def _difference(lineage: Lineage, seed: str, best: str, split: Split) -> Interval | None:
    pairs = statistics.paired(lineage.scored(best, split), lineage.scored(seed, split))
    return statistics.interval(pairs) if pairs and seed != best else None


def show(result: Outcome, over: bool = True) -> None:
    """The table of the three numbers, what it means, and the self-edits that did it."""
    from godel.lineage.views.text import PARTIAL, PARTIAL_MEANS

    same = result.seed.node == result.best.node
    standings = [result.best] if same else [result.seed, result.best]
    names = ["seed, best" if same else "seed", "best"]
    heads = [
        f"{name} {formatting.node(each.generation, each.node)}" for name, each in zip(names, standings, strict=False)
    ]
    rows = table("95 % CI", *heads, *(() if same else ("best − seed",)), gap=1)
    for split in map(str, Split):
        if any(split in each.utility for each in standings):
            difference = () if same else (formatting.interval(result.difference.get(split)),)
            marks = (PARTIAL * (split in each.partial) for each in standings)
            scores = (formatting.utility(each.utility.get(split)) for each in standings)
            rows.add_row(split, *map("".join, zip(marks, scores, strict=True)), *difference)
    rows.add_row("children", *(formatting.children(each.productivity.children) for each in standings))
    out().print(rows)
    out().print(LEGEND, style="dim")
    if any(each.partial for each in standings):
        out().print(PARTIAL_MEANS, style="dim")
    out().print(f"\n{verdict(result, over)}", style="bold")
    if result.edits:
        print_lines(_edits(result.edits))
    if result.explanation:
        explain.show(result.explanation)
    if result.spend.model_calls:
        out().print(
            f"spent: {formatting.spent(result.spend, sum(result.statuses.values()))}", style="dim", soft_wrap=True
        )


def verdict(result: Outcome, over: bool = True) -> str:
    """What the numbers say, a null result as such. `over`: no more generations are to come."""
    if not result.edits:
        ends = ", ".join(f"{number} {status}" for status, number in result.statuses.items() if status != "seed")
        kept = "no accepted self-edit is better than the seed" if result.statuses.get("accepted") else NONE
        return f"{'Null result:' if over else 'So far'} {kept} ({ends or 'none was tried'})."
    edits = formatting.count(len(result.edits), "self-edit")
    held_out = result.difference.get(str(Split.HELD_OUT))
    if held_out is None:
        return f"{edits} led to the best scaffold; it was not scored on the held-out split."
    if held_out.low > 0:
        return f"{edits} made a better improver, on {held_out.pairs} held-out trials:"
    if held_out.high < 0:
        return f"{edits} won on the search split, and lose on {held_out.pairs} held-out trials:"
    trials = f"on {held_out.pairs} held-out trials the interval includes 0:"
    return f"Null result: {edits} won on the search split, but\n{trials}"


def _edits(made: Sequence[Generation]) -> str:
    return "".join(
        f"g{generation.index:<4} {formatting.gain(generation):23}  {formatting.edit(edit)}\n"
        for generation in made
        for edit in generation.edits
    )


def print_tree(lineage: Lineage, limit: int = 30) -> None:
    from godel.lineage.views import tree

    out().print("lineage", style="bold")
    print_lines(tree.text(tree.rows(lineage, limit), out().width) + "\n")
