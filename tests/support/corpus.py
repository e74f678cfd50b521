"""The replies in tests/replies: what each is to be read as, and what it is read as (benchmarks/replies.py counts)."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from godel.contract import Program
from godel.contract.editing import EditFailed, from_reply

HERE = Path(__file__).parents[1] / "replies"
MARK = "%%%% "
NOTHING = "nothing"
FILE = re.compile(r"^(\S+)\n(`{3,})\w*\n(.*?)^\2$", re.M | re.S)


class Case(NamedTuple):
    """A reply to a program. `meant` is what is to come of it: the files, or, as text, what the feedback has to speak
    of where nothing can be done."""

    name: str
    program: Program
    reply: str
    meant: Mapping[str, str] | str


def programs() -> dict[str, Program]:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (HERE / "programs").glob("*.md")}
    return {name: Program({found[1]: found[3] for found in FILE.finditer(text)}) for name, text in texts.items()}


def cases(folder: str = "*") -> list[Case]:
    known = programs()
    return [case for path in sorted(HERE.glob(f"{folder}/*.txt")) for case in _cases(path, known)]


def _cases(path: Path, known: Mapping[str, Program]) -> Iterator[Case]:
    _, *pieces = re.split(rf"^{MARK}(.*)\n", path.read_text(encoding="utf-8"), flags=re.M)
    for at in range(0, len(pieces), 4):
        title, reply, end, meant = pieces[at : at + 4]
        assert end == "meant", f"{path}: {title}"
        name, program, *manners = (word.strip() for word in title.split("|"))
        said = reply.replace("\n", "\r\n") if "crlf" in manners else reply
        yield Case(f"{path.parent.name}/{path.stem}: {name}", known[program], said, _meant(known[program], meant))


def _meant(program: Program, text: str) -> Mapping[str, str] | str:
    if text.startswith(NOTHING):
        return text.removeprefix(NOTHING).lstrip(":").strip()
    files, path = dict(program.files), ""
    for paragraph in re.split(r"\n(?== )|\n\n(?!$)(?=\S+\n[-+ ] |= )", text.strip("\n")):
        if whole := re.match(r"= (\S+)\n", paragraph):
            files[whole[1]] = paragraph[whole.end() :].rstrip("\n") + "\n"
            continue
        path, _, hunks = paragraph.partition("\n")
        for hunk in hunks.split("\n\n"):
            files[path] = _changed(files[path], hunk)
    assert files != program.files
    return files


def _changed(text: str, hunk: str) -> str:
    lines = [line for line in hunk.split("\n") if line]
    old, new = ("".join(f"{line[2:]}\n" for line in lines if line[0] in signs) for signs in (" -", " +"))
    assert text.count(old) == 1, f"stands {text.count(old)} times:\n{old}"
    return text.replace(old, new)


def outcome(case: Case) -> str:
    """ "as meant", "asked about" (where something was meant), or "wrong"."""
    try:
        made = from_reply(case.program, case.reply).program.files
    except EditFailed as failed:
        if isinstance(case.meant, str):
            return "as meant" if case.meant in str(failed) else f"wrong words: {failed}"
        return f"asked about: {failed}"
    if isinstance(case.meant, str):
        return "wrong: an edit where none was meant"
    differing = [path for path in made if not alike(path, made[path], case.meant[path], case.program.files[path])]
    return f"wrong: {' and '.join(differing)}" if differing else "as meant"


def alike(path: str, made: str, meant: str, before: str) -> bool:
    """Whether two texts are the same: of Python, but for layout, comments left out, and the order of imports and
    of definitions."""
    if not path.endswith(".py"):
        return made == meant
    return _statements(made) == _statements(meant) and _comments(made) <= _comments(meant) | _comments(before)


def _statements(text: str) -> tuple[list[str], ...]:
    """The imports, the definitions, and the rest in its order."""
    imports, definitions = (ast.Import, ast.ImportFrom), (ast.FunctionDef, ast.ClassDef)
    body = ast.parse(text).body
    ordered = [ast.dump(node) for node in body if not isinstance(node, (*imports, *definitions))]
    others = (sorted(ast.dump(node) for node in body if isinstance(node, kinds)) for kinds in (imports, definitions))
    return ordered, *others


def _comments(text: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.string for token in tokens if token.type == tokenize.COMMENT}
