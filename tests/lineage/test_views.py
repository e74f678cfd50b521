"""What a terminal shows: the tree, a node, a path, a diff."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import generation

from godel.contract import Edit, Program
from godel.contract.characters import printable
from godel.lineage import Evaluation, Split, Status, Transcript
from godel.lineage.analysis import names, statistics
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.lineage.views import text as views
from godel.lineage.views import tree
from godel.lineage.views.diff import unified


def record(store: Store, index: int, parent: str | None, text: str, status: Status, score: float | None = None) -> str:
    child = Program({"main.py": text}, "main.py")
    key = child.digest
    known = any(made.child == key for made in store.generations())
    scores = (
        [] if score is None else [Evaluation(key, "t", "v", Split.SEARCH, k, score, None, "wall", "") for k in (0, 1)]
    )
    edits = (Edit("step", "X", text, text + "!"),) if parent else ()
    made = generation(index, parent, key, parent, status, "because", edits=edits)
    store.record(made, None if known else child, scores, Transcript())
    return key


@pytest.fixture
def small(store: Store) -> Lineage:
    a = record(store, 0, None, "a", Status.SEED, 0.1)
    b = record(store, 1, a, "b", Status.ACCEPTED, 0.2)
    c = record(store, 2, a, "c", Status.ACCEPTED, 0.15)
    record(store, 3, a, "d", Status.REFUSED)
    record(store, 4, c, "e", Status.REJECTED, 0.1)
    record(store, 5, c, "b", Status.REFUSED)
    record(store, 6, b, "f", Status.ACCEPTED, 0.4)
    return Lineage.of(store)


def drawn(lineage: Lineage, **options: object) -> list[str]:
    """The tree without hashes and without what stands to the right of them."""
    found = tree.rows(lineage, **options)  # type: ignore[arg-type]
    return [row.branches + (row.label if row.key is None else f"g{row.generation}") for row in found]


def test_the_tree_keeps_the_best_line_straight_and_counts_dead_ends(small: Lineage) -> None:
    assert drawn(small) == [
        "g0",
        "│ … 1 dead end: 1 refused",
        "├─g2",
        "│   … 2 dead ends: 1 rejected, 1 led to a known node",
        "g1",
        "g6",
    ]
    assert drawn(small, dead_ends=True) == [
        "g0",
        "├─g2",
        "│ │ · g5 again g1: refused: step X: b → b!",
        "│ └─g4",
        "├─g3",
        "g1",
        "g6",
    ]
    assert drawn(small, limit=3) == ["g0", "│ … 1 dead end: 1 refused", "│ … 2 more nodes in 1 branch", "g1", "g6"]


def test_the_tree_as_text_lines_up(small: Lineage) -> None:
    lines = tree.text(tree.rows(small)).splitlines()
    assert lines[0].split() == ["search", "held-out", "gain", "±95", "%", "children", "±95", "%", "self-edit"]
    assert lines[1].startswith("● g0 ")
    assert lines[3].startswith("├─○ g2 ")
    assert len({line.index(" 0.") for line in lines if " 0." in line}) == 1
    assert "all +0.100     +0.200 ±?       step X: b → b!" in lines[5]
    assert lines[1][lines[0].index("children") :].startswith("+0.075 ±"), "the mean gain of its scored children"
    assert max(map(len, lines)) <= 83
    assert not any(line.endswith(" ") for line in lines)
    assert [row.on_path for row in tree.rows(small) if row.key] == [True, False, True, True]


def test_every_generation_is_drawn_or_counted(grown: Store) -> None:
    lineage = Lineage.of(grown)
    for limit in (1, 10, 1000):
        rows = tree.rows(lineage, limit)
        assert sum(row.key is not None for row in rows) <= max(limit, len(lineage.path(lineage.best or "")))
    shown = tree.rows(lineage, 1000)
    dead = sum(int(row.label.split()[1]) for row in shown if row.key is None)
    assert sum(row.key is not None for row in shown) + dead == len(lineage.generations)
    everything = tree.rows(lineage, dead_ends=True)
    assert [row.key for row in everything if row.key and row.on_path] == [
        n.key for n in lineage.path(lineage.best or "")
    ]
    assert {row.key for row in everything} - {None} == set(lineage.nodes)


def test_an_empty_run_has_no_rows(store: Store) -> None:
    assert tree.text(tree.rows(Lineage.of(store))) == ""


@pytest.mark.slow
def test_a_deep_lineage_needs_no_deep_stack(store: Store) -> None:
    parent = record(store, 0, None, "0", Status.SEED)
    for index in range(1, 300):
        parent = record(store, index, parent, str(index), Status.ACCEPTED)
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 150)
    try:
        rows = tree.rows(Lineage.of(store), limit=5000)
    finally:
        sys.setrecursionlimit(usual)
    assert len(rows) == 300
    assert {row.branches for row in rows} == {""}


def test_show_is_plain_json_and_readable_text(grown: Store) -> None:
    lineage = Lineage.of(grown)
    for key in lineage.nodes:
        shown = views.show(lineage, key)
        assert json.loads(json.dumps(shown, allow_nan=False)) == shown
        assert views.show_text(shown).startswith(key)


def test_show_tells_scores_gains_failures_and_edits(small: Lineage) -> None:
    text = views.show_text(views.show(small, small.best or ""))
    assert "generation 6: accepted (because), the best, depth 2" in text
    assert "0.400 (all alike)   gain +0.200 (all alike)   2 wall" in text
    assert "edit step X: f → f!" in text
    assert "children none" in text
    refused = views.show(small, small.generations[3].child or "")
    assert (refused["utility"], refused["tasks"], refused["status"]) == ({}, [], "refused")


def test_a_path_is_a_row_for_each_self_edit(grown: Store) -> None:
    lineage = Lineage.of(grown)
    rows = tree.path(lineage, lineage.best or "")
    assert [row.key for row in rows] == [node.key for node in lineage.path(lineage.best or "")]
    assert sum("±" in line or "seed" in line for line in tree.text(rows).splitlines()[1:-2]) == len(rows)
    assert all(row.held_out is not None for row in rows)


def test_a_utility_over_part_of_the_trials_is_marked(grown: Store) -> None:
    """Hopeless ones were stopped early: what they reached may be the easy trials, or the hard ones."""
    lineage = Lineage.of(grown)
    rows = [row for row in tree.rows(lineage, dead_ends=True) if row.key]
    partial = {row.key for row in rows if row.partial}
    assert partial == {made.child for made in lineage.generations if made.status is Status.HOPELESS}
    lines = tree.text(rows).splitlines()
    for row, line in zip(rows, lines[1:], strict=False):
        assert (row.utility is not None and f"~{row.utility:.3f}" in line) == bool(row.partial)
    assert lines[-1] == views.PARTIAL_MEANS
    assert views.PARTIAL_MEANS not in tree.text([row for row in rows if not row.partial])
    for key in lineage.nodes:
        shown = views.show(lineage, key)
        assert shown["partial"] == (["search"] if key in partial else [])
        assert ("  search    ~" in views.show_text(shown)) == (key in partial)


def test_show_gives_productivity_beside_the_two_utilities(grown: Store) -> None:
    lineage = Lineage.of(grown)
    seed = lineage.generations[0].child or ""
    shown = views.show(lineage, seed)
    made = shown["productivity"]
    assert made["children"]["low"] < made["children"]["mean"] < made["children"]["high"]
    assert made["tries"] == len(lineage.uses[seed]) and made["clade"] == len(lineage.nodes)
    first = [line.split()[:2] for line in views.show_text(shown).splitlines()[2:5]]
    assert first == [["utility", "search"], ["utility", "held-out"], ["productivity", "children"]]
    assert f"CMP {made['cmp']:.3f} of {made['clade']} nodes" in views.show_text(shown)
    dead = next(made.child for made in lineage.generations if made.status is Status.REFUSED and made.child)
    assert "productivity                   children  none scored" in views.show_text(views.show(lineage, dead))


TEXTS = st.text(st.sampled_from("ab\n\r\x0c+-@ "), max_size=40)


@given(TEXTS, TEXTS)
def test_a_diff_is_what_patch_understands(before: str, after: str) -> None:
    """Applied by a minimal reader of the format (POSIX diff, unified), it gives the other file."""
    text = unified(Program({"f": before}, "f"), Program({"f": after}, "f"))
    assert (text == "") == (before == after)
    assert apply(before, text) == after


def apply(before: str, diff: str) -> str:
    old = before.split("\n")
    old = [line + "\n" for line in old[:-1]] + ([old[-1]] if old[-1] else [])
    lines = [line + "\n" for line in diff.split("\n")[2:-1]]
    new: list[str] = []
    at = 0
    for number, line in enumerate(lines):
        text = line[1:-1] if lines[number + 1 : number + 2] == ["\\ No newline at end of file\n"] else line[1:]
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            skip = int(start) - (length != "0")
            new, at = new + old[at:skip], skip
        elif line[0] in " -":
            assert old[at] == text
            new, at = new + [text] * (line[0] == " "), at + 1
        elif line[0] == "+":
            new.append(text)
    return "".join(new + old[at:])


def test_a_large_diff_is_what_diff_u_says(tmp_path: Path) -> None:
    before = "".join(f"line {k}\n" for k in range(400))
    after = before.replace("line 200\n", "other\nmore\n").replace("line 206\n", "").replace("line 390\n", "end\n")
    for name, text in (("before", before), ("after", after)):
        (tmp_path / name).write_text(text)
    said = subprocess.run(["diff", "-u", "before", "after"], cwd=tmp_path, capture_output=True, text=True, check=False)
    ours = unified(Program({"f": before}, "f"), Program({"f": after}, "f"))
    assert ours.splitlines()[2:] == said.stdout.splitlines()[2:]


def test_files_that_come_and_go() -> None:
    text = unified(Program({"a": "1\n", "b": "2\n"}, "a"), Program({"a": "1\n", "c": "3\n"}, "a"))
    assert text == "--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-2\n--- /dev/null\n+++ b/c\n@@ -0,0 +1 @@\n+3\n"


def test_untrusted_text_cannot_drive_a_terminal(store: Store) -> None:
    a = record(store, 0, None, "a", Status.SEED)
    b = record(store, 1, a, "\x1b]0;owned\x07 \u202eevil \ud800", Status.ACCEPTED, 0.5)
    lineage = Lineage.of(store)
    label = views.edit_label(Edit("forged\n● g9", "x\r\n" * 99, "\n", "\x85"))
    assert label == f"forged ● g9 {('x ' * 99)[:59]}…:  → "
    shown = views.diff(lineage, a, b) + views.show_text(views.show(lineage, b)) + tree.text(tree.rows(lineage))
    assert not {"\x1b", "\x07", "\u202e", "\ud800"} & set(shown)
    assert r"\x1b]0;owned\x07 \u202eevil \ud800" in shown
    assert printable("tab\tand\nnewline stay") == "tab\tand\nnewline stay"


def interval(*values: float) -> statistics.Interval:
    return statistics.interval({"t": values})


@pytest.mark.parametrize(
    ("values", "long", "short"),
    [
        ((0.0, 0.0, 0.0), "no pair differed", "no difference"),
        ((0.1 + 0.2 - 0.3, 0.0), "no pair differed", "no difference"),  # but for the rounding of floats
        ((0.2, 0.2), "+0.200 (all alike)", "all +0.200"),
        ((0.00010, 0.00012), "+0.000 [±<0.001]", "+0.000 ±<.001"),
        ((0.1, 0.3), "+0.200 [-1.071, +1.471]", "+0.200 ±1.271"),
        ((0.0,), "+0.000", "+0.000 ±?"),
    ],
)
def test_an_interval_of_no_width_says_what_it_means(values: tuple[float, ...], long: str, short: str) -> None:
    found = interval(*values)
    assert views.span(views.plain(found), "+", views.SAME) == long
    assert views.compact(found) == short
    assert len(short) <= 13  # the column of the tree


def test_a_utility_of_no_width_is_alike_on_all_trials() -> None:
    assert views.span(views.plain(interval(0.0, 0.0))) == "0.000 (all alike)"


LONG = "lists of candidates that are sorted by score"


@pytest.fixture
def branched(store: Store) -> Lineage:
    """A side branch, a failed generation, one that led back to a known node."""
    a = record(store, 0, None, "a", Status.SEED, 0.1)
    b = record(store, 1, a, "b" + LONG, Status.ACCEPTED, 0.3)
    record(store, 2, a, "c" + LONG, Status.ACCEPTED, 0.2)
    record(store, 3, a, "b" + LONG, Status.REFUSED)
    store.record(generation(4, b, None, b, Status.FAILED, f"crash: NameError: x\n{'y' * 200}"), None, [], Transcript())
    return Lineage.of(store)


def test_at_80_columns_a_self_edit_has_a_line_of_its_own(branched: Lineage) -> None:
    wide, narrow = (tree.text(tree.rows(branched), columns).splitlines() for columns in (200, 80))
    assert len(wide) + 2 == len(narrow) and max(map(len, narrow)) <= 80
    assert narrow[1].endswith("seed")  # what fits stays where it is
    g2 = next(i for i, line in enumerate(narrow) if line.startswith("├─○ g2"))
    assert narrow[g2 + 1].startswith("│       step X: clists of candidates that")
    assert any(line.endswith(f"  {narrow[g2 + 1][2:].strip()}") for line in wide)


def test_all_draws_every_generation(branched: Lineage) -> None:
    text = tree.text(tree.rows(branched, dead_ends=True), 80)
    assert "· g3 again g1: refused: step X: blists of candidates" in text
    failed = next(line for line in text.splitlines() if "g4" in line)
    assert failed.strip().startswith("· g4 no child: failed: crash: NameError: x yyyy") and failed.endswith("…")
    assert "dead end:" not in text
    rows = tree.rows(branched, dead_ends=True)
    assert sorted(row.generation for row in rows if row.generation is not None) == [0, 1, 2, 3, 4]


def test_a_generation_without_a_child_can_be_shown(branched: Lineage) -> None:
    for name in ("g4", "4", "G4"):
        assert names.childless(branched.generations, name) == branched.generations[4]
    assert [names.childless(branched.generations, name) for name in ("g3", "best", "g99", "x")] == [None] * 4
    text = views.fate_text(views.fate(branched, branched.generations[4]))
    assert text.startswith("generation 4: no child\n  failed (crash: NameError: x yyy")
    again = views.show(branched, branched.generations[1].child or "")["again"]
    assert [(each["generation"], each["status"]) for each in again] == [(3, "refused")]
    json.dumps(views.fate(branched, branched.generations[4]))
