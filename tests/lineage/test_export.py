"""Every export is read back by a parser of its format."""

from __future__ import annotations

import io
import json
from dataclasses import fields, replace
from typing import Any

import dot
import networkx as nx
import pytest
from made import generation

from godel.contract import Edit, Program
from godel.lineage import Evaluation, Generation, Ruling, Split, Status, Transcript
from godel.lineage.analysis.lineage import Lineage, resolve
from godel.lineage.store import Store
from godel.lineage.store.decode import decoder
from godel.lineage.views import export

HOSTILE = 'x\x00\x1b"]; evil [label="\n</graph>&<!-- \ud800'


@pytest.fixture
def hostile(grown: Store) -> Lineage:
    parent = resolve(grown, "best")
    tree = Program({"main.py": HOSTILE, HOSTILE: ""}, "main.py")
    key = tree.digest
    edit = Edit(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    made = generation(80, parent, key, parent, Status.ACCEPTED, HOSTILE, HOSTILE, (edit,))
    grown.record(made, tree, [], Transcript())
    return Lineage.of(grown)


def recorded(exported: dict[str, Any]) -> Generation:
    """The record, from what an export says of it."""
    own = {each.name: exported[each.name] for each in fields(Generation) if each.name != "rulings"}
    made: Generation = decoder(Generation)(own)
    return replace(made, rulings=tuple(map(decoder(Ruling), exported["rulings"])))


def test_json_holds_everything(hostile: Lineage) -> None:
    read = json.loads("".join(export.as_json(hostile)), parse_constant=pytest.fail)
    assert read["format"] == export.FORMAT
    assert read["best"] == hostile.best
    assert [recorded(each) for each in read["generations"]] == hostile.generations
    given = [each for group in hostile.evaluations.values() for each in group]
    assert list(map(decoder(Evaluation), read["evaluations"])) == given
    for node in read["nodes"]:
        assert Program(node["files"], node["entry"]) == hostile.source(node["node"])
    assert len(read["edits"]) == sum(made.status is Status.ACCEPTED for made in hostile.generations)
    assert read["operators"][0]["gain"]["pairs"] > 0


def test_an_unknown_bound_is_null(store: Store) -> None:
    assert export.values({"a": [float("inf"), 1.5], Split.SEARCH: None}) == {"a": [None, 1.5], "search": None}


def test_graphml_is_read_by_networkx(hostile: Lineage) -> None:
    read = nx.read_graphml(io.BytesIO(export.as_graphml(hostile).encode()))
    assert set(read) == set(hostile.nodes)
    assert hostile.best
    assert read.nodes[hostile.best]["utility_search"] == pytest.approx(
        hostile.nodes[hostile.best].utility[Split.SEARCH]
    )
    edges = {(made.parent, made.child) for made in hostile.generations if made.parent and made.child}
    assert set(read.edges) == edges
    assert any("evil" in data["operators"] for _, _, data in read.edges(data=True))


def test_dot_follows_graphviz_grammar(hostile: Lineage) -> None:
    """Whatever the labels hold, the graph is this one."""
    read = dot.read(export.as_dot(hostile))
    assert set(read.nodes) == set(hostile.nodes)
    assert set(read.edges) == {(node.parent, key) for key, node in hostile.nodes.items() if node.parent}
    last = hostile.generations[-1]
    label = read.edges[last.parent or "", last.child or ""]["label"]
    assert label.startswith(r'x\\x00\\x1b"]; evil [label="\n</graph>&<!-- ') and label.endswith(r"\\ud800")
    assert sum(each["penwidth"] == "3" for each in read.nodes.values() if "penwidth" in each) == len(
        hostile.path(hostile.best or "")
    )


@pytest.mark.parametrize(
    "text",
    [
        'digraph { "a"b" }',
        "digraph { a -> }",
        "digraph { a ",
        "digraph {} x",
        'digraph { "a\\" }',
        "graph { a }",
        "digraph { a -> [b=c] }",
    ],
)
def test_the_reader_of_dot_refuses_what_graphviz_does(text: str) -> None:
    with pytest.raises(ValueError):
        dot.read(text)
