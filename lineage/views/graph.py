"""The lineage as a networkx graph: a derived view, never stored.

Nodes are scaffolds, edges self-edits. An edge has `generation`, `status`, `operators`,
`gain` and `made`: true for the generation that first reached its child. Ancestry follows those edges
alone, so it is a tree, even where a later edit leads back to a known node.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .. import Split, Status
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
        if made.child and made.parent and made.parent in graph and not graph.has_edge(made.parent, made.child):
            graph.add_edge(
                made.parent,
                made.child,
                generation=made.index,
                status=str(made.status),
                operators=" ".join(edit.operator for edit in made.edits),
                gain=made.gain,
                made=lineage.first(made),
            )
    return graph


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
