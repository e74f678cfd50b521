"""39 to 42 in a whole run: each generation hands in another of the hostile children, and each task another of the
hostile answers. The run ends as any other, goes on, and can be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from attacks import seed_scaffold
from command import godel

from godel.lineage import Status
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

COMMANDS = [
    ("status", "run"),
    ("verify", "run"),
    ("report", "run"),
    ("lineage", "tree", "run", "--all"),
    ("lineage", "show", "run", "seed"),
    ("lineage", "edits", "run"),
    ("lineage", "export", "run", "-f", "html", "-o", "page.html"),
]

SCAFFOLD = """
import os
from godel.contract import Edit, Program

IMPROVE = "def improve(program, utility, model, rng):\\n    return program\\n"
CHILDREN = [
    Program({"main.py": IMPROVE + "Z = 0x" + "f" * 5_000}),
    Program({"main.py": IMPROVE + "Z = " + " + ".join(["1"] * 2_500)}),
    Program({"main.py": IMPROVE + "if 1: pass\\n" + "elif 1: pass\\n" * 500}),
    Program({"main.py": IMPROVE + "Z = [" + "1," * 480_000 + "]"}),
    Program({"main.py": IMPROVE + "# \\u200b"}),
    Program({"main.py": IMPROVE + "Z = '\\ud800'"}),
    Program({"main.py": IMPROVE, "json/main.py": ""}),
    Program({"main.py": IMPROVE, "a\\n\\x1b[2J\\u202e.py": ""}),
    Program({"main.py": IMPROVE, **{f"d{n}/main.py": "" for n in range(10_000)}}),
    Program({"main.py": IMPROVE + "x" * 2_000_000}),
    "nested",
    Program({"main.py": IMPROVE + "WIDTH = 5e-324"}),
]
PRODUCTS = [
    "def priority(item, bins): return [[0] * 985]",
    "import sys, os\\nf = sys._getframe()\\nwhile 'port' not in f.f_locals: f = f.f_back\\n"
    "line = b'[' * 985 + b']' * 985 + b'\\\\n'\\n"
    "def priority(item, bins): os.write(f.f_locals['port']._out, line)",
    "import sys, os\\nf = sys._getframe()\\nwhile 'port' not in f.f_locals: f = f.f_back\\n"
    "def priority(item, bins):\\n    line = b'\\"' + 'é'.encode() * (2 ** 23 - 8) + b'\\"\\\\n'\\n"
    "    while line: line = line[os.write(f.f_locals['port']._out, line):]",
]

def improve(program, utility, model, rng):
    text = "\\x1b[2J\\u202e</script>" + "x" * 100_000
    edits = [Edit(text, text, text, text)] * 30
    if "def improve" not in program.files["main.py"]:
        return program.with_file("main.py", rng.choice(PRODUCTS), *edits)
    child = rng.choice(CHILDREN)
    if child == "nested":
        line = b'{"done": ' + b"[" * 985 + b"]" * 985 + b"}\\n"
        while line: line = line[os.write(utility._port._out, line):]
        return program
    return Program(child.files, edits=tuple(edits))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "tier", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("docker", "bubblewrap")]
)
def test_a_run_of_hostile_children_ends_goes_on_and_is_shown(tmp_path: Path, tier: str) -> None:
    seed_scaffold(tmp_path / "seed", SCAFFOLD)
    more = ("scoring.search_seeds=2", "scoring.held_out_seeds=1", "improve.calls=2")
    launched = godel(
        "launch",
        "run",
        "--scaffold",
        "seed",
        "--task",
        "online_bin_packing",
        "--generations",
        "8",
        "--sandbox",
        tier,
        *more,
        cwd=tmp_path,
    )
    assert launched.returncode == 0, launched.stderr
    resumed = godel("resume", "run", "--generations", "16", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    for command in COMMANDS:
        shown = godel(*command, cwd=tmp_path)
        assert shown.returncode == 0, shown.stderr
        assert not any(each in shown.stdout + shown.stderr for each in "\x1b\u202e\u200b")
    with Store.open(tmp_path / "run" / FILE) as store:
        made = store.generations()
    assert len(made) == 17
    assert {each.status for each in made[1:]} <= {Status.REFUSED, Status.FAILED}
    assert all(each.reason and "lost" not in each.reason for each in made[1:])
    assert (tmp_path / "run" / FILE).stat().st_size < 8_000_000
    assert (tmp_path / "page.html").stat().st_size < 2_000_000
