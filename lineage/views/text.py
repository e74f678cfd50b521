"""Nodes, paths and diffs as text for a terminal. `show` gives plain values, for `--json`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from godel.contract import Edit
from godel.contract.characters import printable

from .. import Evaluation, Generation, Split
from ..analysis import credit, statistics
from ..analysis.lineage import Lineage
from ..analysis.names import SHORT
from ..analysis.node import Node
from ..analysis.statistics import Interval
from ..records.generation import ruled
from .diff import unified

PARTIAL = "~"
"""Marks a utility over part of the trials: it must not be compared with one over all."""

NO_WIDTH = 1e-9
"""Ends of an interval that are nearer than this are one number, but for the rounding of floats."""

SAME, SAME_CHILDREN = "no pair differed", "no child differed"
"""What an interval of no width around 0 means, of a gain and of what children gained."""

PARTIAL_MEANS = f"{PARTIAL} over part of the trials (scoring stopped early): compare gains, not utilities"


def diff(lineage: Lineage, before: str, after: str) -> str:
    """Unified; "" for equal trees. Control characters are escaped."""
    return printable(unified(lineage.source(before), lineage.source(after)))


def show(lineage: Lineage, key: str) -> dict[str, Any]:
    """All that is known of a node. A bound that is not known (one pair) is None."""
    node = lineage.nodes[key]
    made = node.accepted
    return {
        "node": key,
        "generation": made.index,
        "status": str(made.status),
        "rung": made.rung,
        "reason": made.why,
        "rulings": ruled(made),
        "parent": made.parent,
        "parents": list(made.parents),
        "proposer": made.proposer,
        "depth": node.depth,
        "best": key == lineage.best,
        "utility": {str(split): _utility(lineage, key, split) for split in node.utility},
        "partial": sorted(node.partial),
        "productivity": _productivity(lineage, key),
        "gain": {str(split): plain(credit.gain(lineage, made, split)) for split in node.utility},
        "tasks": list(tasks(lineage, node)),
        "edits": [edit._asdict() for edit in made.edits],
        "children": dict(Counter(str(each.status) for each in lineage.uses.get(key, ()))),
        "spend": made.spend.named(),
        "models": lineage.model_remarks(made.index),
        "again": [fate(lineage, each) for each in (node.made, *node.again) if each is not made],
    }


def fate(lineage: Lineage, made: Generation) -> dict[str, Any]:
    """What became of a generation, for one that has no node of its own."""
    return {
        "node": made.child,
        "generation": made.index,
        "status": str(made.status),
        "rung": made.rung,
        "reason": made.why,
        "parent": made.parent,
        "proposer": made.proposer,
        "edits": [edit._asdict() for edit in made.edits],
        "spend": made.spend.named(),
        "models": lineage.model_remarks(made.index),
    }


def fate_text(shown: Mapping[str, Any]) -> str:
    """What `fate` gave, in words."""
    parent = f", parent {shown['parent'][:SHORT]}" if shown["parent"] else ""
    lines = [f"generation {shown['generation']}: no child", f"  {_fate(shown)}{parent}"]
    lines += [f"  edit {edit_label(Edit(**edit))}" for edit in shown["edits"]]
    lines += [f"  models: {remark}" for remark in shown["models"]]
    return printable("\n".join(lines)) + "\n"


def tasks(lineage: Lineage, node: Node) -> Iterator[dict[str, Any]]:
    """By split and task: the score, and the gain over the parent on shared instances."""
    for split in sorted(node.utility, reverse=True):
        own, parents = lineage.scored(node.key, split), lineage.scored(node.accepted.parent or "", split)
        pairs = statistics.paired(own, parents)
        for task, values in statistics.scores(own).items():
            yield {
                "split": str(split),
                "task": task,
                "score": plain(statistics.interval({task: values})),
                "gain": plain(statistics.interval({task: pairs[task]})) if task in pairs else None,
                "failures": _failures(each for each in own if each.task == task),
                "flags": sorted({flag for each in own if each.task == task for flag in each.flags}),
            }


def show_text(shown: Mapping[str, Any]) -> str:
    """What `show` gave, in words."""
    parent = f", parent {shown['parent'][:SHORT]}" if shown["parent"] else ""
    lines = [shown["node"], f"generation {shown['generation']}: {_fate(shown)}, depth {shown['depth']}{parent}"]
    for split, utility in shown["utility"].items():
        mark = PARTIAL if split in shown["partial"] else ""
        lines.append(f"  {'utility':30} {split:9} {mark}{span(utility)}{_gain(shown['gain'][split])}")
    lines.append(f"  {'productivity':30} {_made(shown['productivity'])}")
    for task in shown["tasks"]:
        failed = "".join(f"   {count} {why}" for why, count in task["failures"].items())
        flags = "".join(f"   ! {flag}" for flag in task["flags"])
        lines.append(f"  {task['task']:30} {task['split']:9} {span(task['score'])}{_gain(task['gain'])}{failed}{flags}")
    lines += [f"  edit {edit_label(Edit(**edit))}" for edit in shown["edits"]]
    lines += [f"  {_ruling(each)}" for each in shown["rulings"] if len(shown["rulings"]) > 1]
    lines += [f"  parents {', '.join(key[:SHORT] for key in shown['parents'])}"] * (len(shown["parents"]) > 1)
    lines.append("  children " + (", ".join(f"{n} {status}" for status, n in shown["children"].items()) or "none"))
    lines += [f"  again in generation {each['generation']}: {_fate(each)}" for each in shown["again"]]
    lines += [f"  models: {remark}" for remark in shown["models"]]
    lines += [f"  {PARTIAL_MEANS}"] if shown["partial"] else []
    return printable("\n".join(lines)) + "\n"


def edit_label(edit: Edit, width: int = 60) -> str:
    """One line: operator, target, before and after."""
    operator, target = (_clip(text, width) for text in (edit.operator, edit.target))
    before, after = (_clip(text, width // 2) for text in (edit.before, edit.after))
    return printable(f"{operator} {target}: {before} → {after}")


def plain(interval: Interval | None) -> dict[str, Any] | None:
    """JSON has no infinities: an unknown bound is None."""
    if interval is None:
        return None
    return {name: each if math.isfinite(each) else None for name, each in interval._asdict().items()}


def span(interval: Mapping[str, Any] | None, sign: str = "", same: str = "") -> str:
    """'0.312 [0.290, 0.334]'; a number alone when its interval is not known. One of no width says what
    that means: `same` around 0, else that all are alike."""
    if interval is None:
        return "not scored"
    mean, low, high = (interval[name] for name in ("mean", "low", "high"))
    if low is None or high is None:
        return f"{mean:{sign}.3f}"
    if high - low < NO_WIDTH:
        return same if same and abs(mean) < NO_WIDTH else f"{mean:{sign}.3f} (all alike)"
    bounds = "±<0.001" if high - low < 0.001 else f"{low:{sign}.3f}, {high:{sign}.3f}"
    return f"{mean:{sign}.3f} [{bounds}]"


def compact(interval: Interval | None) -> str:
    """'+0.312 ±0.022', for tables: every interval of `statistics.interval` is symmetric."""
    if interval is None:
        return "–"
    mean, half = interval.mean, interval.high - interval.mean
    if half < NO_WIDTH / 2:
        return "no difference" if abs(mean) < NO_WIDTH else f"all {mean:+.3f}"
    rounded = f"{half:.3f}" if half >= 0.0005 else "<.001"
    return f"{mean:+.3f} ±{rounded if math.isfinite(half) else '?'}"


def _gain(interval: Mapping[str, Any] | None) -> str:
    return f"   gain {span(interval, '+', SAME)}" if interval else ""


def _utility(lineage: Lineage, key: str, split: Split) -> dict[str, Any] | None:
    return plain(statistics.interval(statistics.scores(lineage.scored(key, split))))


def _productivity(lineage: Lineage, key: str) -> dict[str, Any]:
    productivity = credit.productivity(lineage, key, credit.clades(lineage)[key])
    return {**vars(productivity), "children": plain(productivity.children)}


def _made(productivity: Mapping[str, Any]) -> str:
    """What the scaffold's own children gained, then its whole clade's mean score."""
    if productivity["children"] is None:
        return f"{'children':9} none scored"
    clade = f"   CMP {productivity['cmp']:.3f} of {productivity['clade']} nodes"
    return f"{'children':9} {span(productivity['children'], '+', SAME_CHILDREN)}{clade}"


def _fate(shown: Mapping[str, Any]) -> str:
    rung = f" at {shown['rung']}" if shown["rung"] else ""
    reason = f" ({' '.join(shown['reason'].split())})" if shown["reason"] else ""
    return f"{shown['status']}{rung}{reason}{', the best' if shown.get('best') else ''}"


def _ruling(ruling: Mapping[str, Any]) -> str:
    """When, by whom and why a child was ruled on."""
    reason = f": {' '.join(ruling['reason'].split())}" if ruling["reason"] else ""
    return f"{ruling['verdict']} by {ruling['by']}, after generation {ruling['after']}{reason}"


def _failures(evaluations: Iterator[Evaluation]) -> dict[str, int]:
    return dict(Counter(each.failure for each in evaluations if each.failure))


def _clip(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
