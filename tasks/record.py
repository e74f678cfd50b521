"""A task as a run's file keeps it: all that a score depends on but the judging library."""

from __future__ import annotations

import json
from typing import Any

from godel.contract import Program

from . import Task

PROGRAMS = ("initial", "reference")


def to_bytes(task: Task) -> bytes:
    """Canonical: equal tasks give equal bytes."""
    data = vars(task) | {name: getattr(task, name).to_json() for name in PROGRAMS}
    data |= {name: dict(data[name]) for name in ("preset", "judge_files", "published")}
    return json.dumps(data, sort_keys=True).encode()


def from_bytes(data: bytes) -> Task:
    fields: dict[str, Any] = json.loads(data)
    fields |= {name: Program.from_json(fields[name]) for name in PROGRAMS}
    return Task(**fields | {"preload": tuple(fields["preload"])})
