"""The bench: a judge and a candidate, each in a sandbox of its own.

The judge asks, the candidate answers, and this file carries the words across. The judge
never sees the program, the candidate never sees the score.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from godel.contract import Program
from godel.errors import JudgeFailed
from godel.logs import failure, telling_line
from godel.sandbox import Limits, MiB, Spec
from godel.sandbox.channel import TWICE, Child, ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, RunProgram, ServeJudges
from godel.sandbox.guest.json_lines import encoded
from godel.scoring.pool import Pool
from godel.tasks import Task
from godel.tasks.judging.messages import (
    Call,
    Evaluate,
    Failed,
    Finding,
    Load,
    Start,
    Started,
    answered,
    question_from_json,
)

JUDGING = "godel.tasks.judging"
JUDGE = Spec(
    "judge",
    ("numpy", *(f"{JUDGING}.{name}" for name in ("arrays", "causality", "exact", "seeding", "serve"))),
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

    def evaluate(self, task: Task, seed: int, recorded: bool, runner: Runner) -> Finding:
        """The finding on what `runner` runs, for the instance of `seed`. Raises JudgeFailed."""
        self._load(task)
        order = Evaluate(task.version, seed, dict(task.preset), recorded)
        self._send(task.name, encoded(order.to_json()))
        while not isinstance(question := question_from_json(self._receive(task.name)), Finding):
            self._send(task.name, runner.answer(question))
        return question

    def bill(self) -> float:
        """CPU seconds since the last bill."""
        return self._session.bill() if self._session else 0.0

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


class Runner:
    """Answers a judge by running one program in a candidate's sandbox.

    A judge that starts the program again compares two runs. With `apart` these take place in
    another sandbox than the first: a guest's counters (packets, inodes, processes) outlive
    its children, and could carry notes from the run that counts to those that check it.
    """

    def __init__(self, session: Session, task: Task, program: Program, apart: Callable[[], Session] | None) -> None:
        self._session, self._task, self._apart = session, task, apart
        self._work = RunProgram(program, task.driver)
        self._child: Child | None = None
        self._started = False
        self.cpu_s = 0.0
        self.unexplained = False
        """Whether a run of the program ended for no reason that shows."""

    def answer(self, question: Start | Call) -> bytes:
        """The line for the judge. What the candidate answers stands in it as it was written: its size is known,
        and the judge reads what was read here."""
        try:
            if isinstance(question, Start):
                self._start()
                return encoded(Started().to_json())
            if self._child is None:
                self._start()
            return self._call(question.request)
        except ChildEnded as ended:
            self.unexplained |= ended.exit.unexplained
            return encoded(Failed(ended.exit.reason, telling_line(ended.exit.log)).to_json())

    def finish(self) -> None:
        """End the child; what it did to its whole sandbox shows in `Session.dead`."""
        child, self._child = self._child, None
        if child and not self._session.dead:
            try:
                self.cpu_s += child.kill().cpu_s
            except ChildEnded as ended:
                self.cpu_s += ended.exit.cpu_s

    def _start(self) -> None:
        self.finish()
        if self._started and self._apart:
            self._session, self._apart = self._apart(), None
        self._started = True
        task = self._task
        memory = None if task.gpu else task.memory_bytes
        self._child = self._session.spawn(
            self._work, Ceilings(task.cpu_s, task.wall_s, memory_bytes=memory, timed=task.timed)
        )
        self._child.receive()

    def _call(self, request: object) -> bytes:
        assert self._child
        self._child.send(request)
        return answered(self._child.receive_line())


class Bench:
    """Scores programs. Where guests are cheap each gets one of its own, and so does its judge if the score counts;
    elsewhere a bench that was just made is fresh: nothing has run in it."""

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

    def _once(self, task: Task, program: Program, seed: int, recorded: bool) -> tuple[Outcome, bool]:
        """The outcome, and whether the program may have been ended from outside."""
        started, taken = time.perf_counter(), list[Session]()

        def fresh() -> Session:
            taken.append(self._pool.take(candidate_spec(task)))
            return taken[-1]

        first = fresh() if self._pool.tier.forks() else self._session(task)
        judge = Judge(self._pool) if recorded and self._pool.tier.forks() else self._judge
        runner = Runner(first, task, program, fresh if recorded else None)
        try:
            finding = judge.evaluate(task, seed, recorded, runner)
        finally:
            runner.finish()
            for session in taken:
                self._pool.give_up(session)
            if judge is not self._judge:
                judge.close()
        cost_s = sum(each.bill() for each in {first, *taken}) + judge.bill()
        outcome = Outcome(
            finding.value,
            finding.failure,
            finding.detail,
            finding.details,
            finding.flags,
            finding.numbers,
            runner.cpu_s,
            cost_s,
            time.perf_counter() - started,
        )
        return outcome, runner.unexplained

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


def candidate_spec(task: Task) -> Spec:
    """Tasks with the same imports share a kind of sandbox. Memory is bounded twice: per
    child by the task, and for all of them together here."""
    limits = Limits(memory_bytes=max(1024 * MiB, 2 * task.memory_bytes))
    return Spec("candidate", tuple(task.preload), limits, gpu=task.gpu)
