"""The one contract: what scaffolds, guests and the host share.

A scaffold is a program with one function, in its entry file:

    def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program

Standard library only (`editing` apart, which uses libcst), and the same files inside a sandbox and outside.
"""

from __future__ import annotations

from .model import Messages, Model, ModelUnavailable, Reply, RequestRefused, ToolCall
from .program import Edit, Program
from .utility import BudgetExhausted, Score, Utility

__all__ = [
    "BudgetExhausted",
    "Edit",
    "Messages",
    "Model",
    "ModelUnavailable",
    "Program",
    "Reply",
    "RequestRefused",
    "Score",
    "ToolCall",
    "Utility",
]
