"""Orders and results as JSON, and back: for executors that share nothing with the driver but a stream of text."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from godel import config
from godel.contract import Context, Program, Score
from godel.errors import BudgetSpent, JudgeFailed, OutsideFailed, ProviderFailed, UsageError
from godel.ledger import Allowance
from godel.lineage import Baseline, Evaluation, Generation, ModelCall, Ruling, Spend, Split, Trial
from godel.lineage.store import codec
from godel.lineage.store.decode import decoder
from godel.loop.executor import Done, Failed
from godel.loop.orders import Evaluate, Evaluated, Order, Propose, Proposed, Result
from godel.loop.worker import Setup
from godel.sandbox import SandboxError, SandboxLost, TierMissing
from godel.scoring.evaluator import Scored
from godel.tasks import TaskError
from godel.tasks.record import from_bytes, to_bytes


def setup_json(setup: Setup) -> dict[str, Any]:
    """What all orders have in common; sent once."""
    tasks = {name: base64.b64encode(to_bytes(task)).decode() for name, task in setup.tasks.items()}
    return {"run": setup.run.model_dump(mode="json"), "editable": list(setup.editable), "tasks": tasks}


def setup_from(data: Mapping[str, Any]) -> Setup:
    tasks = {name: from_bytes(base64.b64decode(body)) for name, body in data["tasks"].items()}
    return Setup(config.validate(data["run"], "the setup"), tuple(data["editable"]), tasks)


def order_json(order: Order) -> dict[str, Any]:
    common = {
        "references": [codec.to_json(each) for each in order.references],
        "allowance": _allowance_json(order.allowance),
    }
    if isinstance(order, Evaluate):
        return common | {
            "place": order.place,
            "program": _program_json(order.program),
            "trials": [_trial_json(each) for each in order.trials],
            "searcher": order.searcher,
        }
    return common | {
        "index": order.index,
        "parents": [_program_json(each) for each in order.parents],
        "proposer": _program_json(order.proposer),
        "seed": order.seed,
        "scores": [[_trial_json(trial), score] for trial, score in order.scores.items()],
        "known": [
            [_trial_json(trial), {digest: _score_json(score) for digest, score in known.items()}]
            for trial, known in order.known.items()
        ],
        "shapes": sorted(order.shapes),
        "model": order.model,
        "context": order.context and order.context.to_json(),
    }


def order_from(data: Mapping[str, Any]) -> Order:
    references = tuple(decoder(Baseline)(each) for each in data["references"])
    allowance = _allowance_from(data["allowance"])
    if "place" in data:
        trials = tuple(map(_trial_from, data["trials"]))
        program = _program_from(data["program"])
        return Evaluate(data["place"], program, trials, references, allowance, data["searcher"])
    return Propose(
        data["index"],
        tuple(map(_program_from, data["parents"])),
        _program_from(data["proposer"]),
        data["seed"],
        {_trial_from(trial): score for trial, score in data["scores"]},
        {
            _trial_from(trial): {digest: Score(*score) for digest, score in known.items()}
            for trial, known in data["known"]
        },
        frozenset(data["shapes"]),
        references,
        allowance,
        data["model"],
        data["context"] and Context.from_json(data["context"]),
    )


def result_json(result: Result) -> dict[str, Any]:
    common = {
        "scored": [_scored_json(each) for each in result.scored],
        "references": [codec.to_json(each) for each in result.references],
        "model_calls": [
            [codec.to_json(call), base64.b64encode(request).decode()] for call, request in result.model_calls
        ],
    }
    if not isinstance(result, Proposed):
        return common
    child = _program_json(result.child) if result.child else None
    return common | {
        "generation": codec.to_json(result.generation),
        "rulings": [codec.to_json(each) for each in result.generation.rulings],
        "child": child,
        "proposal": [dict(each) for each in result.proposal],
        "context": result.context and dict(result.context),
    }


def result_from(data: Mapping[str, Any]) -> Result:
    scored = tuple(map(_scored_from, data["scored"]))
    references = tuple(decoder(Baseline)(each) for each in data["references"])
    calls = tuple((decoder(ModelCall)(call), base64.b64decode(request)) for call, request in data["model_calls"])
    if "generation" not in data:
        return Evaluated(scored=scored, references=references, model_calls=calls)
    return Proposed(
        scored=scored,
        references=references,
        model_calls=calls,
        generation=_generation_from(data),
        child=_program_from(data["child"]) if data["child"] else None,
        proposal=tuple(data["proposal"]),
        context=data["context"],
    )


def _generation_from(data: Mapping[str, Any]) -> Generation:
    made: Generation = decoder(Generation)(data["generation"])
    return replace(made, rulings=tuple(map(decoder(Ruling), data["rulings"])))


def failure_json(error: BaseException) -> dict[str, Any]:
    """Why an order can't be done: the kind of error, and what it says."""
    spent = {"budget": error.budget, "used": error.used} if isinstance(error, BudgetSpent) else {}
    return {"kind": type(error).__name__, "text": str(error), **spent}


def failure_from(data: Mapping[str, Any]) -> Exception:
    """The error that was raised elsewhere; one of a kind that nobody expects is a RuntimeError."""
    if "budget" in data:
        return BudgetSpent(data["text"], data["budget"], data["used"])
    for kind in (
        JudgeFailed,
        ProviderFailed,
        SandboxLost,
        TierMissing,
        SandboxError,
        TaskError,
        OutsideFailed,
        UsageError,
    ):
        if kind.__name__ == data["kind"]:
            return kind(data["text"])
    return RuntimeError(f"{data['kind']}: {data['text']}")


def message_from(data: Mapping[str, Any], number: int) -> Done | Failed:
    """The answer (see `elsewhere.answers`) to the order of that number."""
    if "failure" in data:
        return Failed(number, failure_from(data["failure"]))
    return Done(number, result_from(data["result"]))


def _scored_json(scored: Scored) -> dict[str, Any]:
    product = _program_json(scored.program) if scored.program else None
    return {
        "evaluation": codec.to_json(scored.evaluation),
        "program": product,
        "replies": [dict(each) for each in scored.replies],
        "log": scored.log,
    }


def _scored_from(data: Mapping[str, Any]) -> Scored:
    product = _program_from(data["program"]) if data["program"] else None
    return Scored(decoder(Evaluation)(data["evaluation"]), product, tuple(data["replies"]), data["log"])


def _program_json(program: Program) -> dict[str, Any]:
    return {**program.to_json(), "deleted": sorted(program.deleted)}


def _program_from(data: Mapping[str, Any]) -> Program:
    return Program.from_json(data)


def _score_json(score: Score) -> list[Any]:
    """What `Score` is made of, in order."""
    return [float(score), score.failure, score.detail, dict(score.numbers)]


def _trial_json(trial: Trial) -> list[Any]:
    return [trial.task, str(trial.split), trial.seed]


def _trial_from(data: Sequence[Any]) -> Trial:
    task, split, seed = data
    return Trial(task, Split(split), seed)


def _allowance_json(allowance: Allowance) -> dict[str, Any]:
    return {
        "budget": allowance.budget.model_dump(mode="json"),
        "spent": allowance.spent.named(),
        "elapsed_s": allowance.elapsed_s,
    }


def _allowance_from(data: Mapping[str, Any]) -> Allowance:
    return Allowance(config.Budget(**data["budget"]), Spend(**data["spent"]), data["elapsed_s"])
