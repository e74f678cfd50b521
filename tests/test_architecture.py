"""The docs can't drift: the picture and table of the rooms are what the imports give, names are those of the code."""

from __future__ import annotations

import re

import architecture
import pytest
from imports import ROOT, files
from layered import Layered
from rooms import ROOMS, below, edges, needed, reachable, room_of

PAGE = architecture.PAGE.read_text(encoding="utf-8")
DOCS = sorted(architecture.PAGE.parent.glob("*.md"))
NAMED = [(page.name, each) for page in DOCS for each in re.findall(r"`([\w./-]+\.(?:py|md|toml))`", page.read_text())]
DEFINED = re.findall(r"`([\w/]+\.py):([\w.]+)`", PAGE)


def test_the_picture_is_what_the_imports_give() -> None:
    assert architecture.PICTURE.read_text(encoding="utf-8") == architecture.picture(), "python scripts/architecture.py"


def test_the_table_is_what_the_imports_give() -> None:
    assert architecture.page(PAGE) == PAGE, "python scripts/architecture.py"


def test_rooms_import_one_another_one_way() -> None:
    assert below(edges())  # raises CycleError, naming the rooms


def test_every_room_has_files() -> None:
    assert {room_of(file) for file in files()} == {room.name for room in ROOMS}


def test_arrows_that_are_left_out_lead_nowhere_new() -> None:
    graph = below(edges())
    drawn = {room: set(others) for room, others in needed(graph).items()}
    assert all(reachable(drawn, room) == reachable(graph, room) for room in graph)


def test_the_drawing_puts_nothing_over_another() -> None:
    drawing = Layered(needed(below(edges())))
    for layer in drawing.layers:
        xs = [drawing.x[place] for place in layer]
        assert xs == sorted(set(xs)) and all(drawing.row(place) == drawing.row(layer[0]) for place in layer)
    assert all(drawing.rows[node] > drawing.rows[other] for node, other in drawing.paths)


@pytest.mark.parametrize(("page", "path"), sorted({(page, path) for page, path in NAMED if "/" in path}))
def test_every_file_that_a_page_names_is_there(page: str, path: str) -> None:
    assert (ROOT / path).is_file(), page


@pytest.mark.parametrize(("path", "name"), sorted(set(DEFINED)))
def test_every_function_that_it_names_is_there(path: str, name: str) -> None:
    """`folder/file.py:function` or `folder/file.py:Class.method`."""
    source = (ROOT / path).read_text(encoding="utf-8")
    *classes, last = name.split(".")
    assert all(re.search(rf"^class {each}\b", source, re.MULTILINE) for each in classes)
    assert re.search(rf"^\s*(?:def|class) {last}\b|^{last}\b.* = ", source, re.MULTILINE)
