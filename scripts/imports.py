"""What the source imports: every import of every file, those in functions too."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
LINKED = ("sandbox", "lineage", "tasks", "scaffolds")
"""Folders beside `godel/` that are imported as if they were in it."""


class Import(NamedTuple):
    file: str
    line: int
    name: str
    typing_only: bool

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def known_to_git(*folders: str) -> list[str]:
    """Every file that is or could be committed, by its real path: links to folders are not followed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(filter(None, listed.split("\0")))


def files() -> list[str]:
    return [path for path in known_to_git("godel", *LINKED) if path.endswith(".py") and (ROOT / path).is_file()]


def module_of(file: str) -> str:
    dotted = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return dotted if dotted.split(".")[0] == "godel" else f"godel.{dotted}"


@lru_cache
def modules() -> frozenset[str]:
    return frozenset(module_of(file) for file in files())


def imports_of(file: str) -> Iterator[Import]:
    tree = ast.parse((ROOT / file).read_text(), file)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__":
            for name in names_in(node, file):
                yield Import(file, node.lineno, name, id(node) in guarded)


def names_in(node: ast.Import | ast.ImportFrom, file: str) -> set[str]:
    """Absolute names; `from a import b` means module a.b where there is one, else a."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    base = node.module or ""
    if node.level:
        package = module_of(file).split(".") + (["__init__"] if file.endswith("__init__.py") else [])
        base = ".".join(filter(None, [*package[: -node.level], base]))
    both = {f"{base}.{alias.name}" for alias in node.names}
    return {name if name in modules() else base for name in both}


@lru_cache
def imports() -> tuple[Import, ...]:
    """All imports but those of the standard library and of a program's own files beside it."""
    all_imports = (one for file in files() for one in imports_of(file))
    return tuple(one for one in all_imports if one.top not in sys.stdlib_module_names and not beside(one))


def beside(one: Import) -> bool:
    """Scaffolds and task folders are programs: their files import one another, by plain name or relatively."""
    if not fnmatch(one.file, "scaffolds/*") and not fnmatch(one.file, "tasks/*/*"):
        return False
    plain = (ROOT / one.file).with_name(f"{one.top}.py").is_file()
    return plain or one.name.startswith(f"{module_of(one.file).rpartition('.')[0]}.")
