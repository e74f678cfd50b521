"""What a judge and the host say to each other. Both ends have these types.

The judge speaks first ("ready"), then both in turn:

    host   Load                                          judge  "loaded"
    host   Evaluate
           judge  Start | Call                           host   Started | an answer's line | Failed
           judge  Finding
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

READY, LOADED = "ready", "loaded"
JSON = dict[str, object]


@dataclass(frozen=True)
class Load:
    """The files of the judge of `task`, by path; `task` names task and version."""

    task: str
    files: Mapping[str, str]

    def to_json(self) -> JSON:
        return {"load": vars(self)}


@dataclass(frozen=True)
class Evaluate:
    """The instance to judge on, and whether the score is to be recorded."""

    task: str
    seed: int
    preset: Mapping[str, Any]
    recorded: bool

    def to_json(self) -> JSON:
        return {"evaluate": vars(self)}


def order_from_json(data: Mapping[str, Any]) -> Load | Evaluate:
    """What the host sends a judge that waits."""
    return Load(**data["load"]) if "load" in data else Evaluate(**data["evaluate"])


@dataclass(frozen=True)
class Start:
    """Start the program anew."""

    def to_json(self) -> JSON:
        return {"start": None}


@dataclass(frozen=True)
class Call:
    """Ask the program; started, if it does not run."""

    request: object

    def to_json(self) -> JSON:
        return {"call": self.request}


@dataclass(frozen=True)
class Finding:
    """What the judge found: a value in the task's unit, or None and why not."""

    value: float | None
    failure: str | None = None
    detail: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> JSON:
        return {"verdict": vars(self)}


def question_from_json(data: Mapping[str, Any]) -> Start | Call | Finding:
    """What a judge sends that evaluates. A task's judge is trusted with scores, not with our memory: what it
    sends was bounded when it was read."""
    if "verdict" in data:
        verdict = dict(data["verdict"])
        return Finding(**{**verdict, "flags": tuple(verdict["flags"])})
    return Call(data["call"]) if "call" in data else Start()


@dataclass(frozen=True)
class Started:
    """The program runs."""

    def to_json(self) -> JSON:
        return {"ok": True}


@dataclass(frozen=True)
class Failed:
    """The program ended; how, and its last words."""

    reason: str
    detail: str

    def to_json(self) -> JSON:
        return {"failed": vars(self)}


def answered(line: bytes) -> bytes:
    """The line for the program's answer, which stands in it as the program wrote it: its size is known."""
    return b'{"reply": %b}\n' % line
