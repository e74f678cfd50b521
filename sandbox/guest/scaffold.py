"""Runs one `improve`: the scaffold's side of the contract."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Any, Unpack

from godel.contract import (
    BudgetExhausted,
    Context,
    Messages,
    ModelOptions,
    ModelUnavailable,
    Program,
    Reply,
    RequestRefused,
    Score,
)
from godel.contract.loader import load

from .jobs import ImportScaffold, RunImprove
from .messages import (
    Answer,
    Done,
    ExhaustedReply,
    JudgementNote,
    ModelReply,
    ModelRequest,
    RefusedReply,
    Request,
    ScoreReply,
    ScoreRequest,
    answer_from_json,
)
from .port import Port


class RemoteUtility:
    """The utility as the scaffold sees it; the host counts the calls that matter."""

    def __init__(self, port: Port, description: str, budget: int, context: Context | None = None) -> None:
        self._port = port
        self.description = description
        self.remaining = budget
        self.context = context

    def __call__(self, program: Program) -> Score:
        answer = ask(self._port, ScoreRequest(program))
        if isinstance(answer, ScoreReply):
            self.remaining = answer.remaining
            return answer.value
        assert isinstance(answer, ExhaustedReply)
        self.remaining = answer.remaining
        raise BudgetExhausted(self.description)

    def judged(self, program: Program, score: float) -> None:
        ask(self._port, JudgementNote(program, float(score)))


class RemoteModel:
    """The model as the scaffold sees it; keys and budgets stay on the host."""

    def __init__(self, port: Port, names: Sequence[str], calls: int) -> None:
        self._port, self.names, self.remaining = port, tuple(names), calls
        self.available = bool(names)

    def __call__(
        self, prompt: Messages, n: int = 1, temperature: float = 1.0, **options: Unpack[ModelOptions]
    ) -> list[Reply]:
        if not self.available:
            raise ModelUnavailable("this run has no language model")
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [*map(dict, prompt)]
        options["stop"], options["tools"] = [*options.get("stop", ())], [*map(dict, options.get("tools", ()))]
        return self._replies(ModelRequest(messages, n, temperature, **options))

    def _replies(self, request: ModelRequest) -> list[Reply]:
        answer = ask(self._port, request)
        assert isinstance(answer, ModelReply | ExhaustedReply | RefusedReply)
        self.remaining = answer.remaining
        if isinstance(answer, ExhaustedReply):
            raise BudgetExhausted("model")
        if isinstance(answer, RefusedReply):
            raise RequestRefused(answer.refused)
        return list(answer.replies)


def ask(port: Port, request: Request) -> Answer:
    port.send(request.to_json())
    return answer_from_json(port.receive())


def imports(port: Port, payload: Any) -> None:
    """Only that: load the scaffold in `payload`, an ImportScaffold, and say so."""
    load(ImportScaffold.from_json(payload).scaffold)
    port.send("imported")


def main(port: Port, payload: Any) -> None:
    """`payload`: a RunImprove."""
    job = RunImprove.from_json(payload)
    module = load(job.scaffold)
    utility = RemoteUtility(port, job.description, job.budget, job.context)
    model = RemoteModel(port, job.models, job.calls)
    child = module.improve(job.program, utility, model, random.Random(job.seed))
    sys.stdout.flush()  # what it has printed is kept, and whoever has handed in is ended
    port.send(Done(child).to_json())
