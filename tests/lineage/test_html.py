"""The page in a real browser: it draws, it answers, and nothing untrusted runs in it."""

from __future__ import annotations

import html.parser
import json
import math
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made import generation

from godel.contract import Edit, Program
from godel.lineage import Evaluation, Split, Status, Transcript
from godel.lineage.analysis.lineage import Lineage, resolve
from godel.lineage.analysis.remarks import Remarks
from godel.lineage.records.events import Measured, MeasuringBegun, Separated, Separation, Target
from godel.lineage.store import Store
from godel.lineage.views import html as page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--window-size=1200,800")
PATIENCE_S = 120
EVIL = (
    "</script><script>document.title='owned'</script><!--<script>"
    "<img src=x onerror=\"document.title='owned'\">{{data}}{{script}} &lt;b&gt; \u202e\u2028\x1b\ud800"
)

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium in PATH")


class Elements(html.parser.HTMLParser):
    """The elements of a page, with their attributes and text, as a parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.script: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.script.append("")

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "script":
            self.script[-1] += data


def dom(tmp_path: Path, text: str, hash_: str = "") -> str:
    """The page's DOM once its script has run."""
    assert BROWSER
    file = tmp_path / "page.html"
    file.write_text(text, encoding="utf-8")
    command = [
        BROWSER,
        *OPTIONS,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=2000",
        "--dump-dom",
        file.as_uri() + hash_,
    ]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=True)
    return done.stdout.decode("utf-8")


@pytest.fixture
def hostile(grown: Store) -> Lineage:
    parent = resolve(grown, "best")
    tree = Program({"main.py": EVIL, EVIL: EVIL}, "main.py")
    key = tree.digest
    edits = (Edit(EVIL, EVIL, EVIL, EVIL),)
    grown.record(generation(80, parent, key, parent, Status.REFUSED, EVIL, EVIL, edits), tree, [], Transcript())
    return Lineage.of(grown)


def test_the_page_needs_nothing_else(grown: Store) -> None:
    text = page.page(Lineage.of(grown))
    for tag, attributes in Elements(text).found:
        assert tag not in ("link", "img", "iframe", "object", "base")
        assert not {"src", "href", "srcset", "action"} & set(attributes)
    assert re.findall(r"https?://[\w./]+", text) == ["http://www.w3.org/2000/svg"], "a namespace, not an address"
    assert not re.search(r"@import|url\(", text)
    assert "{{" not in text


def test_nothing_untrusted_ends_its_element(hostile: Lineage) -> None:
    """In the file as it is parsed, before any script: two scripts, and the data is data."""
    text = page.page(hostile, title=EVIL.replace("\ud800", ""))
    elements = Elements(text)
    assert [attributes for tag, attributes in elements.found if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not any(tag == "img" for tag, _ in elements.found)
    read = json.loads(elements.script[0])
    assert read["items"][80]["edits"][0][0].startswith("</script><script>document.title='owned'")
    assert read["items"][80]["edits"][0][0].endswith(r"\u202e\u2028\x1b\ud800")
    text.encode("utf-8")


def test_the_scripts_never_write_markup() -> None:
    source = "".join((page.PARTS / name).read_text(encoding="utf-8") for name in page.SCRIPTS)
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "setTimeout(",
    ):
        assert way not in source
    assert set(page.SCRIPTS) == {path.name for path in page.PARTS.glob("*.js")}


def test_long_diffs_are_cut_and_those_beyond_the_budget_left_out(grown: Store) -> None:
    items = page.data(Lineage.of(grown), "", most=80, room=400)["items"]
    given = [item for item in items if "diff" in item]
    assert all(item["diff"].endswith("… cut here\n") for item in given if item["diff"])
    assert all(item["path"] for item in given), "the path to the best comes first"
    assert 4 <= len(given) <= 5


def test_an_unknown_bound_does_not_break_the_json(store: Store, grow: type) -> None:
    grower = grow(store)
    grower.grow(2)
    assert json.loads(
        re.findall(r'id="data">(.*?)</script>', page.page(Lineage.of(store)))[0], parse_constant=pytest.fail
    )


@pytest.mark.browser
@needs_browser
def test_a_browser_draws_it_and_shows_the_best(grown: Store, tmp_path: Path) -> None:
    lineage = Lineage.of(grown)
    best = lineage.nodes[lineage.best or ""].accepted
    shown = dom(tmp_path, page.page(lineage, "five tasks"))
    assert f'data-ready="{len(lineage.generations)}"' in shown, "the script ran to its end"
    assert '<h1 id="title">five tasks</h1>' in shown
    assert f"Generation {best.index}" in shown
    assert shown.count('class="row credit"') == sum(made.status is Status.ACCEPTED for made in lineage.generations)
    assert shown.count('class="row"') == len(lineage.generations)
    assert f"{lineage.nodes[best.child or ''].utility['search']:.3f}" in shown  # type: ignore[index]
    assert all(task in shown for task in ("online_bin_packing", "held-out split", "byte_lm"))
    assert "Productivity" in shown and "Clade metaproductivity" in shown
    assert "~ over part of the trials" in shown
    hopeless = next(made for made in lineage.generations if made.status is Status.HOPELESS)
    part = lineage.nodes[hopeless.child or ""].utility[Split.SEARCH]
    assert f'<span class="num">~{part:.3f}</span>' in shown
    assert 'class="add"' in shown
    assert 'class="del"' in shown


def null(store: Store, grow: type, remarks: Remarks) -> Lineage:
    """A run of which only the seed was kept, with something to say of it."""
    grow(store).grow(1)
    lineage = Lineage.of(store)
    lineage.remarks = lambda: remarks
    return lineage


@pytest.mark.browser
@needs_browser
def test_a_run_that_accepted_nothing_opens_with_why(store: Store, grow: type, tmp_path: Path) -> None:
    told = Remarks(("Of 3 self-edits", "    1 refused: " + EVIL), ((f"to try {EVIL}", f"resume '{EVIL}'"),), None)
    text = page.page(null(store, grow, told), "calm")
    shown = dom(tmp_path, text)
    assert "<title>calm</title>" in shown and 'data-ready="1"' in shown
    assert 'id="tab-edits" aria-controls="panel-edits" aria-selected="true"' in shown
    panel = shown.partition('id="panel-edits"')[2].partition('id="panel-list"')[0]
    assert re.search(r"<p[^>]*>Of 3 self-edits</p><p[^>]*>1 refused: &lt;/script&gt;", panel)
    assert 'class="command"' in panel and "to try &lt;/script&gt;" in panel
    assert 'aria-selected="true"' in dom(tmp_path, text, "#g0").partition('id="tab-node"')[2].partition("</button>")[0]


@pytest.mark.browser
@needs_browser
def test_a_link_opens_a_generation(grown: Store, tmp_path: Path) -> None:
    refused = next(made for made in grown.generations() if made.status is Status.REFUSED)
    shown = dom(tmp_path, page.page(Lineage.of(grown)), f"#g{refused.index}")
    assert re.search(
        rf"<h2>Generation {refused.index}<code.*?</code><span class=\"pill refused\">refused at smoke<", shown
    )
    assert f'aria-current="true" data-item="{refused.index}"' in shown or re.search(
        rf'data-item="{refused.index}"[^>]*aria-current="true"', shown
    )
    assert "cannot improve the toy program" in shown


def measured(store: Store, problem: str) -> None:
    """imp@40 of the seed and the best, and an edit that can't be separated."""
    lineage = Lineage.of(store)
    best = lineage.best or ""
    store.event(MeasuringBegun(40, 2, (Target("maxcut", "v", store.put_blob(b"task")),), {}))
    for tree, gain in ((lineage.generations[0].child or "", 0.1), (best, 0.4)):
        for seed in range(2):
            each = Evaluation(tree, "maxcut", "v", Split.HELD_OUT, seed, gain + 0.01 * seed, 1.0, None, "p")
            store.event(Measured(40, each))
    last = lineage.path(best)[-1].accepted.index
    store.event(Separated(Separation.KNOCK_OUT, (last,), best, None, problem))


@pytest.mark.browser
@needs_browser
def test_the_page_has_what_edits_are_worth(grown: Store, tmp_path: Path) -> None:
    """And what a scaffold brought about to be said of it is text."""
    measured(grown, EVIL)
    found = dom(tmp_path, page.page(Lineage.of(grown)), "#credit")
    assert "<title>lineage</title>" in found
    panel = found.partition('id="panel-credit"')[2].partition('id="panel-list"')[0]
    for part in (
        "imp@40 on maxcut",
        "taken back",
        "Returns r: not known: 2 scaffolds",
        "kind of change",
        "document.title=",
    ):
        assert part in panel, part
    assert "hyperparameter tuning" in panel and "<img" not in panel


@pytest.mark.browser
@needs_browser
def test_hostile_source_is_shown_and_never_run(hostile: Lineage, tmp_path: Path) -> None:
    shown = dom(tmp_path, page.page(hostile, title="calm"), "#g80")
    elements = Elements(shown)
    assert "<title>calm</title>" in shown
    assert 'data-ready="81"' in shown
    assert not any(tag == "img" for tag, _ in elements.found)
    assert sum(tag == "script" for tag, _ in elements.found) == 2
    assert "&lt;img src=x onerror=" in shown
    assert "+&lt;/script&gt;&lt;script&gt;document.title='owned'" in shown, "the diff tells it as it is"


@pytest.mark.browser
@needs_browser
def test_the_policy_stops_a_script_that_got_in_all_the_same(grown: Store, tmp_path: Path) -> None:
    text = page.page(Lineage.of(grown), "calm").replace("</body>", "<script>document.title='owned'</script></body>")
    shown = dom(tmp_path, text)
    assert "<title>calm</title>" in shown
    assert "data-ready" in shown


class Tab:
    """A page in a running browser, driven over its DevTools pipe (descriptors 3 and 4)."""

    def __init__(self, tmp_path: Path) -> None:
        assert BROWSER
        (theirs_in, self.out), (self.into, theirs_out) = os.pipe(), os.pipe()
        # The browser expects 3 and 4: a shell moves the pipes there.
        command = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.browser = subprocess.Popen(
            [
                "bash",
                "-c",
                command,
                BROWSER,
                *OPTIONS,
                f"--user-data-dir={tmp_path / 'profile'}",
                "--remote-debugging-pipe",
                "about:blank",
            ],
            pass_fds=(theirs_in, theirs_out),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.sent, self.buffer, self.session = 0, b"", ""

    def open(self, file: Path) -> None:
        target = self.ask("Target.createTarget", url=file.as_uri())["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        while self.run("document.documentElement?.dataset.ready") is None:
            time.sleep(0.05)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": params}
        message |= {"sessionId": self.session} if self.session else {}
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                assert select.select([self.into], [], [], PATIENCE_S)[0], f"no answer to {method}"
                data = os.read(self.into, 1 << 16)
                assert data, "the browser ended"
                self.buffer += data
            line, self.buffer = self.buffer.split(b"\0", 1)
            if (answer := json.loads(line)).get("id") == self.sent:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def run(self, script: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def mouse(self, kind: str, x: float, y: float) -> None:
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def close(self) -> None:
        os.close(self.out)
        os.close(self.into)
        self.browser.kill()
        self.browser.wait()


@pytest.fixture
def tab(grown: Store, tmp_path: Path) -> Iterator[Tab]:
    file = tmp_path / "page.html"
    file.write_text(page.page(Lineage.of(grown)), encoding="utf-8")
    opened = Tab(tmp_path)
    try:
        opened.open(file)
        yield opened
    finally:
        opened.close()


@pytest.mark.browser
@needs_browser
def test_pointer_keys_search_and_layouts(tab: Tab, grown: Store) -> None:
    made = next(each for each in grown.generations() if each.status is Status.REJECTED)
    box = tab.run("(({left, top}) => [left, top])(canvas.getBoundingClientRect())")
    at = tab.run(f"[px({made.index}), py({made.index})]")
    x, y = box[0] + at[0], box[1] + at[1]
    tab.mouse("mouseMoved", x, y)
    assert f"g{made.index}" in tab.run("document.getElementById('tip').textContent")
    tab.mouse("mousePressed", x, y)
    tab.mouse("mouseReleased", x, y)
    assert tab.run("state.selected") == made.index
    assert f"Generation {made.index}" in tab.run("panels.node.textContent")
    tab.run("canvas.focus()")
    tab.press("ArrowLeft")
    assert tab.run("state.selected") == tab.run(f"ITEMS[{made.index}].parent")
    before = tab.run("view.sx")
    tab.press("+")
    assert tab.run("view.sx") > before
    tab.press("0")
    assert tab.run("view.sx") == before
    tab.run("document.getElementById('search').focus()")
    tab.ask("Input.insertText", text="refused smoke")
    refused = [each.index for each in grown.generations() if each.status is Status.REFUSED]
    assert tab.run("[...state.matches].sort((a, b) => a - b)") == refused
    assert tab.run("document.querySelectorAll('#panel-list .row').length") == len(refused)
    tab.run("document.querySelector('[data-layout=progress]').click()")
    scores = tab.run("ITEMS.filter((item) => item.score !== null).map((item) => [item.score, py(item.index)])")
    assert [y for _, y in sorted(scores)] == sorted((y for _, y in scores), reverse=True), "higher is better"


PAINTED = """(() => {
  const dots = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  let painted = 0;
  for (let k = 3; k < dots.length; k += 4) painted += dots[k] > 0;
  return painted;
})()"""


@pytest.mark.slow
@pytest.mark.browser
@needs_browser
def test_ten_thousand_nodes_are_drawn_and_walked(store: Store, grow: type, tmp_path: Path) -> None:
    grow(store).grow(11_600)
    lineage = Lineage.of(store)
    assert len(lineage.nodes) >= 10_000
    text = page.page(lineage)
    assert len(text) < 2_000 * len(lineage.generations)
    file = tmp_path / "page.html"
    file.write_text(text, encoding="utf-8")
    tab = Tab(tmp_path)
    try:
        tab.open(file)
        assert tab.run("document.documentElement.dataset.ready") == str(len(lineage.generations))
        deadline = time.monotonic() + PATIENCE_S  # the page paints in a frame of its own, after it is ready
        while tab.run(PAINTED) <= 10_000:
            assert time.monotonic() < deadline, "nothing is drawn"
            time.sleep(0.05)
        for layout in ("progress", "tree"):
            tab.run(f"document.querySelector('[data-layout={layout}]').click(); draw()")
            assert tab.run(PAINTED) > 10_000
            places = tab.run("ITEMS.map((item) => [place.x[item.index], place.y[item.index]])")
            assert all(math.isfinite(x) and math.isfinite(y) for x, y in places)
        tab.run("select(11000)")
        assert tab.run("panels.node.textContent").startswith("Generation 11000")
        assert tab.run("document.querySelectorAll('#panel-list .row').length") <= 400
    finally:
        tab.close()


@pytest.mark.browser
@needs_browser
def test_no_two_generations_are_drawn_on_one_another(tab: Tab) -> None:
    places = tab.run("ITEMS.map((item) => [px(item.index), py(item.index)])")
    closest = min(math.dist(a, b) for k, a in enumerate(places) for b in places[:k])
    assert closest > 3


@pytest.mark.browser
@needs_browser
def test_an_empty_run_and_a_seed_alone_are_drawn(store: Store, grow: type, tmp_path: Path) -> None:
    assert 'data-ready="0"' in dom(tmp_path, page.page(Lineage.of(store)))
    grow(store).grow(1)
    assert 'data-ready="1"' in dom(tmp_path, page.page(Lineage.of(store)))
