"""Functions, methods and classes put in the place of those that a program has by these names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches

from godel.contract import Program

from .applied import Edited, applied
from .errors import EditFailed
from .parsing import Unreadable, parse_module, readable
from .paths import choose, existing
from .source import complete
from .tree import Definition, Module, addressed, called, definitions, names, put

ALIKE, SHOWN = 0.4, 12
"""How near a name must be to be proposed, by difflib's ratio; and how many names are, at most."""

METHODS = "a method is shown in its class, as in `class Walk:` with the one method"


def replace_function(program: Program, source: str, path: str | None = None, name: str | None = None) -> Edited:
    """Each `def` or `class` of `source` in the place of the one by its name, in the file that has it.
    A class shown with some methods only stands for those; or `name`, as in "Walk.step", tells
    where a single function belongs. What is new comes beside what is there. Raises EditFailed."""
    with readable("the source or the file"):
        path, text = _put(program, definitions(complete(source)), path, name)
    return applied(program, {path: text})


def _put(program: Program, nodes: Sequence[Definition], path: str | None, name: str | None) -> tuple[str, str]:
    """The file that the functions belong in, and its text with them."""
    nodes = called(name, nodes) if name else nodes
    modules = _modules(program, path)
    wanted = {each: addressed(module, nodes) for each, module in modules.items()}
    holders = [each for each, module in modules.items() if not set(wanted[each]).isdisjoint(names(module))]
    if not holders:
        raise _no_such_function([name] if name else next(iter(wanted.values()), []), modules)
    path = choose(program, holders, f"{' and '.join(wanted[holders[0]])} is defined")
    return path, put(modules[path], nodes)


def _modules(program: Program, path: str | None) -> dict[str, Module]:
    """The files that functions may be in: the named one, or all Python files that can be read."""
    if path is not None:
        return {path: parse_module(complete(program.files[existing(program, path)]), path)}
    python = {path: complete(text) for path, text in program.files.items() if path.endswith(".py")}
    return dict(_readable_ones(python))


def _readable_ones(files: Mapping[str, str]) -> Iterator[tuple[str, Module]]:
    for path, text in files.items():
        with suppress(Unreadable):
            yield path, parse_module(text, path)


def _no_such_function(wanted: Sequence[str], modules: Mapping[str, Module]) -> EditFailed:
    known = {name: f"{name} ({path})" for path, module in modules.items() for name in names(module)}
    near = dict.fromkeys(like for name in wanted for like in _nearest(name, list(known)))
    told = [known[name] for name in near or known][:SHOWN]
    what = "the nearest are" if near else "there are"
    return EditFailed(
        f"no {' and no '.join(wanted) or 'method'} to replace: {what} {', '.join(told) or 'none at all'}; {METHODS}"
    )


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    """Those that are alike, and first the methods of that name."""
    methods = [each for each in known if each.rpartition(".")[2] == name.rpartition(".")[2]]
    return [*methods, *get_close_matches(name, known, cutoff=ALIKE)]
