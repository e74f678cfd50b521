"""Whole files: read from a reply's fences, or from a reply that is nothing but code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from godel.contract import Program

from .applied import Edited, applied, existing
from .errors import EditFailed
from .fences import Fence, fences, label
from .source import complete, in_strings, lines_of, syntax_error

EXPECTED = (
    "reply with SEARCH/REPLACE blocks (<<<<<<< SEARCH, the lines to replace, =======, the new lines, >>>>>>> REPLACE; "
    "each mark in a line of its own), or with the whole new text of a file between two lines of ```"
)
DEFINED = re.compile(r"(?:(?:async\s+)?def|class)\s+(\w+)|(\w+)\s*(?::[^=]+)?=(?!=)")


def whole_file(program: Program, text: str, path: str | None = None) -> Edited:
    """The program in which a file, by default its entry, reads `text`. Raises EditFailed."""
    return applied(program, {program.entry if path is None else path: text})


def files_in(reply: str, program: Program, path: str | None = None) -> dict[str, str]:
    """The files (path to text) that a reply shows whole. Of several texts for one file it is the last
    that defines something which the file defines now. With `path`, no other may be shown.
    Raises EditFailed if there is none."""
    shown = _shown(reply)
    _refuse_cut_off(shown[-1])
    known = {each: defined(text) for each, text in program.files.items() if path in (None, each)}
    found: dict[str, str] = {}
    fitting = set()
    for fence in shown:
        target = _label(fence, program, path) or _by_content(fence.text, known)
        fits = bool(target) and not defined(fence.text).isdisjoint(known[target])
        if target and (fits or target not in fitting):
            found[target] = fence.text
            fitting |= {target} if fits else set()
    if not found:
        raise EditFailed(f"no text in the reply defines anything that {path or 'a file'} defines now: {EXPECTED}")
    return found


def defined(text: str) -> set[str]:
    """The names that a text defines at its top level, whether or not it parses."""
    lines = lines_of(text)
    code = (line for line, quoted in zip(lines, in_strings(lines), strict=True) if not quoted)
    return {found[1] or found[2] for line in code if (found := DEFINED.match(line))}


def _shown(reply: str) -> list[Fence]:
    """The fences of a reply; or all of it as one, if it is code as it is."""
    problem = syntax_error(reply)
    shown = fences(reply) if problem else [Fence(complete(reply), "", 0, 0)]
    if not shown:
        raise EditFailed(f"no code found: {EXPECTED}. As a whole the reply is not Python: {problem}")
    return shown


def _refuse_cut_off(last: Fence) -> None:
    if not last.closed and (problem := syntax_error(last.text)):
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
