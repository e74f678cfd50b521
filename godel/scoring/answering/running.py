"""Answers a judge by running the program in a candidate's sandbox."""

from __future__ import annotations

from godel.contract import Program
from godel.logs import telling_line
from godel.sandbox import Limits, MiB, Spec
from godel.sandbox.channel import Child, ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, RunProgram
from godel.sandbox.guest.json_lines import encoded
from godel.scoring.pool import Pool
from godel.tasks import Task
from godel.tasks.judging.messages import Call, Failed, Start, Started, answered


class Running:
    """Runs one program, in `warm` or else in a guest of its own.

    A judge that starts the program again compares two runs. With `apart` these take place in
    another sandbox than the first: a guest's counters (packets, inodes, processes) outlive
    its children, and could carry notes from the run that counts to those that check it.
    """

    def __init__(self, task: Task, program: Program, pool: Pool, warm: Session | None, apart: bool) -> None:
        self._task, self._pool, self._apart = task, pool, apart
        self._work = RunProgram(program, task.driver)
        self._taken: list[Session] = []
        self._session = warm or self._fresh()
        self._all = {self._session}
        self._child: Child | None = None
        self._started = False
        self.cpu_s = 0.0
        self.unexplained = False

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
        """End the child and the guests that were taken for it; what it did to a warm one shows in `Session.dead`."""
        self._end_child()
        for session in self._taken:
            self._pool.give_up(session)

    def bill(self) -> float:
        return sum(each.bill() for each in self._all)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child and not self._session.dead:
            try:
                self.cpu_s += child.kill().cpu_s
            except ChildEnded as ended:
                self.cpu_s += ended.exit.cpu_s

    def _start(self) -> None:
        self._end_child()
        if self._started and self._apart:
            self._session, self._apart = self._fresh(), False
            self._all.add(self._session)
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

    def _fresh(self) -> Session:
        session = self._pool.take(candidate_spec(self._task))
        self._taken.append(session)
        return session


def candidate_spec(task: Task) -> Spec:
    """Tasks with the same imports share a kind of sandbox. Memory is bounded twice: per
    child by the task, and for all of them together here."""
    limits = Limits(memory_bytes=max(1024 * MiB, 2 * task.memory_bytes))
    return Spec("candidate", tuple(task.preload), limits, gpu=task.gpu)
