"""What a scaffold can call, in words for a prompt: written from the contract itself, so it can't be out of date."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import get_type_hints

from godel.config import Run
from godel.contract import (
    BudgetExhausted,
    Context,
    Model,
    ModelOptions,
    ModelUnavailable,
    Reply,
    RequestRefused,
    Score,
    Utility,
    editing,
)

RAISED = (BudgetExhausted, ModelUnavailable, RequestRefused)
CALLED: tuple[tuple[str, type], ...] = (("utility", Utility), ("model", Model))
GIVEN = (Score, Reply, Context)
HELPERS = ("from_reply", "by_tool", "check_change")


@lru_cache(maxsize=1)
def interface() -> str:
    """One line for each thing that there is to call, to be given or to be raised."""
    lines = ["What can be called here, by godel.contract:"]
    for name, protocol in CALLED:
        has = ", ".join(_fields(protocol))
        lines.append(f"- {name}{_signature(protocol.__call__)}: {_first(protocol)} It has {has}.")
    lines.append(f"- model's further options, by keyword: {', '.join(get_type_hints(ModelOptions))}")
    lines += [f"- {each.__name__} ({', '.join(_fields(each))}): {_first(each)}" for each in GIVEN]
    lines += [f"- raises {each.__name__}: {_first(each)}" for each in RAISED]
    lines += [f"- editing.{name}{_signature(getattr(editing, name))}" for name in HELPERS]
    return "\n".join(lines)


def budget(run: Run) -> str:
    """What an improve may use, and what a scaffold is scored with."""
    improve, scoring = run.improve, run.scoring
    trials = f"{scoring.search_seeds} instances of each cheap task, {scoring.costly_seeds} of each costly one"
    seeds = f"each up to {improve.self_trials} instances of each task, fewer for a version that is behind the best one"
    itself = (
        f"{improve.self_calls} utility calls, {seeds}" if improve.self_calls else "no utility call: it proposes blind"
    )
    each_time = (
        f"{improve.model.model_calls} model calls, {improve.cpu_s:g} s of CPU time, {improve.wall_s:g} s by the wall "
        f"clock (waiting for a score or a reply is free), {improve.memory_mib} MiB; over one of these it fails"
    )
    return f"""\
What an improve may use:
- of a task's program: {improve.calls} utility calls ({improve.costly_calls} where the task is costly)
- of its own source: {itself}
- each time: {each_time}
A child is scored on {trials}, the same ones as its parent."""


def _signature(function: object) -> str:
    """Without `self`, and with types as they are written."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    own = [each for each in signature.parameters.values() if each.name != "self"]
    return str(signature.replace(parameters=own)).replace("'", "")


def _fields(kind: type) -> list[str]:
    return [f".{name}" for name in get_type_hints(kind)]


def _first(kind: type) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
