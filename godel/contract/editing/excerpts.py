"""Whether a text of a Python file is the whole of it, and what becomes of one that is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import NamedTuple

from godel.contract.fingerprints import fingerprints

from .elisions import elisions
from .errors import EditFailed
from .matching import margin
from .merging import merge
from .outlines import functions, is_outline
from .paths import LONGEST, WORD
from .source import complete, is_python, lines_of, parsed
from .wholes import is_whole

INDENT = re.compile(r"[ \t]*")


class Shown(NamedTuple):
    """A file's new text, and whether that is what was shown, from its first line to its last."""

    text: str
    whole: bool


def module_text(files: Mapping[str, str], path: str, text: str, siblings: Mapping[str, str]) -> Shown:
    """What the Python file `path` reads after a text of it was shown, whole or in part. `siblings` are texts of other
    files that the same reply shows. Raises EditFailed for a part that has no one place."""
    old = complete(files[path])
    marked = _marked(text, old)
    if marked == text and (not is_python(text) or not is_python(old) or is_whole(files, path, text, siblings)):
        return Shown(text, True)
    excerpt = _without_its_path(marked)
    merged = merge(path, old, excerpt)
    _refuse_loss(path, excerpt, merged)
    return Shown(merged, False)


def _refuse_loss(path: str, excerpt: str, merged: str) -> None:
    """Raises EditFailed if a statement of the excerpt did not come into the file (a class may have, in part)."""
    tree = parsed(excerpt)
    left_out = {node.name for node in tree.body if isinstance(node, ast.ClassDef)} if tree else set()
    left_out |= {name for name, node in functions(tree) if is_outline(node)} | {"..."}
    there = fingerprints(merged)
    if missing := [name for mark, name in fingerprints(excerpt).items() if mark not in there and name not in left_out]:
        raise EditFailed(f"{' and '.join(missing)} has no one place in {path}: give the whole file, or use blocks")


def _without_its_path(text: str) -> str:
    """An excerpt without the comment in its first line that says where it belongs."""
    first, _, rest = text.partition("\n")
    return rest if first.startswith("#") and WORD.search(first[:LONGEST]) else text


def _marked(text: str, old: str) -> str:
    """The text with `...` in the place of every comment that stands for code; at no indentation, where only that
    keeps it from being read."""
    lines, found = lines_of(text), [at for at, _ in elisions(text, old)]
    dots = {at: INDENT.match(lines[at - 1])[0] + "..." for at in found}  # type: ignore[index]
    versions = [
        [dots.get(at, line) for at, line in enumerate(lines, 1)],
        [line for at, line in enumerate(lines, 1) if at not in dots],
    ]
    texts = [complete("\n".join(_dedented(each))) for each in versions]
    return next(filter(is_python, texts), text)


def _dedented(lines: list[str]) -> list[str]:
    size = len(margin(lines))
    return [line[size:] if line.strip() else line for line in lines]
