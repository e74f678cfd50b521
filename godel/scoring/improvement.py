"""One call of a scaffold's `improve` in its sandbox, with the host at the other end."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from godel import config
from godel.contract import Program, Score
from godel.contract.limits import REQUESTS
from godel.gateway import KeyedRequest, Line, NoRequest
from godel.lineage import Spend
from godel.logs import telling_line
from godel.sandbox import Limits, MiB, Spec
from godel.sandbox.channel import TWICE, Child, ChildEnded, Session
from godel.scoring.received import received

SCAFFOLD = Spec("scaffold", ("libcst", "godel.contract.editing"), Limits(memory_bytes=2048 * MiB))
MOST_JUDGED = 12
"""Drafts of one improve whose judgement is compared: each costs an evaluation."""
RECORD_ENDS = "record ends"
"""The failure of a replayed improve that asks on where the record ends."""
DIGITS = 4
"""Decimals of a score that go back into a sandbox: enough to climb, few to leak by."""


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
    that the scaffold judged itself, and what it said. `spend` is that of the
    scaffold's own guest: what its calls cost, the utility knows."""

    program: Program | None
    failure: str | None = None
    detail: str = ""
    transcript: tuple[Mapping[str, Any], ...] = ()
    judged: tuple[tuple[Program, float], ...] = ()
    spend: Spend = field(default_factory=Spend)
    unexplained: bool = False
    """Whether it may have been ended from outside."""


class RecordEnds(NoRequest):
    """The replayed improve asks on, where the recorded one had ended."""


class Conversation:
    """Answers one improve: from the utility and the model, or from a recorded transcript."""

    def __init__(self, utility: HostUtility, model: Line, recorded: Sequence[Mapping[str, Any]] | None) -> None:
        self._utility, self._model, self._record = utility, model, recorded
        self._recorded: Iterator[Mapping[str, Any]] = iter(recorded or ())
        self._said: list[Mapping[str, Any]] = []  # before the improve had to begin again
        self.remaining = utility.budget
        self.transcript: list[Mapping[str, Any]] = []
        self.judged: dict[str, tuple[Program, float]] = {}
        self.unexplained = False

    def again(self) -> None:
        """The improve begins anew, its guest being lost: what was measured and paid for is said again."""
        self._recorded, self._said = iter(self._record or ()), self.transcript
        self.transcript, self.judged, self.unexplained = [], {}, False
        self._model.again()

    def answer(self, message: dict[str, Any]) -> Mapping[str, Any]:
        """Raises NoRequest when the guest's message is no request of the contract."""
        if len(self.transcript) >= REQUESTS:
            raise NoRequest(f"more than {REQUESTS} requests in one improve")
        if "utility" in message:
            program = received(message["utility"])
            reply = self._replayed(program.digest) or self._score(program)
        elif "model" in message:
            asked = self._model.ask(message["model"])
            reply = self._replayed(asked.key, asked) or self._model.reply(asked)
        elif "judged" in message:
            program = received(message["judged"])
            reply = self._note(program, message.get("score"))
            self._replayed(program.digest)  # a replay has to judge the same drafts in the same places
        else:
            raise NoRequest(f"unknown request {str(list(message)[:3])[:200]}")
        self.transcript.append(reply)
        return reply

    def _note(self, program: Program, said: Any) -> dict[str, Any]:
        """Nothing is told back. The first drafts count; one that is judged again is judged anew."""
        if not isinstance(said, float) or not math.isfinite(said):
            raise NoRequest(f"a judgement that is no finite number: {str(said)[:80]}")
        if program.digest in self.judged or len(self.judged) < MOST_JUDGED:
            self.judged[program.digest] = program, said
        return {"request": program.digest, "noted": True}

    def _score(self, program: Program) -> dict[str, Any]:
        if self.remaining <= 0:
            return {"request": program.digest, "exhausted": True, "remaining": 0}
        self.remaining -= 1
        score = self._utility(program)
        return {
            "request": program.digest,
            "score": round(float(score), DIGITS),
            "failure": score.failure,
            "remaining": self.remaining,
        }

    def _replayed(self, key: str, asked: KeyedRequest | None = None) -> Mapping[str, Any] | None:
        """The recorded reply. Raises NoRequest when the request is not the recorded one."""
        if self._record is None:
            return self._said_before(key)
        reply = next(self._recorded, None)
        if reply is None:
            raise RecordEnds("the replay asks for more than was recorded")
        if reply["request"] != key:
            change = self._model.changed(reply["request"], asked) if asked and "replies" in reply else key[:12]
            raise NoRequest(f"the replay asks for something that was not recorded: {change}")
        return reply

    def _said_before(self, key: str) -> Mapping[str, Any] | None:
        """What the lost guest was told at this point. One that goes another way now gets new answers."""
        if self._said and self._said[0]["request"] != key:
            self._said = []
        return self._said.pop(0) if self._said else None


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

    def job(self) -> dict[str, Any]:
        """What the guest is told at its start."""
        given = {**self.program.to_json(), "edits": [], "deleted": sorted(self.program.deleted)}
        return {
            "scaffold": self.scaffold.to_json(),
            "seed": self.seed,
            "program": given,
            "description": self.utility.description,
            "budget": self.utility.budget,
            "models": list(self.line.names),
            "calls": self.line.remaining,
        }


def improve(sandbox: Callable[[], Session], call: Improve) -> Improvement:
    """Make the call in the guest that `sandbox` gives, a fresh one if the last has ended. The scaffold's failure
    is an Improvement without a program; raises SandboxLost for ours."""
    job, talk = call.job(), Conversation(call.utility, call.line, call.replies)
    made = _once(sandbox(), job, call.limits, talk)
    if not made.unexplained:
        return made
    talk.again()
    second = _once(sandbox(), job, call.limits, talk)
    detail = f"{TWICE}: {second.detail}" if second.unexplained else second.detail
    return replace(second, detail=detail, spend=made.spend + second.spend)


def _once(session: Session, job: Mapping[str, Any], limits: config.Improve, talk: Conversation) -> Improvement:
    started = time.perf_counter()
    child = session.spawn(
        "godel.sandbox.guest.scaffold:main",
        job,
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        memory_bytes=limits.memory_mib * MiB,
    )
    made, failure, detail = _converse(child, talk)
    _end(child, session)
    spend = Spend(cpu_s=session.bill(), wall_s=time.perf_counter() - started)
    heard = tuple(talk.transcript), tuple(talk.judged.values())
    return Improvement(made, failure, detail, *heard, spend, talk.unexplained)


def _converse(child: Child, talk: Conversation) -> tuple[Program | None, str | None, str]:
    try:
        while True:
            message = child.receive()
            if not isinstance(message, dict):
                raise NoRequest("a message that is no request")
            if "done" in message:
                return received(message["done"]), None, ""
            child.send(talk.answer(message))
    except ChildEnded as ended:
        talk.unexplained = ended.exit.unexplained
        reason = "no program" if ended.exit.reason == "exit" else ended.exit.reason
        return None, reason, telling_line(ended.exit.log)
    except RecordEnds as error:
        return None, RECORD_ENDS, str(error)
    except NoRequest as error:  # nothing wider: what goes wrong in a utility or a judge is our failure
        return None, "protocol", str(error)[:500]


def _end(child: Child, session: Session) -> None:
    if not session.dead:
        with contextlib.suppress(ChildEnded):  # it has just taken its guest along
            child.kill()
