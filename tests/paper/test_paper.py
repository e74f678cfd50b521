"""A paper holds no number that is not drawn from its files, and nothing that a scaffold wrote runs in its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import recorded_run

from godel.contract import Edit
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.statistics import Interval
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.paper.document import Document, code, table, words
from godel.paper.figures import Figures, numerals
from godel.paper.of_run import of_run


@pytest.fixture
def paper(tmp_path: Path) -> Document:
    with Store.open(recorded_run(tmp_path / "run") / FILE) as store:
        return of_run(store, Lineage.of(store), tmp_path / "run", store.config["run"])


def test_a_number_from_nowhere_stops_the_paper(paper: Document) -> None:
    assert paper.markdown()
    paper.section("Claim", "It gains 0.417.")
    with pytest.raises(AssertionError, match=r"0\.417"):
        paper.markdown()


def test_numbers_are_known_by_how_they_are_written() -> None:
    figures = Figures()
    text = f"{figures.interval(Interval(0.25, 0.1, 0.4, 8))} of {figures.number(1234)} at {figures.fixed('95 %')}"
    assert numerals(text) == ["+0.250", "+0.100", "+0.400", "1,234", "95"]
    assert not list(figures.strangers(f"{text}, by `g17` and [page 3](x3.md)"))
    assert list(figures.strangers(f"{text}, and -0.25")) == ["-0.25"]


def test_it_says_what_the_records_say(paper: Document) -> None:
    text = paper.markdown()
    for part in ("## Question", "## Answer", "## Method", "## What failed", "## Threats to validity", "## Commands"):
        assert part in text
    assert "**It does.** On the held-out split the best scaffold gains +" in text
    assert "| `rejected` | 1 |" in text and "| `refused` | 1 |" in text
    assert "`constant` | `main.py:SIGMA` | `1` | `2`" in text


def test_the_page_stands_alone_and_shows_what_is_hostile_as_text() -> None:
    hostile = Edit("<script>alert(1)</script>", "`</pre>|\n", "![x](http://evil/x.png)", "\x1b]0;x\x07")
    paper = Document("<img src=x onerror=alert(1)>")
    paper.section("Edits", table(("operator", "before"), [(code(hostile.operator), code(hostile.before))]))
    paper.section("Further", code(hostile.target), code(hostile.after))
    page = paper.html()
    assert "<script" not in page and "<img" not in page and "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_users_sentence_loads_nothing_and_shifts_no_code() -> None:
    paper = Document(words("Is ![a](http://evil/x.png) `odd?"))
    paper.section("Method", words("keeps ` things, <b>[x](http://evil)"), code("7 9"))
    page = paper.html()
    assert "<img" not in page and "<a " not in page and "<b>" not in page
