"""`task.toml`, typed. An unknown key, a missing one or a wrong value names file and key."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from . import TaskError
from .ranges import TIB_IN_MIB, WEEK_S, finite, number, shown, whole
from .tables import read_table

Number = bool | int | float | str
Seconds = Annotated[float, number(0.01, WEEK_S)]
Mebibytes = Annotated[int, whole(1, TIB_IN_MIB)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Limits(Table):
    """What one candidate may use: CPU and wall-clock seconds, mebibytes."""

    cpu_s: Seconds
    wall_s: Seconds
    memory_mib: Mebibytes


class Overrides(Table):
    """Limits that one preset changes."""

    cpu_s: Seconds | None = None
    wall_s: Seconds | None = None
    memory_mib: Mebibytes | None = None


class Preset(BaseModel):
    """One size of a task. Every key but `gpu` and `limits` is a number handed to the judge."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    __pydantic_extra__: dict[str, Number]
    gpu: bool = False
    limits: Overrides = Overrides()

    @model_validator(mode="after")
    def _finite(self) -> Preset:
        for name, value in self.numbers.items():
            if not finite(value):
                raise ValueError(
                    f"{name}: expected a number that is finite and, if whole, has at most 15 digits; "
                    f"given: {shown(value)}"
                )
        return self

    @property
    def numbers(self) -> dict[str, Number]:
        return dict(self.__pydantic_extra__)


class Reference(Table):
    """Where the reference program comes from, and its value where that is published."""

    source: str
    value: Annotated[float, number(-1e300, 1e300)] | None = None


class Manifest(Table):
    title: str
    summary: str
    direction: Literal["max", "min"]
    scale: Literal["linear", "log"] = "linear"
    stage: Annotated[int, whole(0, 1)] = 0
    """0: cheap, scored first; 1: costly."""
    judged_by: Literal["running", "reading"] = "running"
    """What the judge goes by: what the program does, in a sandbox of its own, or its text, of which nothing is run."""
    landscapes: bool = False
    """Whether its judge uses `godel.tasks.landscapes`, which goes to judges and to no other guest."""
    reserved: bool = False
    """Kept for transfer: scaffolds may be measured on it, and no run may search on it."""
    preload: list[str] = []
    """Modules that the candidate's zygote imports before it forks."""
    default_preset: str
    limits: Limits | None = None
    """Of a program that is run."""
    presets: dict[str, Preset]
    reference: Reference
    published: dict[str, str] = {}

    @model_validator(mode="after")
    def _default_exists(self) -> Manifest:
        if self.default_preset not in self.presets:
            raise ValueError(f"default_preset: {self.default_preset!r} is none of {', '.join(self.presets)}")
        return self

    @model_validator(mode="after")
    def _limits_if_run(self) -> Manifest:
        runs = self.judged_by == "running"
        if runs and self.limits is None:
            raise ValueError("limits: Field required")
        if not runs and (self.limits or self.preload or any(each.gpu for each in self.presets.values())):
            raise ValueError("judged_by: a program that is read has no limits, preload or gpu: nothing of it runs")
        return self

    def limits_of(self, preset: str) -> Limits | None:
        """None where nothing is run."""
        return self.limits and self.limits.model_copy(update=self.presets[preset].limits.model_dump(exclude_none=True))


def read(path: Path) -> Manifest:
    """Raises TaskError with file and key."""
    try:
        return Manifest.model_validate(read_table(path))
    except ValidationError as error:
        raise TaskError(f"{path}: {'; '.join(map(explain, error.errors()))}") from None
    except (OSError, ValueError) as error:
        raise TaskError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def explain(error: Any) -> str:
    """One pydantic error as "key: what is wrong"."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        problem = error["msg"].removeprefix("Value error, ")
        given = "" if error["type"] == "missing" or "; given: " in problem else f"; given: {shown(error['input'])}"
        return f"{key}: {problem}{given}" if key else problem
    tables = (Manifest, Limits, Reference)
    known = {name for table in tables for name in table.model_fields}
    near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
    return f"{key}: unknown key" + (f" (nearest: {near[0]})" if near else "")
