"""Seed scaffolds: read from their folder as data, never imported by the host."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Annotated

from godel.contract import PARAMETERS, Program, parameters
from godel.contract.syntax import parse, unreadable
from godel.tasks.ranges import whole
from godel.tasks.tables import read_table

from .config import Section, Text, Texts, checked
from .entry_points import folders
from .errors import ScaffoldError, UnknownName
from .filenames import refused
from .filetexts import refused_text

FOLDER = Path(__file__).parent / "scaffolds"
MANIFEST = "scaffold.toml"
SCRIPT = "script.toml"
"""Beside a scaffold: what the stand-in for a language model answers to it. No part of its program."""


class Typical(Section, strict=True):
    """What one improve of a task asks of a model at the default budgets, as it was measured."""

    calls: Annotated[int, whole(0, 1_000_000)]
    prompt_tokens: Annotated[int, whole(0, 1_000_000_000)]
    reply_tokens: Annotated[int, whole(0, 1_000_000_000)]
    """Of all calls together, without what a model thinks."""


class Manifest(Section, strict=True):
    """`scaffold.toml`. Paths are below the scaffold's folder; `editable` may list any text file (prompts, TOML)."""

    name: Text
    summary: str = ""
    entry: Text = "main.py"
    editable: Texts
    needs_model: bool = False
    self_calls: Annotated[int, whole(0, 1000)] = 0
    """Meta-utility calls that it wants while it edits itself, where a run does not say how many: each costs an improve
    of every cheap task."""
    typical: Typical | None = None
    source: str = ""


@dataclass(frozen=True)
class Scaffold:
    """A seed: its program and what its manifest says of it."""

    name: str
    summary: str
    program: Program
    editable: tuple[str, ...]
    needs_model: bool
    source: str
    self_calls: int = 0
    typical: Typical | None = None


def names() -> list[str]:
    return sorted(folder.parent.name for folder in FOLDER.glob("*/scaffold.toml"))


def folder_of(name_or_path: str) -> Path:
    """Where a scaffold lies, or would lie: a name comes before a path."""
    if name_or_path in names():
        return FOLDER / name_or_path
    return from_packages().get(name_or_path, Path(name_or_path))


def from_packages() -> dict[str, Path]:
    """The folders of the scaffolds that installed packages bring, by name. Raises ScaffoldError."""
    try:
        return folders("godel.scaffolds")
    except ValueError as error:
        raise ScaffoldError(f"a scaffold of an installed package: {error}") from None


def exists(name_or_path: str) -> bool:
    return (folder_of(name_or_path) / MANIFEST).is_file()


def load(name_or_path: str) -> Scaffold:
    """Raises UnknownName, ConfigError (a value in its manifest) or ScaffoldError (a file of it)."""
    folder = folder_of(name_or_path)
    if not folder.is_dir():
        raise UnknownName("scaffold", name_or_path, [*names(), *from_packages()])
    manifest = _manifest(folder / MANIFEST)
    if not manifest.entry.endswith(".py"):
        raise ScaffoldError(f"{folder}/scaffold.toml: entry: {manifest.entry!r}; expected a Python file, as in main.py")
    files = {path: _text(folder, path) for path in dict.fromkeys([manifest.entry, *manifest.editable])}
    if problem := next(filter(None, map(refused, files)), ""):
        raise ScaffoldError(f"{folder}/{MANIFEST}: {problem}")
    if problem := next(filter(None, starmap(refused_text, files.items())), ""):
        raise ScaffoldError(f"{folder}: {problem}")
    program = Program(files, manifest.entry)
    check_contract(program, str(folder))
    return Scaffold(
        manifest.name,
        manifest.summary,
        program,
        tuple(manifest.editable),
        manifest.needs_model,
        manifest.source,
        manifest.self_calls,
        manifest.typical,
    )


def check_contract(program: Program, origin: str) -> None:
    """Raises ScaffoldError unless every file parses and the entry offers `improve`."""
    for path, text in program.files.items():
        if (path.endswith(".py") or path == program.entry) and (problem := unreadable(text)):
            raise ScaffoldError(f"{origin}/{path}: {problem}")
    if problem := contract_error(program):
        raise ScaffoldError(f"{origin}/{program.entry}: {problem}")


def contract_error(program: Program) -> str:
    """What the entry file lacks of `improve(program, utility, model, rng)`, or ""."""
    if problem := unreadable(program.files[program.entry]):
        return problem
    given = parameters(program, parse)
    if given is None:
        return f"no function 'improve({', '.join(PARAMETERS)})'"
    return "" if given == PARAMETERS else f"improve takes ({', '.join(given)}), expected ({', '.join(PARAMETERS)})"


def _manifest(path: Path) -> Manifest:
    try:
        data = read_table(path)
    except FileNotFoundError:
        raise ScaffoldError(f"{path}: not there; a scaffold's folder needs a manifest") from None
    except (OSError, ValueError) as error:
        raise ScaffoldError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return checked(Manifest, data, str(path))


def _text(folder: Path, path: str) -> str:
    """A file of the scaffold, which must lie in its folder (links do not lead out)."""
    try:
        full = (folder / path).resolve()
        if not full.is_relative_to(folder.resolve()):
            raise ScaffoldError(f"{folder}/scaffold.toml: '{path}' lies outside the scaffold's folder")
        if full.exists() and not full.is_file():
            raise ScaffoldError(f"{folder}/{path}: expected a file")
        return full.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ScaffoldError(f"{folder}/{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ScaffoldError(f"{folder}/{path}: not UTF-8 text ({error.reason})") from None
    except (ValueError, RuntimeError) as error:  # a NUL in its name, links in a circle
        raise ScaffoldError(f"{folder}/scaffold.toml: {path!r} can't be a file: {error}") from None
