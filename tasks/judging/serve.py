"""The judge child: loads tasks, answers evaluations, asks the host for the candidate.

The child speaks first ("ready") and then in strict alternation with the host:

    host  {"load": {"task": id, "files": {path: text}}}                               judge "loaded"
    host  {"evaluate": {"task": id, "seed": int, "preset": {...}, "recorded": bool}}
        judge {"start": null}                      host {"ok": true} | {"failed": {"reason", "detail"}}
        judge {"call": request, "cpu_s": float|null}   host {"reply": value} | {"failed": {...}}
        judge {"verdict": {"value": float|null, "failure": str|null, "detail", "details", "flags"}}

Any other exception in a judge is our failure and ends this child.
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

from . import CandidateFailed, Verdict

INSTANCES = 32
"""Instances kept, the least recently used leaving first."""


class RemoteCandidate:
    """The candidate as the judge sees it; the host runs it in a sandbox of its own."""

    def __init__(self, port: Port, recorded: bool) -> None:
        self._port = port
        self.recorded = recorded

    def start(self) -> None:
        self._ask({"start": None})

    def call(self, request: Any, cpu_s: float | None = None) -> Any:
        return self._ask({"call": request, "cpu_s": cpu_s})["reply"]

    def _ask(self, message: Any) -> Any:
        self._port.send(message)
        answer = self._port.receive()
        if "failed" in answer:
            raise CandidateFailed(answer["failed"]["reason"], answer["failed"]["detail"])
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
            tree = {f"{package}/{path}": text for path, text in files.items()}
            self._modules[task] = load(Program(tree, f"{package}/judge.py"))

    def evaluate(self, task: str, seed: int, preset: Mapping[str, Any], candidate: RemoteCandidate) -> dict[str, Any]:
        instance = self._instance(task, seed, preset)
        try:
            verdict: Verdict = self._modules[task].score(instance, candidate)
        except CandidateFailed as failed:
            return failure(failed.reason, failed.detail)
        return report(verdict)

    def _instance(self, task: str, seed: int, preset: Mapping[str, Any]) -> Any:
        key = (task, seed, json.dumps(preset, sort_keys=True))
        if key not in self._instances:
            self._instances[key] = self._modules[task].instance(seed, preset)
            if len(self._instances) > INSTANCES:
                self._instances.popitem(last=False)
        self._instances.move_to_end(key)
        return self._instances[key]


def report(verdict: Verdict) -> dict[str, Any]:
    """As it is sent. What a judge says may quote an answer, and has bounds too."""
    if not math.isfinite(verdict.value):
        return failure("invalid", f"the value is {verdict.value}")
    return {
        "value": float(verdict.value),
        "failure": None,
        "detail": "",
        "details": dict(verdict.details),
        "flags": [str(flag)[:FLAG_CHARACTERS] for flag in verdict.flags[:FLAGS]],
    }


def failure(reason: str, detail: str) -> dict[str, Any]:
    return {"value": None, "failure": reason, "detail": detail[:DETAIL_CHARACTERS], "details": {}, "flags": []}


def main(port: Port, payload: Any) -> None:
    """Serve until the host hangs up. `payload` is not used: tasks come as messages."""
    del payload
    judges = Judges()
    port.send("ready")
    while True:
        try:
            request = port.receive()
        except EOFError:
            return
        port.send(answer(judges, port, request))


def answer(judges: Judges, port: Port, request: Any) -> Any:
    if "load" in request:
        judges.load(request["load"]["task"], request["load"]["files"])
        return "loaded"
    job = request["evaluate"]
    candidate = RemoteCandidate(port, job["recorded"])
    return {"verdict": judges.evaluate(job["task"], job["seed"], job["preset"], candidate)}
