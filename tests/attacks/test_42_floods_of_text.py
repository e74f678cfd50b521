"""42: edits, reasons and texts without bound. What is kept of them is cut, with a mark; the page stays small."""

from __future__ import annotations

from pathlib import Path

from hostile import IMPROVE, TEXTS, handed_in
from made import generation

from godel.contract import Edit, Program
from godel.contract.limits import EDIT_CHARACTERS, EDITS, REASON_CHARACTERS
from godel.gate import Proposal, climb
from godel.lineage import Status, Transcript
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.lineage.views import html
from godel.lineage.views.diff import unified


def test_a_page_of_floods_is_small(tmp_path: Path) -> None:
    """Three generations with 15 MB of edits each made a page of 47 MB."""
    flood = ["x" * 125_000 + "\x1b</script>"] * 4
    with Store.create(tmp_path / "run.sqlite", {}) as store:
        seed = Program({"main.py": IMPROVE})
        store.record(
            generation(0, None, seed.digest, None, Status.SEED), Program(seed.files, seed.entry), [], Transcript()
        )
        for index in range(1, 4):
            data = {"files": {"main.py": f"{IMPROVE}# {index}\n"}, "entry": "main.py", "edits": [flood] * 30}
            child = handed_in(data)
            edits = tuple(Edit(*edit) for edit in child.edits)
            made = generation(index, seed.digest, child.digest, seed.digest, Status.REFUSED, edits=edits)
            store.record(made, Program(child.files, child.entry), [], Transcript())
        page = html.page(Lineage.of(store))
    assert len(page) < 300_000 and " (cut)" in page and "22 more edits" in page
    assert (tmp_path / "run.sqlite").stat().st_size < 2_000_000


def test_what_is_left_out_is_told() -> None:
    data = {"files": {"main.py": ""}, "entry": "main.py", "edits": [["a", "b", "c", "d" * 5_000]] * 50}
    edits = handed_in(data).edits
    assert len(edits) == EDITS + 1 and "18 more edits" in edits[-1].target
    assert edits[0].after.startswith("d" * EDIT_CHARACTERS + "… (3000 more") and len(edits[0].after) < 2_100


def test_a_reason_is_cut() -> None:
    class Talkative:
        name = "talkative"

        def refuse(self, proposal: Proposal) -> str:
            return "".join(TEXTS)

    refusal = climb(None, [Talkative()])  # type: ignore[arg-type]
    assert refusal and len(refusal.reason) < REASON_CHARACTERS + 50 and "more characters" in refusal.reason


def test_a_diff_of_many_lines_is_made_in_a_moment_and_is_right() -> None:
    before, after = ("".join(f"{(n * step) % 99_991}\n" for n in range(20_000)) for step in (7, 11))
    lines = unified(Program({"a": "same\n" + before}, "a"), Program({"a": "same\n" + after}, "a")).splitlines()
    assert sum(line.startswith("-") for line in lines[2:]) == sum(line.startswith("+") for line in lines[2:])
    assert len(lines) > 39_000
