"""Whatever untrusted code makes up has an answer: a refusal, a failure or a record that can be read."""

from __future__ import annotations

import base64
import json
import math
import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hostile import IMPROVE, NAMES, NUMBERS, PARENT, SOURCES, TEXTS, gated, handed_in
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made import generation

from godel.contract import Edit, Program
from godel.contract.characters import hidden
from godel.contract.fingerprints import deleted, fingerprints
from godel.contract.limits import FRAME_BYTES
from godel.gate.duplicate import normalised
from godel.gate.smoke import ToyUtility
from godel.gateway import NoRequest
from godel.gateway.request import parse as request
from godel.lineage import Evaluation, Generation, Split, Status, Transcript
from godel.lineage.analysis import credit
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store, codec
from godel.lineage.views import export, html, tree
from godel.lineage.views import text as views
from godel.sandbox.guest.json_lines import Unreadable, decoded, encoded
from godel.sandbox.guest.messages import answer_from_json
from godel.scoring.received import received
from godel.tasks import load
from godel.tasks.judging import CandidateFailed
from godel.tasks.judging.serve import failure, finding

CASES = int(os.environ.get("GODEL_FUZZ_CASES", "30"))
hostile = settings(
    max_examples=CASES,
    deadline=None,
    derandomize="GODEL_FUZZ_CASES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)

characters = st.characters() | st.sampled_from("\0\ud800\u202e\u200b\x1b\ufeff\\\"'\r\n\t")
texts = st.text(characters, max_size=40) | st.sampled_from(TEXTS)
TOKENS = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "\n",
    "\n    ",
    " ",
    "=",
    "+",
    "-",
    "**",
    ".a",
    "lambda: ",
    "not ",
    "if x",
    "elif x",
    "else",
    "def f(a",
    "class C",
    "@a\n",
    "f'{",
    "}'",
    "'",
    '"',
    "'''",
    "\\",
    "#",
    "yield ",
    "await ",
    "async ",
    "import ",
    "*",
    "for x in ",
    "match x:\n case ",
    "0x",
    "9",
    "1e9",
    "1j",
    "x",
    "improve",
    ":=",
    "...",
    "->",
    "\t",
    "\f",
    "\0",
    "é",
    "\ud800",
]
TIMES = [1, 2, 90, 300, 3_000]
SMALL = [text for text in SOURCES.values() if len(text) < 20_000]
"""The others take a second each, and attack 40 tries them."""

repeated = st.builds(lambda token, times: token * times, st.sampled_from(TOKENS), st.sampled_from(TIMES))
fragments = st.lists(repeated | st.sampled_from(TOKENS), max_size=30).map("".join)
written = st.builds(lambda head, text: head + text, st.sampled_from(["", IMPROVE]), fragments | texts)
sources = written | st.sampled_from(SMALL)
paths = st.sampled_from([*NAMES, "main.py", "notes.txt"]) | texts
numbers = st.integers() | st.floats() | st.sampled_from([10**299, -(10**299), 5e-324, 1.7e308])
leaves = st.none() | st.booleans() | numbers | texts
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=4))
edits = st.lists(st.lists(texts | values, min_size=3, max_size=5), max_size=40) | values
programs = st.fixed_dictionaries(
    {"files": st.dictionaries(paths, sources, max_size=4) | values, "entry": st.just("main.py") | values},
    optional={"edits": edits, "deleted": values},
)


@hostile
@given(sources)
def test_sources(text: str) -> None:
    """Gate, fingerprint, toy."""
    program = Program({"main.py": text})
    refusal = gated(program)
    assert refusal is None or refusal.reason
    assert len(normalised(program)) == 64
    assert deleted([{"main.py": text}], PARENT.files) == fingerprints(text).keys() - fingerprints(IMPROVE).keys()
    assert ToyUtility()(program) <= 1.0


@hostile
@given(values, st.sampled_from(["utility", "model", "judged", "done", "request", "score", "replies"]), values)
def test_requests_and_recorded_answers(data: Any, key: str, more: Any) -> None:
    """Whatever a guest or a stranger's transcript says is a message of the contract, or refused in words."""
    for message in (data, {key: data}, {key: data, "request": "1", "score": more, "remaining": more, "model": "m"}):
        try:
            assert encoded(received(message).to_json())
        except NoRequest as problem:
            assert str(problem)
        try:
            assert encoded(answer_from_json(message).to_json())
        except ValueError as problem:
            assert str(problem)


@hostile
@given(values | programs, st.sampled_from(NUMBERS))
def test_programs_edits_names(data: Any, number: str) -> None:
    """What a guest hands in, from its line to the gate."""
    try:
        program = handed_in(decoded(encoded(data)))
    except (Unreadable, NoRequest) as problem:
        assert str(problem)
        return
    codec.dumps([list(edit) for edit in program.edits])
    refusal = gated(program)
    assert refusal is None or not any(map(hidden, refusal.reason.replace("\n", "")))
    toy = program.with_file("main.py", f"WIDTH = {number}\nDEPTH = 5\nRATE = 0.5\n")
    assert math.isfinite(ToyUtility()(toy))


ENDS = [
    b"",
    b"[",
    b"{",
    b'"',
    b"\\",
    b"]" * 200,
    b"[" * 200,
    b"9" * 400,
    b"1e999",
    b"NaN",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\0",
]


@hostile
@given(values.map(encoded) | st.binary(max_size=200), st.sampled_from(ENDS), st.integers(0, 400), st.booleans())
@example(b"[" * 985 + b"]" * 985, b"", 0, False)
@example(b'{"a":' * 985 + b"1" + b"}" * 985, b"", 0, False)
@example(b"9" * 5000, b"", 0, False)
@example('["a"]'.encode("utf-16"), b"", 0, False)
@example(b'"' + b"\\" * 1001, b"", 0, False)
def test_messages(line: bytes, end: bytes, at: int, cut: bool) -> None:
    """The channel: what can be read can be passed on, walked and written by anybody."""
    line = line[:at] + end + (b"" if cut else line[at:])
    try:
        message = decoded(line)
    except Unreadable as problem:
        assert 0 < len(str(problem)) < 2_000
        return
    assert repr(json.loads(b'{"reply": %b}' % line)["reply"]) == repr(message)
    assert len(encoded(message)) < 7 * FRAME_BYTES and str(message) and repr(message)
    try:
        request(message)
    except NoRequest as problem:
        assert str(problem)


class Answering:
    """A candidate that gives the same answers whenever it is asked."""

    recorded = True

    def __init__(self, answers: list[Any]) -> None:
        self._answers = answers

    def start(self) -> None:
        self._next = iter(self._answers)

    def call(self, request: Any, cpu_s: float | None = None) -> Any:
        return next(self._next, None)


packed = st.builds(
    lambda shape, kind, byte: _packed(shape, kind, byte),
    st.lists(st.sampled_from([0, 1, 2, 3, 26, 100, 1 << 40, -1]), max_size=4),
    st.sampled_from(
        ["<f8", "<f2", "<f16", "<i8", "|u1", "<u8", "|b1", "<c16", "|O", "<U3", "|V0", "<M8[s]", "('<f8', (2,))"]
    ),
    st.binary(max_size=64),
)
answers = st.lists(packed | values | st.lists(packed, max_size=12) | st.sampled_from(["cpu", "cuda"]), max_size=6)


def _packed(shape: list[int], kind: str, body: bytes) -> dict[str, str]:
    descr = kind if kind.startswith("(") else repr(kind)
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {tuple(shape)}, }}\n"
    raw = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + body * 200
    return {"npy": base64.b64encode(raw).decode()}


@pytest.mark.parametrize("name", ["circle_packing_26", "maxcut", "online_bin_packing", "learning_parity_with_noise"])
@settings(hostile, max_examples=max(1, CASES // 4))
@given(answers)
def test_judges(name: str, given: list[Any]) -> None:
    """A judge gives a verdict, or says why it can't."""
    judge, instance = _judge(name)
    try:
        told = finding(judge.score(instance, Answering(given)))
    except CandidateFailed as failed:
        told = failure(failed.reason, failed.detail)
    assert decoded(encoded(told.to_json())) and (told.value is None) == bool(told.failure)


JUDGES: dict[str, tuple[Any, Any]] = {}


def _judge(name: str) -> tuple[Any, Any]:
    if name not in JUDGES:
        module = import_module(f"godel.tasks.{name}.judge")
        JUDGES[name] = module, module.instance(1, load(name).preset)
    return JUDGES[name]


WITH_A_CHILD = [status for status in Status if status not in (Status.SEED, Status.EVALUATED)]
recorded = st.lists(st.tuples(sources, programs, texts, st.sampled_from(WITH_A_CHILD)), min_size=1, max_size=4)


@settings(hostile, max_examples=max(1, CASES // 2))
@given(recorded)
def test_a_run_stays_readable(made: list[tuple[str, Any, str, Status]]) -> None:
    """Archive and views, of a run that recorded all of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.sqlite"
        with Store.create(path, {}) as store:
            record(store, generation(0, None, PARENT.digest, None, Status.SEED, shape=normalised(PARENT)), PARENT)
            for index, (text, data, reason, status) in enumerate(made, 1):
                try:
                    child = handed_in(decoded(encoded(data)))
                except (Unreadable, NoRequest):
                    child = Program({"main.py": text})
                told = tuple(Edit(*edit) for edit in child.edits)
                ends = status, reason, "parses", told
                proposed = generation(index, PARENT.digest, child.digest, PARENT.digest, *ends)
                record(store, replace(proposed, shape=normalised(child)), child)
        with Store.open(path) as store:
            store.verify()
            grown = Lineage.growing(store)
            assert grown.members() and grown.shapes()
            look_at(Lineage.of(store))


def record(store: Store, made: Generation, child: Program) -> None:
    score = Evaluation(child.digest, "t", "v", Split.SEARCH, 0, 0.5, 0.5, None, "p")
    store.record(made, Program(child.files, child.entry), [score], Transcript())


def look_at(lineage: Lineage) -> None:
    for key in lineage.nodes:
        for text in (views.show_text(views.show(lineage, key)), views.diff(lineage, PARENT.digest, key)):
            assert not any(map(hidden, text.replace("\n", "").replace("\t", "")))
    drawn = tree.text(tree.rows(lineage, dead_ends=True))
    assert not any(map(hidden, drawn.replace("\n", "")))
    assert credit.edits(lineage) is not None and credit.operators(lineage) is not None
    assert len(html.page(lineage)) < 2_000_000
    assert "".join(export.as_json(lineage)).isascii() and export.as_dot(lineage) and export.as_graphml(lineage)
