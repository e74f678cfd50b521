"""Whole files: read from a reply's fences, or from a reply that is nothing but code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from godel.contract import Program

from .applied import Edited, applied, existing
from .errors import EditFailed
from .fences import Fence, fences, label
from .source import complete, in_strings, lines_of, syntax_error

EXPECTED = (
    "reply with SEARCH/REPLACE blocks (<<<<<<< SEARCH, the lines to replace, =======, the new lines, >>>>>>> REPLACE; "
    "each mark in a line of its own), or with the whole new text of a file between two lines of ```"
)
LONGER = "put a longer fence around the whole file, as ````"
DEFINED = re.compile(r"(?:(?:async\s+)?def|class)\s+(\w+)|(\w+)\s*(?::[^=]+)?=(?!=)")


def whole_file(program: Program, text: str, path: str | None = None) -> Edited:
    """The program in which a file, by default its entry, reads `text`. Raises EditFailed."""
    return applied(program, {program.entry if path is None else path: text})


def files_in(reply: str, program: Program, path: str | None = None) -> dict[str, str]:
    """The files (path to text) that a reply shows whole. Of several texts for one file it is the last
    that defines something which the file defines now. With `path`, no other may be shown. A file that is
    not Python has to be named, unless it is `path`. Raises EditFailed if there is none."""
    shown = _shown(reply, path)
    _refuse_cut_off(shown[-1], path)
    known = {each: defined(text) for each, text in program.files.items() if path in (None, each) and is_module(each)}
    texts: dict[str, str] = {}
    fitting = set()
    for fence, target in zip(shown, _targets(shown, program, path, known), strict=True):
        fits = not defined(fence.text).isdisjoint(known.get(target, ()))
        if target and (fits or target not in fitting):
            texts[target] = fence.text
            fitting |= {target} if fits else set()
    if not texts:
        raise EditFailed(f"no text in the reply defines anything that {path or 'a file'} defines now: {EXPECTED}")
    return texts


def _targets(
    shown: Sequence[Fence], program: Program, path: str | None, known: Mapping[str, set[str]]
) -> Iterator[str]:
    """The file that each fence is for, or ""."""
    above = ""
    for fence in shown:
        target = _label(fence, program, path) or _only_text(shown, path) or _by_content(fence.text, known)
        if target and not is_module(target) and fence.holds_another():
            raise EditFailed(f"the fence around {target} holds another one: {LONGER}")
        if above and not target:
            raise EditFailed(f"the fence in line {fence.start + 1} names no file. If it is a part of {above}: {LONGER}")
        above = "" if is_module(target) else target
        yield target


def _only_text(shown: Sequence[Fence], path: str | None) -> str:
    """`path`, if it is no Python and the reply has one fence, which can only be that."""
    if path is None or is_module(path) or any(fence.path == path for fence in shown):
        return ""
    if len(shown) > 1:
        raise EditFailed(f"{len(shown)} fences, of which any may be {path}: name it in the line before its fence")
    return path


def is_module(path: str) -> bool:
    return path.endswith(".py")


def defined(text: str) -> set[str]:
    """The names that a text defines at its top level, whether or not it parses."""
    lines = lines_of(text)
    code = (line for line, quoted in zip(lines, in_strings(lines), strict=True) if not quoted)
    return {match[1] or match[2] for line in code if (match := DEFINED.match(line))}


def _shown(reply: str, path: str | None) -> list[Fence]:
    """The fences of a reply; or all of it as one, if it is code as it is."""
    if path is not None and not is_module(path):
        if shown := fences(reply, python=False):
            return shown
        raise EditFailed(f"no text found: {EXPECTED}")
    problem = syntax_error(reply)
    shown = fences(reply) if problem else [Fence(complete(reply), "", 0, 0)]
    if not shown:
        raise EditFailed(f"no code found: {EXPECTED}. As a whole the reply is not Python: {problem}")
    return shown


def _refuse_cut_off(last: Fence, path: str | None) -> None:
    """Half a module does not parse; of another text nobody can tell that it is only half."""
    if last.closed:
        return
    problem = syntax_error(last.text) if is_module(last.path or path or ".py") else "and the rest of it is missing"
    if problem:
        raise EditFailed(f"the reply is cut off: the fence in its line {last.start + 1} is never closed; {problem}")


def _label(fence: Fence, program: Program, path: str | None) -> str:
    """The file that a fence says it is, above it or in its first line, or ""."""
    inside = label(fence.text.partition("\n")[0]) if fence.text.startswith("#") else ""
    named = fence.path or (inside if inside in program.files else "")
    if named and path is not None and named != path:
        raise EditFailed(f"only {path} may be changed, not {named}")
    return existing(program, named) if named else ""


def _by_content(text: str, known: Mapping[str, set[str]]) -> str:
    """The file with which a text shares most definitions, or ""."""
    shared = {path: len(defined(text) & names) for path, names in known.items()}
    best = [path for path, number in shared.items() if number and number == max(shared.values())]
    if len(best) > 1:
        raise EditFailed(f"the text may be {' or '.join(best)}: name the file in the line before the fence")
    return best[0] if best else ""
