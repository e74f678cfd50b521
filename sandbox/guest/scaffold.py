"""Runs one `improve`: the scaffold's side of the contract."""

from __future__ import annotations

import random
from typing import Any

from . import BudgetExhausted, ModelUnavailable, Program, Score
from .loader import load
from .port import Port


class RemoteUtility:
    """The utility as the scaffold sees it; the host counts the calls that matter."""

    def __init__(self, port: Port, description: str, budget: int) -> None:
        self._port = port
        self.description = description
        self.remaining = budget

    def __call__(self, program: Program) -> Score:
        self._port.send({"utility": program.to_json()})
        reply = self._port.receive()
        self.remaining = reply["remaining"]
        if reply.get("exhausted"):
            raise BudgetExhausted(self.description)
        return Score(reply["score"], reply["failure"])


class RemoteModel:
    """The model as the scaffold sees it; keys and budgets stay on the host."""

    def __init__(self, port: Port, available: bool) -> None:
        self._port = port
        self.available = available

    def __call__(self, prompt: str, n: int = 1, temperature: float = 1.0) -> list[str]:
        if not self.available:
            raise ModelUnavailable("this run has no language model")
        self._port.send({"model": {"prompt": prompt, "n": n, "temperature": temperature}})
        reply = self._port.receive()
        if reply.get("exhausted"):
            raise BudgetExhausted("model")
        return [str(text) for text in reply["replies"]]


def imports(port: Port, payload: Any) -> None:
    """Only that: load the scaffold in `payload`, and say so."""
    load(Program.from_json(payload["scaffold"]))
    port.send("imported")


def main(port: Port, payload: Any) -> None:
    """`payload`: the scaffold, the program it is given, the utility's description and
    budget, whether there is a model, and the seed of its randomness."""
    module = load(Program.from_json(payload["scaffold"]))
    utility = RemoteUtility(port, payload["description"], payload["budget"])
    model = RemoteModel(port, payload["model"])
    rng = random.Random(payload["seed"])
    child = module.improve(Program.from_json(payload["program"]), utility, model, rng)
    port.send({"done": child.to_json()})
