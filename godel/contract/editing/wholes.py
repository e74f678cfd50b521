"""Whether a text of a Python file is the whole of it: then nothing is missing that was there and is used."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .errors import EditFailed
from .outlines import functions, is_outline
from .source import complete, is_python, parsed
from .uses import called_methods, roots, uses, wanted


def is_whole(files: Mapping[str, str], path: str, text: str, siblings: Mapping[str, str]) -> bool:
    """Whether nothing is missing that the text itself reads, that the other files take from it, or that is called
    from outside. `siblings` are texts of other files that come with it."""
    if _is_bare(text) and not _is_bare(complete(files[path])):
        return False
    after = {**files, **_whole_ones(files, siblings), path: text}
    return not _missing(files[path], after, path) and roots(files, path) <= uses(text).bound


def _is_bare(text: str) -> bool:
    """Whether a text is functions, classes and constants alone, without a docstring or an import above them."""
    tree = parsed(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    return tree is not None and all(isinstance(node, kinds) for node in tree.body)


def refuse_part(files: Mapping[str, str], path: str, text: str) -> None:
    """Raises EditFailed for a text of a Python file that is said to be the whole of it, and is not. What is called
    from outside may have another name in it: that is for others to judge."""
    old = complete(files[path])
    if not is_python(text) or not is_python(old):
        return
    missing = _missing(old, {**files, path: text}, path)
    if len(uses(text).defined) < len(uses(old).defined):
        missing |= roots(files, path) - uses(text).bound
    if missing:
        gone = ", ".join(sorted(missing))
        raise EditFailed(f"that is not the whole text of {path}: {gone} would be gone, and is still used")


def _missing(old: str, after: Mapping[str, str], path: str) -> set[str]:
    """What a file had that is still used, and that it has no more in `after`; functions that are only outlined, too."""
    had, has = uses(complete(old)), uses(after[path])
    needed = (has.unbound | wanted(after, path)) & (had.bound - has.bound)
    methods = {f"{holder}.{name}" for holder, name in called_methods(after, path, old)}
    written = {name for name, node in functions(parsed(old)) if not is_outline(node)}
    outlined = {name for name, node in functions(parsed(after[path])) if is_outline(node)}
    return {*needed, *methods, *(written & outlined)}


def _whole_ones(files: Mapping[str, str], siblings: Mapping[str, str]) -> dict[str, str]:
    """Those of the other files' texts that are whole by themselves."""
    found = {}
    for path, text in siblings.items():
        old, new = uses(complete(files[path])), uses(text)
        if is_python(text) and (new.unbound | roots(files, path)).isdisjoint(old.bound - new.bound):
            found[path] = text
    return found
