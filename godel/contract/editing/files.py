"""Which file a text of a reply is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from godel.contract import Program

from .applied import Edited, applied
from .errors import EditFailed
from .fences import Fence, label
from .paths import existing, mentioned, resolved
from .source import in_strings, is_python, lines_of

LONGER = "put a longer fence around the whole file, as ````"
DEFINED = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*(?::[^=]+)?=(?!=)")
METHOD = re.compile(r"[ \t]*(?:async\s+)?def\s+(\w+)")
CODE = {"", "py", "py3", "python", "python3", "pycon", "ipython", "code"}


class Sought(NamedTuple):
    """A program, and the only file of it that may change, or None."""

    program: Program
    path: str | None

    @property
    def modules(self) -> dict[str, str]:
        """The Python files that may change."""
        files = self.program.files.items()
        return {path: text for path, text in files if self.path in (None, path) and is_module(path)}


def whole_file(program: Program, text: str, path: str | None = None) -> Edited:
    """The program in which a file, by default its entry, reads `text`. Raises EditFailed."""
    return applied(program, {program.entry if path is None else existing(program, path): text})


def is_module(path: str) -> bool:
    return path.endswith(".py")


def file_of(fence: Fence, sought: Sought, fences: Sequence[Fence]) -> str:
    """The file that a fence is for, or "": the one that it is labelled with, or the only one that it can be. `fences`:
    all of the reply. Raises EditFailed if it is for a file that may not change, or for several."""
    target = _labelled(fence, sought) or _only_text(sought.path, fences) or _by_content(fence, sought)
    if target and not is_module(target) and fence.holds_another():
        raise EditFailed(f"the fence around {target} holds another one: {LONGER}")
    return target


def _labelled(fence: Fence, sought: Sought) -> str:
    """The file that a fence says it is: in its info, above it, or in its first line."""
    first = fence.text.partition("\n")[0]
    inside = first.startswith("#") and mentioned(label(first) or _words(first), sought.program.files)
    named = fence.path or (inside if inside else "")
    if not named:
        return ""
    return allowed(existing(sought.program, named), sought.path)


def _words(comment: str) -> str:
    """A comment that begins with a path, as far as that."""
    return comment.lstrip("# ").partition("(")[0] if len(comment) < 80 else ""


def allowed(path: str, only: str | None) -> str:
    """`path`, if it may change. Raises EditFailed."""
    if only is not None and path != only:
        raise EditFailed(f"only {only} may be changed, not {path}")
    return path


def _only_text(path: str | None, fences: Sequence[Fence]) -> str:
    """`path`, if it is no Python and the reply has one text, which can only be that."""
    if path is None or is_module(path) or any(fence.path == path for fence in fences):
        return ""
    if len(fences) > 1:
        raise EditFailed(f"{len(fences)} fences, of which any may be {path}: name it in the line before its fence")
    return path


def _by_content(fence: Fence, sought: Sought) -> str:
    """The Python file with which a text shares most definitions, or else the one that the sentence above speaks of;
    "" if it is like none."""
    best = _most_alike(defined(fence.text), sought.modules, defined)
    best = best or _most_alike(methods(fence.text), sought.modules, methods)
    spoken = mentioned(fence.above, sought.program.files) if fence.above.rstrip(" *_").endswith(":") else ""
    if spoken and (spoken in best or not best) and (sought.path in (None, spoken)):
        return spoken if _can_be(fence, spoken) else ""
    if len(best) > 1:
        raise EditFailed(f"the text may be {' or '.join(best)}: name the file in the line before the fence")
    return best[0] if best else ""


def _most_alike(names: set[str], files: Mapping[str, str], names_of: Callable[[str], set[str]]) -> list[str]:
    shared = {path: len(names & names_of(text)) for path, text in files.items()}
    return [path for path, number in shared.items() if number and number == max(shared.values())]


def _can_be(fence: Fence, path: str) -> bool:
    return not is_module(path) or (fence.info.lower() in CODE and is_python(fence.text))


def defined(text: str) -> set[str]:
    """The names that a text defines at its top level, whether or not it parses."""
    return {match[1] or match[2] for line in _code(text) if (match := DEFINED.match(line))}


def methods(text: str) -> set[str]:
    """The names of all functions that a text defines, those in classes too."""
    return {match[1] for line in _code(text) if (match := METHOD.match(line))}


def _code(text: str) -> Iterator[str]:
    lines = lines_of(text)
    return (line for line, quoted in zip(lines, in_strings(lines), strict=True) if not quoted)


def is_quoted(text: str, files: Iterable[str]) -> bool:
    """Whether some file has these lines, one below the other, whatever their indentation."""
    quote = _stripped(text)
    return any(_stands(quote, _stripped(each)) for each in files)


def begins_alike(text: str, files: Iterable[str]) -> bool:
    """Whether a text begins as some file does: then it may be the whole of it, with less at its end."""
    return _stripped(text)[:1] in [_stripped(each)[:1] for each in files]


def _stripped(text: str) -> list[str]:
    return [line.strip() for line in lines_of(text) if line.strip()]


def _stands(quote: Sequence[str], lines: Sequence[str]) -> bool:
    return any(lines[at : at + len(quote)] == quote for at in range(len(lines) - len(quote) + 1))


def labelled(fences: Iterable[Fence], files: Mapping[str, str]) -> dict[str, str]:
    """The texts of the Python files that are named in front of them."""
    found = {resolved(files, fence.path): fence.text for fence in fences if fence.path}
    return {path: text for path, text in found.items() if path and is_module(path)}
