"""A laboratory for recursive self-improvement that can be trusted.

import godel

with godel.launch("runs/1", tasks=["maxcut"], generations=40) as run:
    print(run.best, run.utility("best"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .front import Asked, Extent, RunRecord, Watch, experiment, imp, launch, open_run, replay, report, resume, rule

__version__ = "0.1.0"
__all__ = [
    "Asked",
    "Extent",
    "RunRecord",
    "Watch",
    "experiment",
    "imp",
    "launch",
    "open_run",
    "replay",
    "report",
    "resume",
    "rule",
]


def __getattr__(name: str) -> Any:
    """When it is first asked for: a guest has this file and none of what it leads to, and `--help` is instant."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".front", __name__), name)
