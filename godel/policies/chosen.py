"""The policies of one run, with their options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from godel.gate import Rung, ladder

from .acceptance import ACCEPTANCES, Acceptance
from .mating import MATINGS, Mating
from .models import MODEL_CHOICES, ModelChoice
from .pruning import PRUNINGS, Pruning, usual
from .selection import SELECTIONS, Selection

if TYPE_CHECKING:
    from godel.config import Run


@dataclass(frozen=True)
class Policies:
    selection: Selection
    acceptance: Acceptance
    pruning: Pruning
    mating: Mating
    models: ModelChoice
    ladder: Sequence[Rung]


def chosen(run: Run) -> Policies:
    """Raises UnknownName and ConfigError, as `Registry.make` does."""
    options = run.options
    return Policies(
        SELECTIONS.make(run.selection, options.selection),
        ACCEPTANCES.make(run.acceptance, options.acceptance),
        PRUNINGS.make(pruning_of(run), options.pruning),
        MATINGS.make(run.mate, options.mate),
        MODEL_CHOICES.make(run.model.choice, options.models),
        ladder(run.gate, options.gate),
    )


def pruning_of(run: Run) -> str:
    return run.pruning or usual(run.acceptance)
