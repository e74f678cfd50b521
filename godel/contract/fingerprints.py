"""What a Python source consists of, as hashes: so that what an ancestor gave up is known when it comes back.

Layout, comments and docstrings don't count. The same file inside and outside: the standard library only.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

Parse = Callable[[str], ast.Module]
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
HEAD = 60
"""Characters of a statement that stand for it, where it has no name."""


def quiet_parse(text: str) -> ast.Module:
    """The syntax tree, without the parser's warnings. Not for use from several threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def fingerprints(text: str, parse: Parse = quiet_parse) -> dict[str, str]:
    """Hash to qualified name (or head) of every top-level statement, and of every method after its
    class; {} for text that does not parse. A host with threads gives its own `parse`."""
    return dict(_found(text, parse))


def deleted(
    ancestors: Sequence[Mapping[str, str]], now: Mapping[str, str], parse: Parse = quiet_parse
) -> frozenset[str]:
    """The fingerprints that the Python files (path to text) of some ancestor had and `now` has not."""
    had = {text for files in ancestors for path, text in files.items() if path.endswith(".py")}
    has = {text for path, text in now.items() if path.endswith(".py")}
    return _hashes(had, parse) - _hashes(has, parse)


def _hashes(texts: set[str], parse: Parse) -> frozenset[str]:
    return frozenset(mark for text in texts for mark, _ in _found(text, parse))


@lru_cache(maxsize=128)
def _found(text: str, parse: Parse) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((shape(node), name) for node, name in _statements(undocumented(parse(text))))
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return ()


def _statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in tree.body:
        yield node, _name(node)
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((method, f"{node.name}.{method.name}") for method in methods)


def _name(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return ast.unparse(target)[:HEAD]
    return ast.unparse(node).partition("\n")[0][:HEAD]


def undocumented(tree: ast.Module) -> ast.Module:
    """`tree` itself, after its docstrings were taken out."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return tree


def shape(node: ast.AST) -> str:
    """A hash of what is there, whatever its layout: every node with its fields, in order. It takes any tree,
    however deep and with whatever constants, where ast.dump gives up."""
    digest = hashlib.sha256()
    left: list[Any] = [node]
    while left:
        match left.pop():
            case ast.AST() as each:
                fields = [getattr(each, name, None) for name in each._fields]
                digest.update(f"{type(each).__name__} {len(fields)}\n".encode())
                left += reversed(fields)
            case list() as each:
                digest.update(f"list {len(each)}\n".encode())
                left += reversed(each)
            case constant:
                digest.update(_written(constant))
    return digest.hexdigest()


def _written(constant: Any) -> bytes:
    # Python refuses to write long integers in decimals.
    text = hex(constant) if type(constant) is int else repr(constant)
    return f"{type(constant).__name__} {text}\n".encode("utf-8", "surrogatepass")
