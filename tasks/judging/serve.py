"""The judge child: loads tasks, answers evaluations, asks the host for the candidate (see `messages`).

Any exception but CandidateFailed in a judge is our failure and ends this child.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from godel.contract import Program
from godel.contract.limits import DETAIL_CHARACTERS, FLAG_CHARACTERS, FLAGS
from godel.contract.loader import load
from godel.sandbox.guest.port import Port

from . import LANDSCAPES, CandidateFailed, Verdict
from .messages import LOADED, READY, Call, Evaluate, Failed, Finding, Load, Start, order_from_json

INSTANCES = 32
"""Instances kept, the least recently used leaving first."""


class RemoteCandidate:
    """The candidate as the judge sees it; the host runs it in a sandbox of its own."""

    def __init__(self, port: Port, recorded: bool) -> None:
        self._port = port
        self.recorded = recorded

    def start(self) -> None:
        self._ask(Start())

    def call(self, request: Any) -> Any:
        return self._ask(Call(request))["reply"]

    def _ask(self, question: Start | Call) -> Any:
        self._port.send(question.to_json())
        answer = self._port.receive()
        if "failed" in answer:
            failed = Failed(**answer["failed"])
            raise CandidateFailed(failed.reason, failed.detail)
        return answer


class Judges:
    """The judges loaded so far, and the instances they made."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}
        self._instances: OrderedDict[tuple[str, int, str], Any] = OrderedDict()

    def load(self, task: str, files: Mapping[str, str]) -> None:
        """Each task is a package of its own, so that their `judge.py` don't collide."""
        if task not in self._modules:
            package = f"task_{task}"
            tree = {path if path.startswith(LANDSCAPES) else f"{package}/{path}": text for path, text in files.items()}
            self._modules[task] = load(Program(tree, f"{package}/judge.py"))

    def evaluate(self, order: Evaluate, candidate: RemoteCandidate) -> Finding:
        instance = self._instance(order.task, order.seed, order.preset)
        try:
            verdict: Verdict = self._modules[order.task].score(instance, candidate)
        except CandidateFailed as failed:
            return failure(failed.reason, failed.detail)
        return finding(verdict)

    def _instance(self, task: str, seed: int, preset: Mapping[str, Any]) -> Any:
        key = (task, seed, json.dumps(preset, sort_keys=True))
        if key not in self._instances:
            self._instances[key] = self._modules[task].instance(seed, preset)
            if len(self._instances) > INSTANCES:
                self._instances.popitem(last=False)
        self._instances.move_to_end(key)
        return self._instances[key]


def finding(verdict: Verdict) -> Finding:
    """As it is sent. What a judge says may quote an answer, and has bounds too."""
    if not math.isfinite(verdict.value):
        return failure("invalid", f"the value is {verdict.value}")
    flags = tuple(str(flag)[:FLAG_CHARACTERS] for flag in verdict.flags[:FLAGS])
    return Finding(float(verdict.value), None, "", dict(verdict.details), flags, dict(verdict.numbers))


def failure(reason: str, detail: str) -> Finding:
    return Finding(None, reason, detail[:DETAIL_CHARACTERS])


def main(port: Port, payload: Any) -> None:
    """Serve until the host hangs up. `payload` is not used: tasks come as messages."""
    del payload
    judges = Judges()
    port.send(READY)
    while True:
        try:
            request = port.receive()
        except EOFError:
            return
        port.send(answer(judges, port, order_from_json(request)))


def answer(judges: Judges, port: Port, order: Load | Evaluate) -> Any:
    if isinstance(order, Load):
        judges.load(order.task, order.files)
        return LOADED
    return judges.evaluate(order, RemoteCandidate(port, order.recorded)).to_json()
