"""The lineage as a networkx graph: a derived view, never stored.

Nodes are scaffolds, edges self-edits. An edge has `generation`, `status`, `operators`,
`gain` and `made`: true for the generation that first reached its child, from its first parent. Ancestry follows those
edges alone, so it is a tree, even where a later edit leads back to a known node. `mate` is true for an edge from a
further parent, which has no `gain`: a child is paired with its first parent.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from .. import Generation, Split, Status
from ..analysis.lineage import Lineage

if TYPE_CHECKING:
    import networkx as nx


UNDECIDED = frozenset({Status.HELD, Status.REVOKED})
"""Children that somebody may want to see though they are not kept."""


def build(lineage: Lineage) -> nx.DiGraph[str]:
    """Node attributes: generation, depth, status, kept, children (accepted or not, made or
    not), and utility by split, where known."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for key, node in lineage.nodes.items():
        utility = {f"utility_{split.name.lower()}": value for split, value in node.utility.items()}
        graph.add_node(
            key,
            generation=node.made.index,
            depth=node.depth,
            status=str(node.accepted.status),
            kept=node.kept,
            children=len(lineage.uses.get(key, ())),
            **utility,
        )
    for made in lineage.generations:
        for parent in made.expanded:
            if made.child and parent in graph and not graph.has_edge(parent, made.child):
                graph.add_edge(parent, made.child, **_edge(lineage, made, mate=parent != made.parent))
    return graph


def _edge(lineage: Lineage, made: Generation, mate: bool) -> dict[str, Any]:
    return {
        "generation": made.index,
        "status": str(made.status),
        "operators": " ".join(edit.operator for edit in made.edits),
        "gain": None if mate else made.gain,
        "made": lineage.first(made) and not mate,
        "mate": mate,
    }


def mates(lineage: Lineage, made: Generation) -> list[str]:
    """The further parents of its child, those that are nodes."""
    return [each for each in made.expanded if each != made.parent and each in lineage.nodes]


def pruned(lineage: Lineage, limit: int) -> set[str]:
    """At most `limit` nodes worth drawing, and with every node its ancestors: the path to
    the best first, then kept nodes by their utility. The path is never cut."""
    shown = {node.key for node in lineage.path(lineage.best)} if lineage.best else set()
    shown |= {key for key, node in lineage.nodes.items() if node.made.parent is None}
    kept = [node for node in lineage.nodes.values() if node.kept or node.accepted.status in UNDECIDED]
    for node in sorted(kept, key=lambda node: -node.utility.get(Split.SEARCH, -1.0)):
        more = {each.key for each in lineage.path(node.key)} - shown
        if len(shown) + len(more) <= limit:
            shown |= more
    return shown


def graphml(graph: nx.DiGraph[str]) -> str:
    """The graph as GraphML. Raises NetworkXError for attributes that are no numbers, texts or bools."""
    import networkx as nx

    text = io.BytesIO()
    nx.write_graphml(graph, text)
    return text.getvalue().decode()
