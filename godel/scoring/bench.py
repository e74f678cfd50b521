"""The bench: a judge in a sandbox of its own, and who answers it for a program (`godel.scoring.answering`).

The judge asks, the candidate answers, and this file carries the words across. The candidate never sees the score.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from godel.contract import Program
from godel.errors import JudgeFailed
from godel.logs import failure
from godel.sandbox import Limits, MiB, Spec
from godel.sandbox.channel import TWICE, Child, ChildEnded, Session
from godel.sandbox.guest.jobs import ServeJudges
from godel.sandbox.guest.json_lines import encoded
from godel.scoring.answering import Answering
from godel.scoring.answering.reading import Reading
from godel.scoring.answering.running import Running, candidate_spec
from godel.scoring.pool import Pool
from godel.tasks import Task
from godel.tasks.judging.messages import Evaluate, Finding, Load, question_from_json

JUDGING = "godel.tasks.judging"
SHARED = ("arrays", "causality", "exact", "reading", "seeding", "serve")
JUDGE = Spec(
    "judge",
    ("numpy", *(f"{JUDGING}.{name}" for name in SHARED)),
    Limits(memory_bytes=2048 * MiB),
    isolate_children=False,
)


@dataclass(frozen=True)
class Outcome:
    """What the judge found. `value` is in the task's unit; None when `failure` says why not. `cpu_s`: of the
    program, which its task limits; `cost_s`: CPU seconds of all sandboxes that it took, their start included."""

    value: float | None
    failure: str | None = None
    detail: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    cpu_s: float = 0.0
    cost_s: float = 0.0
    wall_s: float = 0.0


class Judge:
    """A judge's sandbox, once it is asked: one trusted child that has loaded the tasks it was asked about."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._session: Session | None = None
        self._serving: Child | None = None
        self._loaded: set[str] = set()

    def evaluate(self, task: Task, seed: int, recorded: bool, answering: Answering) -> Finding:
        """The finding on what `answering` answers for, for the instance of `seed`. Raises JudgeFailed."""
        self._load(task)
        order = Evaluate(task.version, seed, dict(task.preset), recorded)
        self._send(task.name, encoded(order.to_json()))
        while not isinstance(question := question_from_json(self._receive(task.name)), Finding):
            self._send(task.name, answering.answer(question))
        return question

    def bill(self) -> float:
        """CPU seconds since the last bill."""
        return self._session.bill() if self._session else 0.0

    def renew(self) -> None:
        """What it is asked next, it is asked in another sandbox."""
        self.close()
        self._session = self._serving = None
        self._loaded.clear()

    def close(self) -> None:
        if self._session:
            self._pool.give_up(self._session)

    def _child(self) -> Child:
        if self._serving is None:
            self._session = self._pool.take(JUDGE)
            self._serving = self._session.spawn(ServeJudges())
            self._receive("every task")
        return self._serving

    def _load(self, task: Task) -> None:
        if task.version not in self._loaded:
            self._send(task.name, encoded(Load(task.version, dict(task.judge_files)).to_json()))
            self._receive(task.name)
            self._loaded.add(task.version)

    def _send(self, name: str, line: bytes) -> None:
        try:
            self._child().pass_on(line)
        except ChildEnded as ended:
            raise judge_failed(name, ended) from None

    def _receive(self, name: str) -> Any:
        try:
            return self._child().receive()
        except ChildEnded as ended:
            raise judge_failed(name, ended) from None


def judge_failed(name: str, ended: ChildEnded) -> JudgeFailed:
    return JudgeFailed(f"{name}: its judge failed: {failure(ended.exit.reason, ended.exit.log)}")


class Bench:
    """Scores programs. Where guests are cheap each gets one of its own, and so does its judge; elsewhere a bench that
    was just made is fresh: nothing has run in it."""

    def __init__(self, pool: Pool, judge: Judge) -> None:
        self._pool, self._judge = pool, judge
        self._sessions: dict[Spec, Session] = {}

    def evaluate(self, task: Task, program: Program, seed: int, *, recorded: bool) -> Outcome:
        """Run `program` on the instance of `seed`. A candidate's failure is an Outcome;
        raises JudgeFailed or SandboxLost for ours."""
        outcome, unexplained = self._once(task, program, seed, recorded)
        if not unexplained:
            return outcome
        second, unexplained = self._once(task, program, seed, recorded)
        detail = f"{TWICE}: {second.detail}" if unexplained else second.detail
        cpu_s, cost_s = outcome.cpu_s + second.cpu_s, outcome.cost_s + second.cost_s
        return replace(second, detail=detail, cpu_s=cpu_s, cost_s=cost_s)

    def begin_search(self) -> None:
        """Where guests are cheap, no judge has met anything before that meets what a scaffold tries from here on."""
        if self._pool.tier.forks():
            self._judge.renew()

    def _once(self, task: Task, program: Program, seed: int, recorded: bool) -> tuple[Outcome, bool]:
        """The outcome, and whether the program may have been ended from outside."""
        started = time.perf_counter()
        answering = self._answering(task, program, recorded)
        judge = self._judge_of(task, recorded)
        try:
            finding = judge.evaluate(task, seed, recorded, answering)
        finally:
            answering.finish()
            if judge is not self._judge:
                judge.close()
        outcome = Outcome(
            finding.value,
            finding.failure,
            finding.detail,
            finding.details,
            finding.flags,
            finding.numbers,
            answering.cpu_s,
            answering.bill() + judge.bill(),
            time.perf_counter() - started,
        )
        return outcome, answering.unexplained

    def _judge_of(self, task: Task, recorded: bool) -> Judge:
        """One for this program alone, where guests are cheap. Programs that it reads and that do not count share one: a
        guest for each would cost ten times the reading."""
        alone = self._pool.tier.forks() and (recorded or task.judged_by != "reading")
        return Judge(self._pool) if alone else self._judge

    def _answering(self, task: Task, program: Program, recorded: bool) -> Answering:
        if task.judged_by == "reading":
            return Reading(program)
        warm = None if self._pool.tier.forks() else self._session(task)
        return Running(task, program, self._pool, warm, apart=recorded)

    def close(self) -> None:
        for session in self._sessions.values():
            self._pool.give_up(session)
        self._sessions.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _session(self, task: Task) -> Session:
        spec = candidate_spec(task)
        session = self._sessions.get(spec)
        if session is None or session.dead:
            if session:
                self._pool.give_up(session)
            session = self._sessions[spec] = self._pool.take(spec)
        return session
