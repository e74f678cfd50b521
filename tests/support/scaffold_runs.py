"""Runs of scaffolds that need a model: a real run against the scripted one, from start to offline replay;
and the scaffold's own functions in this process, with a model that a test answers for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from runs import Quiet, proceed, small_run, tier_or_skip

from godel.contract import BudgetExhausted, Context, Program, Reply, Score, ToolCall, shown
from godel.contract.editing import from_reply
from godel.contract.loader import load, module_name
from godel.gateway.scripted import Manners, Script, Served, script_file
from godel.lineage import Evaluation, Generation, ModelCall, Split, Status
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.replay import Replayer
from godel.loop.run_folder import FILE, create
from godel.scaffold import contract_error
from godel.scaffold import load as load_scaffold

FAILED = (Status.FAILED, Status.REFUSED)


class Evolved(NamedTuple):
    """A run that is over, and whose model is gone."""

    folder: Path
    generations: list[Generation]
    evaluations: list[Evaluation]
    calls: list[ModelCall]
    requests: list[Mapping[str, Any]]
    """The bodies of the latest that the model received."""

    def seed_scores(self) -> dict[str, float]:
        """By task: the mean of the seed's scores on the search split."""
        found: dict[str, list[float]] = {}
        for each in self.evaluations:
            if each.tree == self.generations[0].child and each.split is Split.SEARCH:
                found.setdefault(each.task, []).append(each.score)
        return {task: sum(scores) / len(scores) for task, scores in found.items()}

    def children(self) -> list[Generation]:
        """Those that passed the gate."""
        return [each for each in self.generations[1:] if each.status not in FAILED]


def evolved(
    folder: Path,
    name: str,
    tasks: Sequence[str],
    *overrides: str,
    models: Sequence[str] = ("scripted",),
    **options: Any,
) -> Evolved:
    """A small run of the scaffold `name` in bubblewrap, with the script of its name."""
    tier = tier_or_skip("bubblewrap")
    with Served(Script.load(script_file(name)), manners=Manners(names=tuple(models))) as served:
        asked = {"scaffold": name, "tasks": list(tasks), "generations": 2, "workers": 1, "model__names": list(models)}
        create(folder, small_run(tier, *overrides, **{**asked, "model__api_base": served.address, **options}))
        proceed(folder)
        requests = [each.body for each in served.requests]
    with Store.open(folder / FILE) as store:
        return Evolved(folder, store.generations(), store.evaluations(), store.model_calls(), requests)


def check(run: Evolved) -> None:
    """What every scaffold with a model must have done by the end of a run."""
    assert [each.index for each in run.generations] == [0, 1, 2]
    better = [task for task, score in run.seed_scores().items() if score > 0.0]
    assert len(better) >= 2, f"the seed improves {better or 'nothing'}: {run.seed_scores()}"
    assert run.children(), [(str(each.status), each.rung, each.reason) for each in run.generations[1:]]
    assert len({each.child for each in run.children()} | {run.generations[0].child}) == 1 + len(run.children())
    for each in run.children():
        assert each.edits
        assert all(edit.target and edit.operator for edit in each.edits)
    for each in run.generations[1:]:
        assert each.spend.model_calls > 0
        assert each.spend.tokens > each.spend.model_calls
    spent = sum(each.spend.model_calls for each in run.generations)
    assert spent == len(run.calls) > 0


def check_replay(run: Evolved) -> None:
    """Offline, from the records alone, every generation comes out as it was recorded."""
    with opened(run.folder, replay=True) as lab:
        for each in run.generations:
            verdict = Replayer(lab, Quiet()).verify(each.index)
            assert not verdict.differences, (each.index, verdict.differences)
            assert verdict.scores or each.status in FAILED


def self_edits(name: str) -> list[str]:
    """All that the script of the scaffold `name` says of the seed's own source."""
    text = shown(load_scaffold(name).program)
    request = {"messages": [{"role": "user", "content": text}], "model": "scripted", "n": 50}
    said = Script.load(script_file(name)).answer(request)
    return list(dict.fromkeys(message["content"] for message in said))


def check_self_edits(name: str, least: int) -> None:
    """The script knows so many different changes of the seed's source, each of them a scaffold."""
    seed = load_scaffold(name).program
    children = [from_reply(seed, reply).program for reply in self_edits(name)]
    assert len({child.digest for child in children}) == len(children) >= least
    assert [contract_error(child) for child in children] == [""] * len(children)


def check_children(name: str, improve: Callable[[dict[str, ModuleType], Scripted], Program], number: int) -> None:
    """Blind, the scaffold and its script make so many different scaffolds, and never the seed again."""
    seed, made = load_scaffold(name).program, set()
    for dice in range(24):
        with modules(name) as found:
            child = improve(found, Scripted(name, dice))
            assert child != seed
            assert contract_error(child) == ""
            made.add(child.digest)
    assert len(made) == number


# In this process


def block(search: str, replace: str, path: str = "main.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def depth(program: Program) -> int:
    """The toy's constant."""
    found: dict[str, Any] = {}
    exec(program.files["main.py"], found)
    return int(found["DEPTH"])


class Answering:
    """A model in this process: `answer` gives the replies to a request (messages, n), or raises."""

    available = True

    def __init__(
        self,
        answer: Callable[[Sequence[Mapping[str, Any]], int], Sequence[str]],
        calls: int = 30,
        names: Sequence[str] = ("one",),
    ) -> None:
        self.names, self.remaining, self._answer = tuple(names), calls, answer
        self.asked: list[dict[str, Any]] = []

    def __call__(self, prompt: Any, n: int = 1, temperature: float = 1.0, **more: Any) -> list[Reply]:
        if self.remaining <= 0:
            raise BudgetExhausted("model")
        self.remaining -= 1
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [*map(dict, prompt)]
        self.asked.append({"messages": messages, "n": n, "temperature": temperature, **more})
        replies = self._answer(messages, n)
        return [each if isinstance(each, Reply) else Reply(each) for each in replies]


class Scripted:
    """The script of the scaffold `name`, which answers in this process; another `seed`, another reply."""

    available, names = True, ("scripted",)

    def __init__(self, name: str, seed: int, calls: int = 30) -> None:
        self._script, self._seed, self.remaining = Script.load(script_file(name)), seed, calls

    def __call__(self, prompt: Any, n: int = 1, temperature: float = 1.0, **more: Any) -> list[Reply]:
        if self.remaining <= 0:
            raise BudgetExhausted("model")
        self.remaining -= 1
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [*map(dict, prompt)]
        request = {"messages": messages, "model": "scripted", "n": n, "seed": self._seed, "tools": more.get("tools")}
        if schema := more.get("schema"):
            request["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        return [
            Reply(said["content"] or "", [_called(call) for call in said.get("tool_calls", ())])
            for said in self._script.answer(request)
        ]


def _called(call: Mapping[str, Any]) -> ToolCall:
    return ToolCall(call["function"]["name"], json.loads(call["function"]["arguments"]), call["id"])


class Scoring:
    """A utility in this process, which remembers what it scored, and what it was told of."""

    description = "a test"
    context: Context | None = None

    def __init__(self, budget: int, score: Callable[[Program], float]) -> None:
        self.remaining, self._score = budget, score
        self.seen: list[Program] = []
        self.told: list[tuple[Program, float]] = []

    def judged(self, program: Program, score: float) -> None:
        self.told.append((program, score))

    def __call__(self, program: Program) -> Score:
        if self.remaining <= 0:
            raise BudgetExhausted("utility")
        self.remaining -= 1
        self.seen.append(program)
        score = self._score(program)
        return score if isinstance(score, Score) else Score(score)


@contextmanager
def modules(name: str, edited: Program | None = None) -> Iterator[dict[str, ModuleType]]:
    """The modules of a seed scaffold, or of what an edit made of it, by their names, for as long as the block lasts."""
    program = edited or load_scaffold(name).program
    names = [module_name(path) for path in program.files]
    before = {each: sys.modules.pop(each) for each in names if each in sys.modules}
    load(program)
    try:
        yield {each: sys.modules[each] for each in names if each in sys.modules}
    finally:
        sys.meta_path.pop(0)
        for each in names:
            sys.modules.pop(each, None)
        sys.modules.update(before)
