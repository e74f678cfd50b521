"""The doorway for language models. The host holds the keys; a sandbox only ever sees replies.

`Gateway` opens a `Line` for each improve. A line counts what that improve may ask, chooses the
model, and answers from the run's records, from a cache, or from the provider. A run without a
model is a first-class run: `NoModel`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypedDict

from godel.ledger import Charge
from godel.lineage import Spend
from godel.sandbox.guest.messages import ExhaustedReply, ModelReply, RefusedReply

from .budgets import NestedBudget


class NoRequest(Exception):
    """A guest's message is no request of the contract: its failure, and none of ours."""


class Refused(Exception):
    """The model can't be asked this: too long, or something that it does not have. The scaffold is told. `cost`: of
    what was answered all the same."""

    def __init__(self, reason: str, cost: Spend | None = None) -> None:
        super().__init__(reason)
        self.cost = cost or Spend()


class Thinking(Refused):
    """All the tokens of a reply went into thinking: with more of them it may say something."""


class RecordedReply(TypedDict):
    """One reply, as it is recorded and sent to a guest: its text, the tools that the model wants called
    (each with name, arguments, id and problem), and why it ended ("length": it is cut off)."""

    text: str
    tool_calls: list[dict[str, Any]]
    finish_reason: str


@dataclass(frozen=True)
class Answer:
    """What a provider said to one request."""

    replies: tuple[RecordedReply, ...]
    tokens: int
    dollars: float
    latency_s: float = 0.0
    remarks: tuple[str, ...] = ()
    """What the server left out, and what was done about it."""

    @property
    def cost(self) -> Spend:
        return Spend(model_calls=1, tokens=self.tokens, dollars=self.dollars)


class KeyedRequest(NamedTuple):
    """A request as it will be sent. `body` has the model, the seed and all that is sent; `key` is its hash.
    `place` says which call of which improve it is."""

    key: str
    body: bytes
    parsed: Any
    model: str
    place: str


class Line(Protocol):
    """A scaffold's line to the models of its run, for one improve."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def remaining(self) -> int:
        """Calls that it may still make."""

    @property
    def spend(self) -> Spend:
        """What it has cost."""

    def ask(self, data: Any) -> KeyedRequest:
        """The guest's request, checked and ready to be sent. Raises NoRequest for one that is none."""

    def reply(self, request: KeyedRequest) -> ModelReply | ExhaustedReply | RefusedReply:
        """Raises ProviderFailed, and BudgetSpent when the run may spend no more."""

    def changed(self, recorded: str, request: KeyedRequest) -> str:
        """In words: what differs between a recorded request and this one."""

    def again(self) -> None:
        """The improve begins anew, and its first call is its first again. What it has used stays used."""


class Gateway(Protocol):
    """Holds the keys, on the host. Thread-safe."""

    @property
    def names(self) -> tuple[str, ...]:
        """The models of this run; none: a run without one."""

    def line(self, place: str, seed: int, budget: NestedBudget, charge: Charge, model: str = "") -> Line:
        """A line for the improve at `place` (a name unique in the run). Calls of equal `seed`
        that ask the same are answered alike. `model`: who answers, where the scaffold does not say."""

    def settle(self, order: str) -> None:
        """An order is done, under whose name its lines have their places. Raises Unavailable where all that it asked
        was refused, and a plain question is refused too: then it is the provider's trouble, and no result."""


class NoModel:
    """No model in this run. The guest refuses before it asks; whoever asks anyway breaks the protocol."""

    names: tuple[str, ...] = ()
    remaining, spend = 0, Spend()

    def line(self, place: str, seed: int, budget: NestedBudget, charge: Charge, model: str = "") -> Line:
        return self

    def settle(self, order: str) -> None:
        pass

    def ask(self, data: Any) -> KeyedRequest:
        raise NoRequest(f"this run has no language model, but was asked {str(data)[:80]}")

    def reply(self, request: KeyedRequest) -> ModelReply | ExhaustedReply | RefusedReply:
        raise AssertionError("nobody can ask")

    def changed(self, recorded: str, request: KeyedRequest) -> str:
        raise AssertionError("nobody can ask")

    def again(self) -> None:
        pass
