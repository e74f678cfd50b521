"""Hostile things, each of which once ended a run, a reader or a terminal, or is a neighbour of one that did."""

from __future__ import annotations

from runs import NoWorkspace

from godel.contract import Program
from godel.gate import Proposal, Refusal, climb
from godel.gate.contract import Contract
from godel.gate.duplicate import Duplicate
from godel.gate.editable import Editable
from godel.gate.parses import Parses
from godel.sandbox.guest.messages import Done
from godel.scoring.received import received

IMPROVE = "def improve(program, utility, model, rng):\n    return program\n"
PARENT = Program({"main.py": IMPROVE})
STATIC = (Editable(), Parses(), Contract(), Duplicate())


def handed_in(data: object) -> Program:
    """The program in a guest's last message. Raises NoRequest."""
    request = received({"done": data})
    assert isinstance(request, Done)
    return request.program


def gated(child: Program, parent: Program = PARENT) -> Refusal | None:
    """What the rungs that run nothing say."""
    return climb(Proposal(child, parent, ("main.py",), set(), NoWorkspace()), STATIC)  # type: ignore[arg-type]


SOURCES = {
    "an integer of 5,000 digits": IMPROVE + "Z = 0x" + "f" * 5_000 + "\n",
    "the same in decimals": IMPROVE + "Z = " + "9" * 5_000 + "\n",
    "a complex one": IMPROVE + "Z = " + "9" * 5_000 + "j\n",
    "a sum of 2,500 terms": IMPROVE + "Z = " + " + ".join(["1"] * 2_500) + "\n",
    "500 elifs": IMPROVE + "if Z: pass\n" + "elif Z: pass\n" * 500,
    "200 elifs": IMPROVE + "if Z: pass\n" + "elif Z: pass\n" * 200,
    "3,000 signs": IMPROVE + "Z = " + "-" * 3_000 + "1\n",
    "100,000 attributes": IMPROVE + "Z = a" + ".a" * 100_000 + "\n",
    "100,000 calls": IMPROVE + "Z = a" + "()" * 100_000 + "\n",
    "lambdas in lambdas": IMPROVE + "Z = " + "lambda: " * 2_000 + "1\n",
    "open brackets": IMPROVE + "Z = " + "(" * 5_000,
    "blocks in blocks": IMPROVE + "".join(" " * depth + "if 1:\n" for depth in range(99)) + " " * 99 + "pass\n",
    "one line of a megabyte": IMPROVE + "Z = [" + "1," * 480_000 + "]\n",
    "one string of a megabyte": IMPROVE + "Z = '" + "x" * 1_000_000 + "'\n",
    "half a million statements": IMPROVE + "1\n" * 500_000,
    "a NUL": IMPROVE + "Z = '\0'\n",
    "half a surrogate pair": IMPROVE + "Z = '\ud800'\n",
    "a bad escape": IMPROVE + r"Z = '\d'" + "\n",
    "an f-string in an f-string": IMPROVE + "Z = f'{f\"{1}\"}'\n",
    "nothing": "",
    "no Python": "\x1b]0;owned\x07 (((",
    "zero width": IMPROVE + "A\u200b = 1\n",
    "marks of direction": IMPROVE + "# \u200e \u200f \u061c\n",
    "a soft hyphen": IMPROVE + "# \u00ad\n",
    "tags": IMPROVE + "# \U000e0041\U000e0042\n",
    "variation selectors": IMPROVE + "# a\U000e0101\U000e0102\n",
    "private use": IMPROVE + "# \ue000\n",
    "a filler for a name": IMPROVE + "\u3164 = 1\n",
    "other separators of lines": IMPROVE + "# a\u2028b\u2029c\x85d\n",
}

NAMES = [
    "json/main.py",
    "main.py\n",
    "a\nb.py",
    "\x1b[2J.py",
    "\u202emain.py",
    "\ud800.py",
    "ma\u200bin.py",
    "main.py ",
    " main.py",
    ".main.py",
    "-rf",
    "~/main.py",
    "a\\main.py",
    "main.py/",
    "./main.py",
    "a//main.py",
    "x/../main.py",
    "../main.py",
    "/etc/main.py",
    "main.py\0",
    "\u0430.py",
    "CON\u200d",
    "a" * 5_000,
    "/".join(["d"] * 200),
    "numpy/__init__.py",
    "godel/main.py",
    "sub/main.py",
    "",
    ".",
    "..",
    "main.PY",
    "$(id).py",
    "`id`.py",
    "*.py",
]

NUMBERS = [
    "5e-324",
    "1e308",
    "1e-400",
    "1e999",
    "0x" + "f" * 5_000,
    "9" * 400,
    "9" * 4_000,
    "9" * 5_000,
    "True",
    "1j",
    "'40'",
    "b'40'",
    "None",
    "[1]",
    "-0.0",
    "0",
    "-1",
    "1_0",
    "(1,)",
    "...",
    "{}",
    "1 + 1j",
    "-" * 900 + "1",
    "float('nan')",
]

TEXTS = [
    "\x1b[2J\x1b]0;owned\x07",
    "\u202e\u2066",
    "\u200b\u200e\u200f\u061c",
    "\ud800",
    "\0",
    "x" * 100_000,
    "\n" * 50_000,
    "</script><script>alert(1)</script>",
    "{{data}}",
    "]]>",
    '"\\',
    "\U000e0041",
    "a\u0301" * 1_000,
    "\u2028",
    "\r\x08",
]
