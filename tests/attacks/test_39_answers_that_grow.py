"""39: an answer that is longer once the host has written it anew, nests until a reader gives up, or holds
a number that no float can. It ends whoever gave it; the judge goes on."""

from __future__ import annotations

import pytest
from attacks import LIMITS, Arena, task

from godel.contract.limits import EDIT_CHARACTERS, EDITS, FRAME_BYTES
from godel.lineage.store import codec

PACKING = "def packing(count):\n"
RAW = "    import os\n    line = {}\n    while line: line = line[os.write(stolen_port()._out, line):]\n"
AT_THE_LIMIT = f"b'\"' + 'é'.encode() * {FRAME_BYTES // 2 - 8} + b'\"\\n'"
"""Written in ASCII it has three times as many bytes."""

ANSWERS = {
    "an array of just under the limit": (
        "    import numpy as np\n    return np.zeros(12_582_770, dtype='u1')\n",
        "invalid",
    ),
    "text that grows": (RAW.format(AT_THE_LIMIT), "invalid"),
    "DEL, six times as long": (RAW.format(f"b'\"' + b'\\x7f' * {FRAME_BYTES - 8} + b'\"\\n'"), "invalid"),
    "floats that grow": (RAW.format("b'[' + b'1e9,' * 500_000 + b'1]\\n'"), "invalid"),
    "nested 985 deep": (RAW.format("b'[' * 985 + b']' * 985 + b'\\n'"), "garbage"),
    "nested in objects": (RAW.format("b'{\"a\":' * 985 + b'1' + b'}' * 985 + b'\\n'"), "garbage"),
    "deep in UTF-16": (RAW.format("('[' * 985 + ']' * 985).encode('utf-16-be') + b'\\n'"), "garbage"),
    "millions of values": (RAW.format("b'[' + b'[],' * 2_000_000 + b'1]\\n'"), "garbage"),
    "more digits than are read": (RAW.format("b'9' * 5000 + b'\\n'"), "garbage"),
    "an integer that is no float": (RAW.format("b'9' * 400 + b'\\n'"), "garbage"),
    "half a character, as bytes": (RAW.format("b'\"\\xed\\xa0\\x80\"\\n'"), "garbage"),
    "half a character, escaped": (RAW.format("b'\"\\\\ud800\"\\n'"), "invalid"),
    "no number, beyond numbers": (RAW.format("b'[NaN, -Infinity, 1e999, -0]\\n'"), "invalid"),
    "a key twice": (RAW.format('b\'{"npy": 1, "npy": 2}\\n\''), "invalid"),
    "what the host would add": (RAW.format("b'{\"failed\": {}}\\n'"), "invalid"),
    "two values": (RAW.format("b'0}, {\"failed\": 1\\n'"), "garbage"),
}


@pytest.mark.parametrize(("body", "failure"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_ends_its_maker_and_nobody_else(arena: Arena, body: str, failure: str) -> None:
    packing = task("circle_packing_26", cpu_s=20.0, wall_s=60.0)
    outcome = arena.attack(packing, PACKING + body)
    assert outcome.failure == failure, outcome
    arena.unmoved(packing, "")  # the same judge, still there


WRITE = "    while line: line = line[os.write(utility._port._out, line):]\n"
MESSAGES = {
    "a program nested 985 deep": "b'{\"done\": ' + b'[' * 985 + b']' * 985 + b'}\\n'",
    "no program": 'b\'{"done": {"files": {"main.py": 1}, "entry": "main.py"}}\\n\'',
    "a program of two million bytes": 'b\'{"done": {"files": {"main.py": "\' + b\'x\' * 2_000_000 + '
    'b\'"}, "entry": "main.py"}}\\n\'',
    "ten thousand files": "json.dumps({'done': {'files': {f'{i}/main.py': '' for i in range(10_000)} | "
    "{'main.py': ''}, 'entry': 'main.py'}}).encode() + b'\\n'",
    "a name of a million characters": "json.dumps({'done': {'files': {'x' * 10**6: '', 'main.py': ''}, "
    "'entry': 'main.py'}}).encode() + b'\\n'",
    "a request of another kind": "b'{\"' + b'x' * 100_000 + b'\": 1}\\n'",
}


@pytest.mark.parametrize("line", MESSAGES.values(), ids=MESSAGES)
def test_a_message_of_a_scaffold_is_its_own_failure(arena: Arena, line: str) -> None:
    body = f"    import json, os, time\n    line = {line}\n{WRITE}    time.sleep(20)\n"
    made = arena.improve(f"def improve(program, utility, model, rng):\n{body}", limits=LIMITS)
    assert made.program is None and made.failure in ("protocol", "garbage"), made.failure
    assert made.detail and len(made.detail) <= 1000
    codec.dumps([made.failure, made.detail])


def test_requests_without_end_are_ended(arena: Arena) -> None:
    made = arena.improve(
        "def improve(program, utility, model, rng):\n    while True:\n        utility.judged(program, 0.0)\n",
        limits=LIMITS.model_copy(update={"cpu_s": 60.0, "wall_s": 300.0}),
    )
    assert (made.failure, made.detail) == ("protocol", "more than 20000 requests in one improve")


def test_edits_are_cut_with_a_mark(arena: Arena) -> None:
    made = arena.improve(
        "from godel.contract import Edit\n"
        "def improve(program, utility, model, rng):\n"
        "    text, source = 'x' * 100_000, program.files['main.py']\n"
        "    return program.with_file('main.py', source + '#', *[Edit(text, text, text, text)] * 35)\n"
    )
    assert made.program and len(made.program.edits) == EDITS + 1
    first, last = made.program.edits[0], made.program.edits[-1]
    assert first.before == "x" * EDIT_CHARACTERS + f"… ({100_000 - EDIT_CHARACTERS} more characters)"
    assert last.target == "3 more edits were reported, and not kept"
