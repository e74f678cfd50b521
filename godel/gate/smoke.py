"""The child runs: it can still improve a toy program, and still edit itself.

A child that scores well and can no longer edit itself would end its line. The toy is
judged by reading its numbers, never by running it, so it needs no bench.

Where the run has a model, all of it may ask no more than `CALLS` times. A child that has used these up and handed in
what it was given has shown that it ends as it should, and nothing else: what it is worth, the scoring tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from godel import config
from godel.contract import Program, Score
from godel.contract.syntax import unreadable
from godel.gateway.budgets import NestedBudget
from godel.scaffold import contract_error
from godel.scoring.improvement import Blind, Improve

from . import Proposal
from .constants import constants
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
CALLS, TOY_CALLS = 3, 2
"""Of a model: of a whole smoke run, and of its toys."""
ITSELF = "How well it improves programs. Make one change to it that you can argue for: a better improver is wanted."


@dataclass
class ToyUtility:
    """Closeness of the toy's three numbers to their targets, in factors."""

    description: str = (
        "Bring the constants of the module as close as you can to these values: "
        + ", ".join(f"{name} to {target:g}" for name, target in TARGETS.items())
        + ". They are read at the module's top level as they are written. 1 is reached where all three are met."
    )
    budget: int = 24

    def __call__(self, program: Program) -> Score:
        text = program.files.get("main.py", "")
        values = constants(text) if len(text) <= TOY_CHARACTERS else None
        if values is None:
            return Score(-1.0, "invalid", f"main.py: expected Python of at most {TOY_CHARACTERS} characters")
        if wrong := [name for name in TARGETS if not 0 < values.get(name, 0.0) < math.inf]:
            return Score(-1.0, "invalid", f"{wrong[0]}: expected a positive number at the module's top level")
        misses = {name: abs(math.log(values[name]) - math.log(target)) for name, target in TARGETS.items()}
        told = {f"{name} / target": round(values[name] / target, 4) for name, target in TARGETS.items()}
        return Score(1.0 - sum(misses.values()) / len(misses) / 5.0, numbers=told)


class Smoke:
    name = "smoke"

    def refuse(self, proposal: Proposal) -> str:
        calls = proposal.workspace.calls(CALLS)
        toys = NestedBudget(config.ModelBudget(model_calls=TOY_CALLS), calls)
        for attempt in range(TRIES):
            reason = self._improves(proposal, attempt, toys)
            if not reason:
                return self._edits_itself(proposal, calls)
        return reason

    def _improves(self, proposal: Proposal, attempt: int, calls: NestedBudget) -> str:
        child, utility = proposal.child, ToyUtility()
        seed = int(proposal.child.digest[8 * attempt : 8 * attempt + 8], 16)
        line = proposal.workspace.line(f"smoke/{attempt}", seed, within=calls)
        made = proposal.workspace.improve(Improve(child, TOY, utility, line, seed, LIMITS))
        if made.program is None:
            return f"fails on a toy program: {made.failure}: {made.detail}"
        better = utility(made.program) > utility(TOY)
        return "" if better or (line.names and not calls.calls_left) else "does not improve a toy program"

    def _edits_itself(self, proposal: Proposal, calls: NestedBudget) -> str:
        child, seed = proposal.child, int(proposal.child.digest[8:16], 16)
        line = proposal.workspace.line("smoke/itself", seed, within=calls)
        made = proposal.workspace.improve(Improve(child, child, Blind(ITSELF), line, seed, LIMITS))
        if made.program is None:
            return f"can't edit itself: {made.failure}: {made.detail}"
        for path, text in made.program.files.items():
            if path.endswith(".py") and (problem := unreadable(text)):
                return f"can't edit itself: {path} of its proposal {problem}"
        if normalised(made.program) == normalised(child):
            ended = line.names and not calls.calls_left
            return "" if ended else "can't edit itself: it proposes itself unchanged"
        problem = contract_error(made.program)
        return f"can't edit itself: its proposal has {problem}" if problem else ""
