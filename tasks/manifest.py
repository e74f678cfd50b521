"""`task.toml`, typed. An unknown key, a missing one or a wrong value names file and key."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from . import TaskError

Number = bool | int | float | str


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Limits(Table):
    """What one candidate may use: CPU and wall-clock seconds, mebibytes."""

    cpu_s: float = Field(gt=0)
    wall_s: float = Field(gt=0)
    memory_mib: int = Field(gt=0)


class Overrides(Table):
    """Limits that one preset changes."""

    cpu_s: float | None = Field(default=None, gt=0)
    wall_s: float | None = Field(default=None, gt=0)
    memory_mib: int | None = Field(default=None, gt=0)


class Preset(BaseModel):
    """One size of a task. Every key but `gpu` and `limits` is a number handed to the judge."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    __pydantic_extra__: dict[str, Number]
    gpu: bool = False
    limits: Overrides = Overrides()

    @property
    def numbers(self) -> dict[str, Number]:
        return dict(self.__pydantic_extra__)


class Reference(Table):
    """Where the reference program comes from, and its value where that is published."""

    source: str
    value: float | None = None


class Manifest(Table):
    title: str
    summary: str
    direction: Literal["max", "min"]
    scale: Literal["linear", "log"] = "linear"
    stage: int = Field(default=0, ge=0, le=1)
    """0: cheap, scored first; 1: costly."""
    preload: list[str] = []
    """Modules that the candidate's zygote imports before it forks."""
    default_preset: str
    limits: Limits
    presets: dict[str, Preset]
    reference: Reference
    published: dict[str, str] = {}

    @model_validator(mode="after")
    def _default_exists(self) -> Manifest:
        if self.default_preset not in self.presets:
            raise ValueError(f"default_preset: {self.default_preset!r} is none of {', '.join(self.presets)}")
        return self

    def limits_of(self, preset: str) -> Limits:
        return self.limits.model_copy(update=self.presets[preset].limits.model_dump(exclude_none=True))


def read(path: Path) -> Manifest:
    """Raises TaskError with file and key."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as error:
        raise TaskError(f"{path}: {'; '.join(map(explain, error.errors()))}") from None
    except (OSError, ValueError) as error:
        raise TaskError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def explain(error: Any) -> str:
    """One pydantic error as "key: what is wrong"."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        return f"{key}: {error['msg']}" if key else error["msg"].removeprefix("Value error, ")
    tables = (Manifest, Limits, Reference)
    known = {name for table in tables for name in table.model_fields}
    near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
    return f"{key}: unknown key" + (f" (nearest: {near[0]})" if near else "")
