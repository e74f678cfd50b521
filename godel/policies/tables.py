"""Every kind of policy that a run can choose."""

from __future__ import annotations

from typing import Any

from godel.gate import RUNGS
from godel.registry import Registry

from .acceptance import ACCEPTANCES
from .executors import EXECUTORS
from .mating import MATINGS
from .models import MODEL_CHOICES
from .pruning import PRUNINGS
from .selection import SELECTIONS


def tables() -> tuple[Registry[Any], ...]:
    return (SELECTIONS, ACCEPTANCES, PRUNINGS, MATINGS, MODEL_CHOICES, RUNGS, EXECUTORS)
