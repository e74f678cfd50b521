"""The one contract: what scaffolds, guests and the host share.

A scaffold is a program with one function, in its entry file:

    def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program

Its entry file may import its other modules, and reads its other texts with
pkgutil.get_data(__name__, "prompts/draft.md") (see `loader`).

Standard library only (`editing` apart, which uses libcst), and the same files inside a sandbox and outside.
"""

from __future__ import annotations

from .context import Context, TaskScore, Tried, Trouble
from .display import fenced, shown
from .model import Messages, Model, ModelOptions, ModelUnavailable, Reply, RequestRefused, ToolCall
from .program import Edit, Program
from .scale import FLOOR, SCALE, failed, in_words, told
from .signature import PARAMETERS, is_scaffold, parameters
from .utility import BudgetExhausted, Score, Utility, briefing

__all__ = [
    "FLOOR",
    "PARAMETERS",
    "SCALE",
    "BudgetExhausted",
    "Context",
    "Edit",
    "Messages",
    "Model",
    "ModelOptions",
    "ModelUnavailable",
    "Program",
    "Reply",
    "RequestRefused",
    "Score",
    "TaskScore",
    "ToolCall",
    "Tried",
    "Trouble",
    "Utility",
    "briefing",
    "failed",
    "fenced",
    "in_words",
    "is_scaffold",
    "parameters",
    "shown",
    "told",
]
