"""Scaffolds that work by tools, in this process: a task to point them at, and a model that calls what it is told to."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from scaffold_runs import Answering

from godel.contract import Context, Program, Reply, ToolCall
from godel.scoring.improvement import Blind
from godel.scoring.meta_utility import DESCRIPTION

TASK = Program({"main.py": "X = 1\n\n\ndef value():\n    return X\n"})
Modules = dict[str, ModuleType]


class Unmeasured(Blind):
    """As the scaffold sees a utility without a budget."""

    remaining = 0
    context: Context | None = None


BLIND = Unmeasured(DESCRIPTION)


def call(name: str, **arguments: Any) -> Reply:
    return Reply("", [ToolCall(name, arguments, f"call_{name}")])


def swap(path: str, search: str, replace: str) -> Reply:
    return call("search_replace", path=path, search=search, replace=replace)


def saying(*replies: str | Exception) -> Answering:
    """A model that says these one after the other, and may be called as often."""
    left = iter(replies)

    def answer(messages: Sequence[Mapping[str, Any]], n: int) -> Sequence[str]:
        reply = next(left)
        if isinstance(reply, Exception):
            raise reply
        return [reply]

    return Answering(answer, calls=len(replies))


def heard(model: Answering, request: int) -> str:
    """What the model was told last in one of its requests."""
    return str(model.asked[request]["messages"][-1]["content"])


def improve(seed: Modules, program: Program, utility: Any, model: Any, dice: int = 0) -> Program:
    made = seed["main"].improve(program, utility, model, random.Random(dice))
    assert isinstance(made, Program)
    return made


def worth(program: Program) -> float:
    """The number that X is set to."""
    return float(program.files["main.py"].partition("X = ")[2].partition("\n")[0])


def setting(value: float) -> Reply:
    return call("write_file", path="main.py", content=f"X = {value}\n\n\ndef value():\n    return X\n")
