"""Is a task sound? What `godel tasks check` proves of one, each point by running it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from godel.contract import Program
from godel.loop.patience import AT_ONCE, Renewed, patiently
from godel.scoring.bench import Bench, Judge, Outcome
from godel.scoring.pool import Pool
from godel.tasks import Task

SEEDS = (0, 1, 2)
TOLERANCE = 0.05
"""Of the score, between two benches; for tasks whose clock is part of the score."""

MARGIN = 0.01
"""How much better than the initial program the reference must be, relative to the greater of the two."""

PATIENCE_S = 3.0
"""CPU seconds after which a program that hangs has shown that it is stopped."""

HOLLOW = {
    "gives back an object": "return object()",
    "raises": "raise RuntimeError('garbage')",
    "exits": "import os; os._exit(0)",
    "hangs": "while True: pass",
}
"""Bodies that replace those of all functions of the initial program."""

UNREAD = {
    "holds a loop": "while True: pass",
    "calls what is not there": "x = __import__('os').getcwd()",
    "is nested deeply": f"x = {'(' * 1_000}1{')' * 1_000}",
    "is a flood": f"x = '{'A' * 1_000_000}'",
    "holds a number without end": f"x = 1{'0' * 100_000}",
}
"""Lines after the initial program, for a judge that reads it."""


@dataclass(frozen=True)
class Finding:
    """One point of the check: what was expected, whether it holds, what was seen."""

    check: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class Measured:
    """One instance seed: each of the task's own programs, run twice, in benches of their own
    and under two judges."""

    seed: int
    initial: tuple[Outcome, Outcome]
    reference: tuple[Outcome, Outcome]


def check(task: Task, pool: Pool, single: bool, tell: Callable[[str], None]) -> list[Finding]:
    """All findings. `single`: the task declares that it has one instance, whatever the seed.
    Raises JudgeFailed when the judge itself breaks, and SandboxError."""
    with Renewed(lambda: Judge(pool)) as judge, Renewed(lambda: Judge(pool)) as other:
        measured = []
        for seed in SEEDS:
            tell(f"{task.name}: initial and reference program, seed {seed}")
            measured.append(_measure(task, pool, (judge, other), seed))
        findings = [*_own_programs(task, measured), *_instances(task, measured, single)]
        tell(f"{task.name}: programs that must fail")
        return [*findings, *_garbage(task, pool, judge)]


def fresh(task: Task, program: Program, seed: int, pool: Pool, judge: Renewed[Judge]) -> Outcome:
    """The outcome on a bench in which nothing has run, as it would be recorded."""

    def once() -> Outcome:
        with Bench(pool, judge.now()) as bench:
            return bench.evaluate(task, program, seed, recorded=True)

    return patiently(once, judge.end, delays_s=AT_ONCE)


def _measure(task: Task, pool: Pool, judges: tuple[Renewed[Judge], Renewed[Judge]], seed: int) -> Measured:
    """Each run under a judge of its own: a judge remembers the instances that it made."""

    def twice(program: Program) -> tuple[Outcome, Outcome]:
        return fresh(task, program, seed, pool, judges[0]), fresh(task, program, seed, pool, judges[1])

    return Measured(seed, twice(task.initial), twice(task.reference))


def _own_programs(task: Task, measured: Sequence[Measured]) -> Iterator[Finding]:
    """0 and 1 as one bench measured them, scores as another did."""
    failures = [
        f"{name}, seed {each.seed}: {outcome.failure}: {outcome.detail}"
        for each in measured
        for name in ("initial", "reference")
        for outcome in getattr(each, name)
        if outcome.value is None
    ]
    yield Finding(
        "initial and reference run", not failures, "; ".join(failures[:1]) + _others(failures) or "on every seed"
    )
    if failures:
        return
    margins = {each.seed: _margin(task, _value(each.initial[0]), _value(each.reference[0])) for each in measured}
    clear = all(margin >= MARGIN for margin in margins.values())
    yield Finding("the reference is clearly better", clear, f"by {_listed(margins, '{:.1%}')}")
    if not clear:
        return
    for name, expected in (("initial", 0.0), ("reference", 1.0)):
        scores = {each.seed: _score(task, each, name) for each in measured}
        holds = all(abs(score - expected) <= TOLERANCE for score in scores.values())
        yield Finding(f"the {name} program scores {expected:.0f}", holds, _listed(scores, "{:+.4f}"))


def _instances(task: Task, measured: Sequence[Measured], single: bool) -> Iterator[Finding]:
    pairs = [(name, each.seed, *getattr(each, name)) for each in measured for name in ("initial", "reference")]
    timed = [f"{name}, seed {seed}: {a.value} and {b.value}" for name, seed, a, b in pairs if a.value != b.value]
    yield Finding("the same seed gives the same value", not timed or task.gpu, "; ".join(timed) or "twice, exactly")
    values = {each.seed: (each.initial[0].value, each.reference[0].value) for each in measured}
    if single:
        yield Finding("one instance, as it declares", len(set(values.values())) == 1, f"seeds {_seeds(values)}")
    else:
        differ = len(set(values.values())) == len(values)
        yield Finding("different seeds give different instances", differ, f"values at seeds {_seeds(values)}")


def _garbage(task: Task, pool: Pool, judge: Renewed[Judge]) -> Iterator[Finding]:
    for name, program in garbage(task.initial, task.judged_by == "reading").items():
        short = replace(task, cpu_s=min(task.cpu_s, PATIENCE_S), wall_s=min(task.wall_s, 4 * PATIENCE_S))
        outcome = fresh(short if name == "hangs" else task, program, SEEDS[0], pool, judge)
        seen = outcome.failure or f"scored {outcome.value}"
        yield Finding(f"a program that {name} fails", outcome.value is None, seen)


def garbage(initial: Program, read: bool = False) -> dict[str, Program]:
    """By what they do, programs that no judge may score; `read`: none that the judge reads."""
    text = initial.files[initial.entry]
    if read:
        bad = {name: f"{text}\n{line}\n" for name, line in UNREAD.items()}
    else:
        bad = {name: _hollowed(text, body) for name, body in HOLLOW.items()}
    texts = {"does not parse": "def (", "is empty": "", **bad}
    return {name: initial.with_file(initial.entry, text) for name, text in texts.items()}


def _hollowed(text: str, body: str) -> str:
    """`text` with `body` in place of that of every function at its top level."""
    module = ast.parse(text)
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            node.body = ast.parse(body).body if not body.startswith("return") else [_returned(body)]
    return ast.unparse(module)


def _returned(body: str) -> ast.stmt:
    return ast.Return(ast.parse(body.removeprefix("return "), mode="eval").body)


def _margin(task: Task, start: float, reference: float) -> float:
    """How much better the reference is, relative to the greater magnitude; negative if worse."""
    better = reference - start if task.direction == "max" else start - reference
    return better / max(abs(start), abs(reference), 1e-12)


def _score(task: Task, measured: Measured, name: str) -> float:
    """The second run's score, on the scale that the first runs set."""
    second: Outcome = getattr(measured, name)[1]
    return task.normalise(second.value, _value(measured.initial[0]), _value(measured.reference[0]))


def _others(failures: Sequence[str]) -> str:
    return f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""


def _value(outcome: Outcome) -> float:
    assert outcome.value is not None
    return outcome.value


def _listed(values: Mapping[int, float], form: str) -> str:
    return ", ".join(form.format(value or 0.0) for value in values.values())  # without -0.0


def _seeds(values: Mapping[int, object]) -> str:
    return ", ".join(map(str, values))
