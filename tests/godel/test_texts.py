"""Programs that hold more than Python: prompts and settings, read, edited, gated and evolved like any other file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from runs import NoWorkspace, Quiet, small_run

from godel import config, scaffold, tasks
from godel.contract import Program
from godel.contract.loader import load, module_name
from godel.errors import ScaffoldError
from godel.gate import Proposal, climb
from godel.gate.contract import Contract
from godel.gate.duplicate import Duplicate
from godel.gate.editable import Editable
from godel.gate.parses import Parses
from godel.gate.smoke import TOY
from godel.gateway import NoModel
from godel.lineage import Status
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.replay import Replayer
from godel.loop.run_folder import FILE
from godel.sandbox import Tier
from godel.sandbox.channel import Session
from godel.scoring.improvement import SCAFFOLD, Blind, Improve, improve

PROMPT = "prompts/step.md"
TEXT = "# How to search\n\nMultiply a constant by at most 2.0, or divide it.\n"
MAIN = '''
import pkgutil
import re

from godel.contract.editing import from_reply

PROMPT = "prompts/step.md"
NUMBER = re.compile(r"^([A-Z]+ = )([0-9.]+)$", re.M)
EDIT = """{0}
<<<<<<< SEARCH
Multiply a constant by at most {1}, or divide it.
=======
Multiply a constant by at most {2}, or divide it.
>>>>>>> REPLACE
"""


def improve(program, utility, model, rng):
    most = step(pkgutil.get_data(__name__, PROMPT).decode())
    if PROMPT in program.files:
        now = step(program.files[PROMPT])
        return from_reply(program, EDIT.format(PROMPT, now, round(now + rng.random(), 3))).program
    best, top = nudged(program, most, rng), None
    while utility.remaining:
        tried = nudged(best if top is not None else program, most, rng)
        score = utility(tried)
        if top is None or score > top:
            best, top = tried, score
    return best


def step(text):
    return float(re.search(r"by at most ([0-9.]+), or", text)[1])


def nudged(program, most, rng):
    text = program.files["main.py"]
    found = list(NUMBER.finditer(text))
    if not found:
        return program
    one = rng.choice(found)
    factor = most if rng.random() < 0.75 else 1 / most
    return program.with_file("main.py", text[: one.start(2)] + str(float(one[2]) * factor) + text[one.end(2) :])
'''
MANIFEST = f'name = "prompted"\neditable = ["main.py", "{PROMPT}"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scaffold with a prompt file."""
    home = tmp_path / "prompted"
    (home / "prompts").mkdir(parents=True)
    (home / "scaffold.toml").write_text(MANIFEST)
    (home / "main.py").write_text(MAIN)
    (home / PROMPT).write_text(TEXT)
    return home


@contextmanager
def loaded(files: dict[str, str]) -> Iterator[ModuleType]:
    program = Program(files, "own_main.py")
    try:
        yield load(program)
    finally:
        sys.meta_path.pop(0)
        for path in files:
            sys.modules.pop(module_name(path), None)


def test_a_program_reads_its_own_texts_and_no_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/other.md").write_text("on the disk")
    read = "import pkgutil\n\n\ndef read(path):\n    return pkgutil.get_data(__name__, path).decode()\n"
    files = {"own_main.py": "import own_lib.deep\n" + read, "own_lib/__init__.py": "", "own_lib/deep.py": read}
    texts = {"prompts/step.md": "é\n", "own_lib/settings.toml": "x = 1\n"}
    with loaded({**files, **texts}) as module:
        deep = sys.modules["own_lib.deep"]
        assert module.read("prompts/step.md") == "é\n"
        assert deep.read("settings.toml") == "x = 1\n"
        assert deep.read("../prompts/step.md") == "é\n"
        assert (module.__file__, deep.__file__) == ("own_main.py", "own_lib/deep.py")
        for path in ("prompts/other.md", "../prompts/step.md", str(tmp_path / "prompts/other.md")):
            with pytest.raises(FileNotFoundError, match="has no file"):
                module.read(path)


def test_a_scaffold_may_have_texts(folder: Path) -> None:
    seed = scaffold.load(str(folder))
    assert seed.program.files[PROMPT] == TEXT
    assert seed.editable == ("main.py", PROMPT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Say \u202eyas.\n".encode(), "holds the character U+202E"),
        ("a\u2028b\n".encode(), "holds the character U+2028"),
        (b"x" * 10_001, "has a line of 10001 characters"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_text_is_as_honest_as_a_source(folder: Path, text: bytes, says: str) -> None:
    (folder / PROMPT).write_bytes(text)
    with pytest.raises(ScaffoldError, match=says.replace("+", r"\+")):
        scaffold.load(str(folder))


SOURCE = "def improve(program, utility, model, rng):\n    return program\n"
PARENT = Program({"main.py": SOURCE, PROMPT: TEXT})
RUNGS = (Editable(), Parses(), Contract(), Duplicate())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TEXT.replace("2.0", "3.0"), ""),
        ("# -*- coding: latin-1 -*-\ndef improve(:\n", ""),  # it is no Python
        (TEXT, "the same program as its parent"),
        (TEXT + "\u202e\n", f"'{PROMPT}' holds the character U+202E, which can't be seen"),
        (TEXT + "\0\n", f"'{PROMPT}' holds the character U+0000, which can't be seen"),
        (TEXT + "\ud800\n", f"'{PROMPT}' is not valid Unicode"),
        (TEXT + "x" * 10_001, f"'{PROMPT}' has a line of 10001 characters; at most 10000"),
        (TEXT + "x\n" * (1 << 20), "larger than 1048576 bytes"),
    ],
)
def test_a_changed_text_is_a_changed_program_within_the_limits(text: str, reason: str) -> None:
    child = PARENT.with_file(PROMPT, text)
    refusal = climb(gated(child, ("main.py", PROMPT)), RUNGS)
    assert (refusal.reason if refusal else "").endswith(reason) and bool(refusal) == bool(reason)
    assert climb(gated(child, ("main.py",)), RUNGS)  # which may not be edited, or is a duplicate


def gated(child: Program, editable: tuple[str, ...]) -> Proposal:
    return Proposal(child, PARENT, editable, set(), NoWorkspace())  # type: ignore[arg-type]


@pytest.mark.bubblewrap
def test_a_scaffold_edits_its_own_prompt_and_works_by_it(
    folder: Path, bubblewrap: Tier, launch: Callable[..., Path]
) -> None:
    run = launch(small_run(bubblewrap, generations=3, scaffold=str(folder)))
    with Store.open(run / FILE) as store:
        store.verify()
        seed, *children = store.generations()
        texts = {str(each.child): store.program(str(each.child)).files for each in [seed, *children]}
    assert all(each.status in (Status.ACCEPTED, Status.REJECTED, Status.HOPELESS) for each in children), [
        (each.rung, each.reason) for each in children
    ]
    for each in children:
        parent, child = texts[str(each.parent)], texts[str(each.child)]
        assert parent["main.py"] == child["main.py"] and parent[PROMPT] != child[PROMPT]
        assert [edit[:2] for edit in each.edits] == [("replace", PROMPT)]
        assert factor(child, bubblewrap) == pytest.approx(stated(child))
    assert len({child[PROMPT] for child in texts.values()}) == 4
    with opened(run, replay=True) as lab, Replayer(lab, Quiet()) as replayer:
        assert not any(replayer.verify(index).differences for index in (1, 2, 3))


def stated(files: Mapping[str, str]) -> float:
    return float(files[PROMPT].partition("at most ")[2].partition(",")[0])


def factor(files: Mapping[str, str], tier: Tier) -> float:
    """By how much the scaffold of these files changes a constant of the toy, in its sandbox."""
    with closing(Session(tier.start(SCAFFOLD))) as session:
        session.wait_ready()
        made = improve(lambda: session, Improve(Program(files), TOY, Blind("any"), NoModel(), 1, config.Improve()))
    assert made.program, made.detail
    before, after = (numbers(program.files["main.py"]) for program in (TOY, made.program))
    (changed,) = [name for name in before if before[name] != after[name]]
    return max(after[changed] / before[changed], before[changed] / after[changed])


def numbers(text: str) -> dict[str, float]:
    body = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]): float(ast.literal_eval(node.value)) for node in body}


def test_a_tasks_program_may_have_texts(tmp_path: Path) -> None:
    for name, body in {"main.py": "x = 1\n", "prompts/a.md": "# A\n", "__pycache__/main.pyc": "no", ".x": "no"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(body)
    assert tasks.program(tmp_path) == Program({"main.py": "x = 1\n", "prompts/a.md": "# A\n"})
