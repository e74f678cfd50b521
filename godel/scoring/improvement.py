"""One call of a scaffold's `improve` in its sandbox, with the host at the other end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from godel import config
from godel.contract import Context, Program, Score
from godel.contract.limits import REQUESTS
from godel.gateway import KeyedRequest, Line, NoRequest
from godel.lineage import Spend
from godel.logs import telling_line
from godel.sandbox import Limits, MiB, Spec
from godel.sandbox.channel import TWICE, Child, ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, RunImprove
from godel.sandbox.guest.messages import (
    Answer,
    Done,
    ExhaustedReply,
    JudgementNote,
    ModelReply,
    ModelRequest,
    NotedReply,
    ScoreReply,
    ScoreRequest,
    answer_from_json,
)
from godel.scoring.feedback import DIGITS, printed
from godel.scoring.received import received

SCAFFOLD = Spec("scaffold", ("libcst", "godel.contract.editing"), Limits(memory_bytes=2048 * MiB))
MOST_JUDGED = 12
"""Drafts of one improve whose judgement is compared: each costs an evaluation."""
RECORD_ENDS = "record ends"
"""The failure of a replayed improve that asks on where the record ends."""


class HostUtility(Protocol):
    """The side of a utility that the host holds: it counts, and it scores."""

    description: str
    budget: int

    def __call__(self, program: Program) -> Score: ...


@dataclass
class Blind:
    """No calls at all: the scaffold proposes unseen."""

    description: str
    budget: int = 0

    def __call__(self, program: Program) -> Score:
        raise AssertionError("a utility without budget is never called")


@dataclass(frozen=True)
class Improvement:
    """What `improve` gave. `program` is None when `failure` says why not. `transcript`
    holds every reply it was sent, so that it can be replayed word for word; `judged` the drafts
    that the scaffold judged itself, and what it said; `log` the end of what it printed. `spend` is that of the
    scaffold's own guest: what its calls cost, the utility knows."""

    program: Program | None
    failure: str | None = None
    detail: str = ""
    transcript: tuple[Mapping[str, Any], ...] = ()
    judged: tuple[tuple[Program, float], ...] = ()
    spend: Spend = field(default_factory=Spend)
    unexplained: bool = False
    """Whether it may have been ended from outside."""
    log: str = ""


class RecordEnds(NoRequest):
    """The replayed improve asks on, where the recorded one had ended."""


class Conversation:
    """Answers one improve: from the utility and the model, or from a recorded transcript."""

    def __init__(self, utility: HostUtility, model: Line, recorded: Sequence[Mapping[str, Any]] | None) -> None:
        self._utility, self._model, self._record = utility, model, recorded
        self._recorded: Iterator[Mapping[str, Any]] = iter(recorded or ())
        self._answered: list[Answer] = []  # before the improve had to begin again
        self.remaining = utility.budget
        self.answers: list[Answer] = []
        self.judged: dict[str, tuple[Program, float]] = {}
        self.unexplained = False

    def again(self) -> None:
        """The improve begins anew, its guest being lost: what was measured and paid for is answered again."""
        self._recorded, self._answered = iter(self._record or ()), self.answers
        self.answers, self.judged, self.unexplained = [], {}, False
        self._model.again()

    def answer(self, request: ScoreRequest | ModelRequest | JudgementNote) -> Answer:
        """Raises NoRequest when the contract does not allow the request, or a replay does not have it."""
        if len(self.answers) >= REQUESTS:
            raise NoRequest(f"more than {REQUESTS} requests in one improve")
        answer = self._answer(request)
        self.answers.append(answer)
        return answer

    def _answer(self, request: ScoreRequest | ModelRequest | JudgementNote) -> Answer:
        if isinstance(request, ModelRequest):
            keyed = self._model.ask(request.fields())
            return self._replayed(keyed.key, keyed) or self._model.reply(keyed)
        key = request.program.digest
        if isinstance(request, JudgementNote):
            self._replayed(key)  # a replay has to judge the same drafts in the same places
            return self._note(request)
        return self._replayed(key) or self._score(request.program)

    def _note(self, note: JudgementNote) -> NotedReply:
        """The first drafts count; one that is judged again is judged anew."""
        key = note.program.digest
        if key in self.judged or len(self.judged) < MOST_JUDGED:
            self.judged[key] = note.program, note.score
        return NotedReply(key)

    def _score(self, program: Program) -> ScoreReply | ExhaustedReply:
        if self.remaining <= 0:
            return ExhaustedReply(program.digest)
        self.remaining -= 1
        score = self._utility(program)
        value = round(float(score), DIGITS)
        return ScoreReply(program.digest, value, score.failure, self.remaining, score.detail, score.numbers)

    def _replayed(self, key: str, keyed: KeyedRequest | None = None) -> Answer | None:
        """The recorded answer. Raises NoRequest when the request is not the recorded one."""
        if self._record is None:
            return self._answered_before(key)
        answer = self._next_recorded()
        if answer.request != key:
            differs = keyed is not None and isinstance(answer, ModelReply)
            change = self._model.changed(answer.request, keyed) if differs and keyed else key[:12]
            raise NoRequest(f"the replay asks for something that was not recorded: {change}")
        return answer

    def _next_recorded(self) -> Answer:
        data = next(self._recorded, None)
        if data is None:
            raise RecordEnds("the replay asks for more than was recorded")
        try:
            return answer_from_json(data)
        except ValueError as error:
            raise NoRequest(f"what was recorded is {error}") from None

    def _answered_before(self, key: str) -> Answer | None:
        """What the lost guest was told at this point. One that goes another way now gets new answers."""
        if self._answered and self._answered[0].request != key:
            self._answered = []
        return self._answered.pop(0) if self._answered else None


@dataclass(frozen=True)
class Improve:
    """One call: `scaffold` is to improve `program` on `utility`, asking models through `line`, with `seed` for
    its randomness. With `replies` it is told these, and nothing is measured or asked."""

    scaffold: Program
    program: Program
    utility: HostUtility
    line: Line
    seed: int
    limits: config.Improve
    replies: Sequence[Mapping[str, Any]] | None = None
    context: Context | None = None
    """What the scaffold may know of its record."""

    def work(self) -> RunImprove:
        """What the guest is told at its start."""
        given = self.scaffold, self.program, self.utility.description, self.utility.budget
        return RunImprove(*given, tuple(self.line.names), self.line.remaining, self.seed, self.context)

    @property
    def ceilings(self) -> Ceilings:
        return Ceilings(self.limits.cpu_s, self.limits.wall_s, self.limits.memory_mib * MiB)


def improve(sandbox: Callable[[], Session], call: Improve) -> Improvement:
    """Make the call in the guest that `sandbox` gives, a fresh one if the last has ended. The scaffold's failure
    is an Improvement without a program; raises SandboxLost for ours."""
    work, talk = call.work(), Conversation(call.utility, call.line, call.replies)
    made = _once(sandbox(), work, call.ceilings, talk)
    if not made.unexplained:
        return made
    talk.again()
    second = _once(sandbox(), work, call.ceilings, talk)
    detail = f"{TWICE}: {second.detail}" if second.unexplained else second.detail
    return replace(second, detail=detail, spend=made.spend + second.spend)


def _once(session: Session, work: RunImprove, ceilings: Ceilings, talk: Conversation) -> Improvement:
    started = time.perf_counter()
    child = session.spawn(work, ceilings)
    made, failure, detail = _converse(child, talk)
    log = printed(_end(child, session))
    spend = Spend(cpu_s=session.bill(), wall_s=time.perf_counter() - started)
    transcript = tuple(answer.to_json() for answer in talk.answers)
    return Improvement(made, failure, detail, transcript, tuple(talk.judged.values()), spend, talk.unexplained, log)


def _converse(child: Child, talk: Conversation) -> tuple[Program | None, str | None, str]:
    try:
        while True:
            request = received(child.receive())
            if isinstance(request, Done):
                return request.program, None, ""
            child.send(talk.answer(request).to_json())
    except ChildEnded as ended:
        talk.unexplained = ended.exit.unexplained
        reason = "no program" if ended.exit.reason == "exit" else ended.exit.reason
        return None, reason, telling_line(ended.exit.log)
    except RecordEnds as error:
        return None, RECORD_ENDS, str(error)
    except NoRequest as error:  # nothing wider: what goes wrong in a utility or a judge is our failure
        return None, "protocol", str(error)[:500]


def _end(child: Child, session: Session) -> str:
    """Its log."""
    if not session.dead:
        with contextlib.suppress(ChildEnded):  # it has just taken its guest along
            child.kill()
    return child.exit.log if child.exit else ""
