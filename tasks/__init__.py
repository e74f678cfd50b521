"""The tasks' front door: a folder becomes a `Task`, and a value becomes a score.

A task is a folder: `task.toml`, `description.md` (a scaffold reads it with the limits and sizes
below), `initial/main.py`, `reference/main.py`, `driver.py` (public, runs beside the candidate; not where
the judge reads the program) and `judge.py` (trusted, runs in the judge's sandbox; see `godel.tasks.judging`).
Loading one executes nothing of it.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from godel.contract import Program
from godel.entry_points import folders
from godel.tasks.judging import LANDSCAPES

HERE = Path(__file__).parent
FLOOR = -1.0
"""The least a score can be, and what a failure counts as."""

CEILING = 1e6
"""The greatest a score can be: a million times as far as the reference. Sums and squares of scores stay finite."""

SHARED = {"judging": HERE / "judging", "landscapes": HERE / "landscapes"}
"""What judges share; the first is in every guest."""

LEAST = 1e-9
"""On a logarithmic scale, values below this count as this."""


class TaskError(ValueError):
    """A task that can't be used, in one line: what was given, what was expected."""


@dataclass(frozen=True)
class Task:
    """One task at one preset. `version` is the SHA-256 of all that a score depends on. Where the judge reads the
    program nothing of it runs: its limits are 0, and there is no driver. A `reserved` task is kept for transfer."""

    name: str
    title: str
    description: str
    preset_name: str
    preset: Mapping[str, Any]
    initial: Program
    reference: Program
    driver: str
    judge_files: Mapping[str, str]
    preload: tuple[str, ...]
    gpu: bool
    stage: int
    judged_by: Literal["running", "reading"]
    reserved: bool
    cpu_s: float
    wall_s: float
    memory_bytes: int
    direction: Literal["max", "min"]
    scale: Literal["linear", "log"]
    reference_source: str
    published: Mapping[str, str]
    version: str

    @property
    def limits(self) -> dict[str, float]:
        """What one run of a program may use, by name; empty where none is run."""
        names = ("cpu_s", "wall_s", "memory_bytes") if self.judged_by == "running" else ()
        return {name: getattr(self, name) for name in names}

    @property
    def timed(self) -> bool:
        """Whether its budget is the wall clock, so that two runs of one program may differ."""
        return self.gpu

    def normalise(self, value: float | None, start: float, reference: float) -> float:
        """RE-Bench's rule (Wijk et al. 2024): 0 at the initial program's value, 1 at the
        reference's, on the same instance; logarithmic for times and losses. None (a failure)
        is FLOOR. Raises TaskError when the reference is no better than the start."""
        if (reference - start) * (1 if self.direction == "max" else -1) <= 0:
            raise TaskError(f"{self.name}: the reference ({reference:g}) is no better than the start ({start:g})")
        if value is None:
            return FLOOR
        value, start, reference = (self._scaled(number) for number in (value, start, reference))
        score = (value - start) / (reference - start)
        return max(FLOOR, min(score, CEILING)) if math.isfinite(score) else FLOOR

    def _scaled(self, value: float) -> float:
        return value if self.scale == "linear" else math.log(max(value, LEAST))


def names() -> list[str]:
    """The tasks that come with the laboratory."""
    return sorted(path.parent.name for path in HERE.glob("*/task.toml"))


def from_packages() -> dict[str, Path]:
    """The folders of the tasks that installed packages bring, by name. Raises TaskError."""
    try:
        return folders("godel.tasks")
    except ValueError as error:
        raise TaskError(f"a task of an installed package: {error}") from None


def load(name_or_path: str | Path, preset: str | None = None) -> Task:
    """A shipped task by name, or any task by its folder. Raises TaskError."""
    from .description import described
    from .manifest import read

    folder = find(str(name_or_path))
    keep_inside(folder)
    manifest = read(folder / "task.toml")
    chosen = preset or manifest.default_preset
    if chosen not in manifest.presets:
        raise TaskError(f"{folder.name} has no preset {chosen!r}; it has {', '.join(manifest.presets)}")
    numbers, limits = manifest.presets[chosen].numbers, manifest.limits_of(chosen)
    return Task(
        name=folder.resolve().name,
        title=manifest.title,
        description=described(text(folder / "description.md"), limits, chosen, numbers, manifest.preload),
        preset_name=chosen,
        preset=numbers,
        initial=program(folder / "initial"),
        reference=program(folder / "reference"),
        driver="" if limits is None else text(folder / "driver.py"),
        judge_files=sources(folder, "judge.py") | (judges_library() if manifest.landscapes else {}),
        preload=tuple(manifest.preload),
        gpu=manifest.presets[chosen].gpu,
        stage=manifest.stage,
        judged_by=manifest.judged_by,
        reserved=manifest.reserved,
        cpu_s=limits.cpu_s if limits else 0.0,
        wall_s=limits.wall_s if limits else 0.0,
        memory_bytes=limits.memory_mib << 20 if limits else 0,
        direction=manifest.direction,
        scale=manifest.scale,
        reference_source=manifest.reference.source,
        published=manifest.published,
        version=version(folder, chosen, numbers),
    )


def find(name: str) -> Path:
    """The folder of a task. Raises TaskError with the nearest names."""
    if name in names():
        return HERE / name
    if name in (others := from_packages()):
        return others[name]
    if (Path(name) / "task.toml").is_file():
        return Path(name)
    known = [*names(), *others]
    near = difflib.get_close_matches(name, known, 3, 0.5) or difflib.get_close_matches(name, known, 5, 0.0)
    raise TaskError(f"no task {name!r}, and no folder of that name with a task.toml; nearest: {', '.join(near)}")


def keep_inside(folder: Path) -> None:
    """All of a task may be read, hashed and recorded: raises TaskError for a link that leads out of its folder."""
    try:
        for path in folder.rglob("*"):
            if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
                raise TaskError(f"{path}: a link that leads out of the task's folder; put the file itself there")
    except (OSError, RuntimeError) as error:  # links in a circle
        raise TaskError(f"{folder}: {getattr(error, 'strerror', None) or error}") from None


def text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise TaskError(f"{path}: expected a file")
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TaskError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def sources(folder: Path, entry: str) -> dict[str, str]:
    """The Python files at a folder's top level, `entry` among them."""
    files = {path.name: text(path) for path in sorted(folder.glob("*.py"))}
    if entry not in files:
        raise TaskError(f"{folder / entry}: No such file")
    return files


def judges_library() -> dict[str, str]:
    """What judges of micro problems share, by the place that it is imported from. No other guest has it."""
    return {f"{LANDSCAPES}/{path.name}": text(path) for path in sorted((HERE / "landscapes").glob("*.py"))}


def program(folder: Path) -> Program:
    """All text files of a folder, at any depth: a program may have prompts or settings beside its modules."""
    paths = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    seen = [path for path in paths if not any(part.startswith((".", "__pycache__")) for part in path.parts)]
    files = {path.as_posix(): text(folder / path) for path in seen}
    if "main.py" not in files:
        raise TaskError(f"{folder / 'main.py'}: No such file")
    return Program(files, "main.py")


def version(folder: Path, preset: str, numbers: Mapping[str, Any]) -> str:
    """SHA-256 over the folder, the judging library and the preset."""
    what = json.dumps([preset, numbers], sort_keys=True)
    return _digest(what, {"task": folder, **SHARED})


def judging_version() -> str:
    """SHA-256 over what judges share."""
    return _digest("", SHARED)


def _digest(text: str, roots: Mapping[str, Path]) -> str:
    digest = hashlib.sha256(text.encode())
    for label, root in roots.items():
        for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            body = path.read_bytes()
            digest.update(f"\n{label}/{path.relative_to(root)} {len(body)}\n".encode() + body)
    return digest.hexdigest()
