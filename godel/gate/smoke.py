"""The child runs: it can still improve a toy program, and still edit itself.

A child that scores well and can no longer edit itself would end its line. The toy is
judged by reading its numbers, never by running it, so it needs no bench.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from godel import config
from godel.contract import Program, Score
from godel.scaffold import contract_error
from godel.scoring.improvement import Blind, Improve
from godel.syntax import Unparsable, parse, unreadable

from . import Proposal
from .duplicate import normalised

TOY_TEXT = """\
WIDTH = 1.0
DEPTH = 5
RATE = 0.5


def area(scale):
    return WIDTH * DEPTH * scale
"""
TOY = Program({"main.py": TOY_TEXT})
TOY_CHARACTERS = 10_000
"""A toy that grew longer is none: it is read at every call."""
TRIES = 2
"""Runs of random search on the toy: one may fail by bad luck (3 % of the seed's own do)."""
TARGETS = {"WIDTH": 40.0, "DEPTH": 60.0, "RATE": 0.004}
LIMITS = config.Improve(cpu_s=3.0, wall_s=30.0)


@dataclass
class ToyUtility:
    """Closeness of the toy's three numbers to hidden targets, in factors."""

    description: str = "Bring the program's constants close to their targets."
    budget: int = 24

    def __call__(self, program: Program) -> Score:
        constants = _constants(program)
        if constants is None:
            return Score(-1.0, "invalid")
        misses = [abs(math.log(constants[name]) - math.log(target)) for name, target in TARGETS.items()]
        return Score(1.0 - sum(misses) / len(misses) / 5.0)


class Smoke:
    name = "smoke"

    def refuse(self, proposal: Proposal) -> str:
        for attempt in range(TRIES):
            reason = self._improves(proposal, attempt)
            if not reason:
                return self._edits_itself(proposal)
        return reason

    def _improves(self, proposal: Proposal, attempt: int) -> str:
        child, utility = proposal.child, ToyUtility()
        seed = int(proposal.child.digest[8 * attempt : 8 * attempt + 8], 16)
        line = proposal.workspace.line(f"smoke/{attempt}", seed)
        made = proposal.workspace.improve(Improve(child, TOY, utility, line, seed, LIMITS))
        if made.program is None:
            return f"fails on a toy program: {made.failure}: {made.detail}"
        return "" if utility(made.program) > utility(TOY) else "does not improve a toy program"

    def _edits_itself(self, proposal: Proposal) -> str:
        child, seed = proposal.child, int(proposal.child.digest[8:16], 16)
        line = proposal.workspace.line("smoke/itself", seed)
        made = proposal.workspace.improve(Improve(child, child, Blind("A better improver."), line, seed, LIMITS))
        if made.program is None:
            return f"can't edit itself: {made.failure}: {made.detail}"
        for path, text in made.program.files.items():
            if path.endswith(".py") and (problem := unreadable(text)):
                return f"can't edit itself: {path} of its proposal {problem}"
        if normalised(made.program) == normalised(child):
            return "can't edit itself: it proposes itself unchanged"
        problem = contract_error(made.program)
        return f"can't edit itself: its proposal has {problem}" if problem else ""


def _constants(program: Program) -> dict[str, float] | None:
    """The toy's module-level numbers, all positive, or None."""
    text = program.files.get("main.py", "")
    if len(text) > TOY_CHARACTERS:
        return None
    constants = {}
    try:
        for node in parse(text).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                constants[node.targets[0].id] = _number(ast.literal_eval(node.value))
    except (Unparsable, ValueError, TypeError, OverflowError):
        return None
    positive = all(name in constants and math.isfinite(constants[name]) and constants[name] > 0 for name in TARGETS)
    return constants if positive else None


def _number(value: object) -> float:
    """Raises TypeError for what only can be turned into a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)
