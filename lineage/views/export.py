"""The lineage for other programs: JSON with everything, GraphML and DOT with the graph.

All three escape what comes from scaffolds; characters that a format can't hold are replaced.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from godel.contract.characters import printable

from .. import Generation, Status
from ..analysis import credit
from ..analysis.account import account
from ..analysis.lineage import Lineage
from ..analysis.names import SHORT
from ..analysis.statistics import Interval
from ..store import codec
from .graph import build, graphml, mates

FORMAT = 2
"""Version of the JSON export."""

LOOKS = {
    Status.SEED: "penwidth=1",
    Status.ACCEPTED: "penwidth=1",
    Status.HELD: 'style="rounded,dashed"',
    Status.REVOKED: "color=red, fontcolor=red",
}
"""How a node is drawn that is not on the path to the best; any other is a dead end."""

XML_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(lineage: Lineage) -> Iterator[str]:
    """Config, what explains a run that accepted nothing, nodes with their source, generations, evaluations and
    credit: in pieces, so that no more than one node's source is in memory."""
    parts: Mapping[str, Iterable[Any]] = {
        "nodes": (_node(lineage, key) for key in lineage.nodes),
        "generations": map(_generation, lineage.generations),
        "evaluations": (codec.to_json(each) for group in lineage.evaluations.values() for each in group),
        "edits": map(values, credit.edits(lineage)),
        "operators": map(values, credit.operators(lineage)),
        "credit": [values(account(lineage))],
    }
    remarks = lineage.remarks()
    explanation = values(remarks.facts) if remarks else None
    head = {"format": FORMAT, "config": lineage.config, "best": lineage.best, "explanation": explanation}
    yield _written(head).removesuffix("\n}")
    for name, items in parts.items():
        yield f",\n {json.dumps(name)}: ["
        for number, each in enumerate(items):
            yield f"{',' * bool(number)}\n{_written(each)}"
        yield "]"
    yield "\n}"


def _written(value: Any) -> str:
    return json.dumps(value, indent=1, allow_nan=False)


def as_graphml(lineage: Lineage) -> str:
    """For Gephi, yEd, Cytoscape and networkx. An unknown attribute is absent."""
    graph = build(lineage)
    attributes = [data for _, data in graph.nodes(data=True)] + [data for _, _, data in graph.edges(data=True)]
    for data in attributes:
        _make_fit(data)
    return graphml(graph)


def as_dot(lineage: Lineage) -> str:
    """For Graphviz. The path to the best is bold, dead ends are grey."""
    best = {node.key for node in lineage.path(lineage.best)} if lineage.best else set()
    lines = ["digraph lineage {", "  rankdir=LR;", "  node [shape=box, style=rounded, fontname=monospace];"]
    for key, node in lineage.nodes.items():
        utility = "".join(f"\n{split} {value:.3f}" for split, value in node.utility.items())
        look = "penwidth=3" if key in best else LOOKS.get(node.accepted.status, "color=gray, fontcolor=gray")
        lines.append(f"  {_quoted(key)} [label={_quoted(f'g{node.made.index} {key[:SHORT]}{utility}')}, {look}];")
    for made in lineage.generations:
        if made.child and made.parent and lineage.first(made):
            label = _quoted("\n".join(edit.operator for edit in made.edits))
            look = "penwidth=3" if made.child in best else "penwidth=1"
            lines.append(f"  {_quoted(made.parent)} -> {_quoted(made.child)} [label={label}, {look}];")
            for mate in mates(lineage, made):
                lines.append(f"  {_quoted(mate)} -> {_quoted(made.child)} [style=dashed, constraint=false];")
    return "\n".join([*lines, "}", ""])


def values(given: Any) -> Any:
    """Records, and lists and maps of them, as JSON values. An infinite bound is None."""
    if isinstance(given, Interval):
        return values(given._asdict())
    if is_dataclass(given) and not isinstance(given, type):
        return values({each.name: getattr(given, each.name) for each in fields(given)})
    if isinstance(given, Mapping):
        return {str(key): values(each) for key, each in given.items()}
    if hasattr(given, "_asdict"):
        return values(given._asdict())
    if isinstance(given, (list, tuple)):
        return [values(each) for each in given]
    return None if isinstance(given, float) and not math.isfinite(given) else given


def _generation(made: Generation) -> dict[str, Any]:
    """As recorded, with the rulings on its child and what they come to."""
    gain = {name: getattr(made, name) for name in ("gain", "gain_low", "gain_high")}
    rulings = [codec.to_json(each) for each in made.rulings]
    return {**codec.to_json(made), "status": str(made.status), "why": made.why, **gain, "rulings": rulings}


def _node(lineage: Lineage, key: str) -> dict[str, Any]:
    node, tree = lineage.nodes[key], lineage.source(key)
    return {
        "node": key,
        "generation": node.made.index,
        "parent": node.parent,
        "mates": mates(lineage, node.made),
        "depth": node.depth,
        "status": str(node.accepted.status),
        "kept": node.kept,
        "utility": values(node.utility),
        "entry": tree.entry,
        "files": dict(tree.files),
    }


def _make_fit(data: dict[str, Any]) -> None:
    """For XML 1.0 (section 2.2): no None, and no control characters, not even as references."""
    for name, value in list(data.items()):
        if value is None:
            del data[name]
        elif isinstance(value, str):
            data[name] = XML_INVALID.sub("\ufffd", printable(value))


def _quoted(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
