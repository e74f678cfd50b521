"""Whether a text of a Python file is the whole of it, and what becomes of one that is not."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Mapping
from typing import NamedTuple

from godel.contract.fingerprints import fingerprints

from .elisions import elisions, gaps
from .errors import EditFailed
from .matching import margin
from .merging import merge
from .outlines import functions, is_outline
from .paths import LONGEST, WORD
from .source import complete, is_python, lines_of, parsed
from .uses import called_methods, roots, uses, wanted

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
    if marked == text and (not is_python(text) or not is_python(old) or _is_whole(files, path, text, siblings)):
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


def _is_whole(files: Mapping[str, str], path: str, text: str, siblings: Mapping[str, str]) -> bool:
    """Whether nothing is missing that was there: what the text itself reads, what the other files take from it, and
    what is called from outside."""
    old, new = uses(complete(files[path])), uses(text)
    after = {**files, **_whole_ones(files, siblings), path: text}
    needed = new.unbound | wanted(after, path) | roots(files, path)
    if called_methods(after, path, files[path]) or _outlined(files[path], text):
        return False
    return needed.isdisjoint(old.bound - new.bound)


def _outlined(old: str, text: str) -> bool:
    """Whether a function is only outlined that was written out before."""
    written = {name for name, node in functions(parsed(old)) if not is_outline(node)}
    return any(name in written and is_outline(node) for name, node in functions(parsed(text)))


def _whole_ones(files: Mapping[str, str], siblings: Mapping[str, str]) -> dict[str, str]:
    """Those of the other files' texts that are whole by themselves."""
    found = {}
    for path, text in siblings.items():
        old, new = uses(complete(files[path])), uses(text)
        if is_python(text) and (new.unbound | roots(files, path)).isdisjoint(old.bound - new.bound):
            found[path] = text
    return found


def whole_text(files: Mapping[str, str], path: str, text: str) -> str:
    """A text that is not Python, if it has no gap and all of its settings that the program reads. Raises EditFailed."""
    gap = next(gaps(text, files[path]), None)
    if gap:
        raise EditFailed(f"{path} is shown with a gap (line {gap[0]}: {gap[1]}): give it whole, or edit it by a block")
    if missing := sorted(key for key in keys(path, files[path]) - keys(path, text) if _is_read(files, key)):
        raise EditFailed(f"{path} would lose {' and '.join(missing)}, which the program reads: give all of it")
    return text


def keys(path: str, text: str) -> set[str]:
    """The names of the settings at the top of a TOML or JSON text; none of a text that can't be read."""
    try:
        data = tomllib.loads(text) if path.endswith(".toml") else json.loads(text) if path.endswith(".json") else {}
    except (ValueError, RecursionError):
        return set()
    return set(data) if isinstance(data, dict) else set()


def _is_read(files: Mapping[str, str], key: str) -> bool:
    return any(re.search(rf"[\"'.]{re.escape(key)}\b", text) for path, text in files.items() if path.endswith(".py"))
