"""Runs one `improve`: the scaffold's side of the contract."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from godel.contract import BudgetExhausted, Messages, ModelUnavailable, Program, Reply, RequestRefused, Score, ToolCall
from godel.contract.loader import load

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

    def judged(self, program: Program, score: float) -> None:
        self._port.send({"judged": program.to_json(), "score": float(score)})
        self._port.receive()


class RemoteModel:
    """The model as the scaffold sees it; keys and budgets stay on the host."""

    def __init__(self, port: Port, names: Sequence[str], calls: int) -> None:
        self._port, self.names, self.remaining = port, tuple(names), calls
        self.available = bool(names)

    def __call__(
        self,
        prompt: Messages,
        n: int = 1,
        temperature: float = 1.0,
        *,
        stop: Sequence[str] = (),
        max_tokens: int | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> list[Reply]:
        if not self.available:
            raise ModelUnavailable("this run has no language model")
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [*map(dict, prompt)]
        self._port.send(
            {
                "model": {
                    "messages": messages,
                    "n": n,
                    "temperature": temperature,
                    "stop": [*stop],
                    "max_tokens": max_tokens,
                    "tools": [*map(dict, tools)],
                    "schema": schema,
                    "name": name,
                }
            }
        )
        return self._heard(self._port.receive())

    def _heard(self, reply: Mapping[str, Any]) -> list[Reply]:
        self.remaining = reply["remaining"]
        if reply.get("exhausted"):
            raise BudgetExhausted("model")
        if "refused" in reply:
            raise RequestRefused(reply["refused"])
        return [
            Reply(each["text"], [ToolCall(**call) for call in each["tool_calls"]], reply["model"])
            for each in reply["replies"]
        ]


def imports(port: Port, payload: Any) -> None:
    """Only that: load the scaffold in `payload`, and say so."""
    load(Program.from_json(payload["scaffold"]))
    port.send("imported")


def main(port: Port, payload: Any) -> None:
    """`payload`: the scaffold, the program it is given, the utility's description and
    budget, the models there are and the calls it may make, and the seed of its randomness."""
    module = load(Program.from_json(payload["scaffold"]))
    utility = RemoteUtility(port, payload["description"], payload["budget"])
    model = RemoteModel(port, payload["models"], payload["calls"])
    rng = random.Random(payload["seed"])
    child = module.improve(Program.from_json(payload["program"]), utility, model, rng)
    port.send({"done": child.to_json()})
