"""Loads a program from memory: the bytes that were gated are the bytes that run.

A program's modules read its other files (prompts, TOML, …) by the standard library's own way to a package's data:

    text = pkgutil.get_data(__name__, "prompts/draft.md").decode()

The path is below the folder of the module that asks. No file system is involved, so `open` does not find them;
`__file__` is the module's path within the program.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import linecache
import posixpath
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, ModuleType

from .program import Program


class ProgramFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the files of one program: `a/b.py` is the module `a.b`."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._paths = {module_name(path): path for path in files if path.endswith(".py")}
        self._files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._paths and not any(p.startswith(name + ".") for p in self._paths):
            return None
        package = name not in self._paths or self._paths[name].endswith("__init__.py")
        spec = importlib.machinery.ModuleSpec(name, self, origin=self._paths.get(name), is_package=package)
        spec.has_location = name in self._paths
        return spec

    def get_source(self, name: str) -> str:
        return self._files[self._paths[name]] if name in self._paths else ""

    def get_code(self, name: str) -> CodeType:
        path = f"program/{self._paths.get(name, name)}"
        source = self.get_source(name)
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)
        return compile(source, path, "exec", dont_inherit=True)

    def get_data(self, path: str) -> bytes:
        """The file of the program at `path`, in UTF-8. Raises FileNotFoundError, with the files that there are."""
        name = posixpath.normpath(path)
        if name not in self._files:
            raise FileNotFoundError(f"the program has no file {path!r}: its files are {', '.join(self._files)}")
        return self._files[name].encode()

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def load(program: Program) -> ModuleType:
    """Import the program's entry file, ahead of anything else by that name."""
    sys.meta_path.insert(0, ProgramFinder(program.files))
    return importlib.import_module(module_name(program.entry))
