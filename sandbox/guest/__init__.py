"""What runs inside a sandbox, and what a scaffold may import there.

A scaffold is a program with one function, in its entry file:

    def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program

This package uses the standard library only, and is the same file inside and outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol


class Edit(NamedTuple):
    """One operator applied once: what a self-edit reports of itself."""

    operator: str
    target: str
    before: str
    after: str


@dataclass(frozen=True)
class Program:
    """Paths to text, with an entry file. `edits` is the trail of operators that
    led here from the program that `improve` was given, `deleted` names what its ancestors had and
    gave up (see `fingerprint.py`); both are no part of its identity."""

    files: Mapping[str, str]
    entry: str = "main.py"
    edits: tuple[Edit, ...] = field(default=(), compare=False)
    deleted: frozenset[str] = field(default=frozenset(), compare=False)

    def with_file(self, path: str, text: str, *edits: Edit) -> Program:
        """A copy in which `path` reads `text`, with `edits` appended to the trail."""
        return replace(self, files={**self.files, path: text}, edits=self.edits + edits)

    @property
    def digest(self) -> str:
        """SHA-256 over entry, paths and bytes: the identity of the tree."""
        body = json.dumps([self.entry, sorted(self.files.items())], ensure_ascii=True)
        return hashlib.sha256(body.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {"files": dict(self.files), "entry": self.entry, "edits": [list(e) for e in self.edits]}

    @staticmethod
    def from_json(data: Any) -> Program:
        """Raises ValueError unless `data` is exactly a program: untrusted guests send these."""
        try:
            files, entry = data["files"], data["entry"]
            edits = tuple(Edit(*map(str, edit)) for edit in data.get("edits", ()))
            deleted = frozenset(map(str, data.get("deleted", ())))
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not a program: {error!r}") from None
        if not isinstance(files, dict) or not isinstance(entry, str) or entry not in files:
            raise ValueError("not a program: its entry file is not among its files")
        if not all(isinstance(text, str) for text in files.values()):
            raise ValueError("not a program: every file must be text")
        return Program(files, entry, edits, deleted)


class Score(float):
    """A normalised score: 0 is the initial program, 1 the reference. `failure` names
    the class of a candidate that could not be scored (its value is then the floor, -1)."""

    failure: str | None

    def __new__(cls, value: float, failure: str | None = None) -> Score:
        score = super().__new__(cls, value)
        score.failure = failure
        return score


class ToolCall(NamedTuple):
    """A function that the model wants called, with its arguments. One whose arguments were no
    JSON object has `problem` instead, for the model to be told."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""
    problem: str = ""


class Reply(str):
    """What a model wrote, with the tools that it wants called. `model` is who wrote it."""

    tool_calls: tuple[ToolCall, ...]
    model: str

    def __new__(cls, text: str, tool_calls: Sequence[ToolCall] = (), model: str = "") -> Reply:
        reply = super().__new__(cls, text)
        reply.tool_calls, reply.model = tuple(tool_calls), model
        return reply

    def message(self) -> dict[str, Any]:
        """As a message of the conversation that goes on from here."""
        calls = [{"id": call.id, "type": "function",
                  "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))}}
                 for call in self.tool_calls]  # fmt: skip
        return {"role": "assistant", "content": str(self), **({"tool_calls": calls} if calls else {})}


class BudgetExhausted(Exception):
    """The utility or model was called more often than its budget allows."""


class ModelUnavailable(Exception):
    """This run has no language model; scaffolds that need one refuse with this."""


class RequestRefused(Exception):
    """The model can't be asked this: too long, or something that it does not have. Asking again is no use."""


class Utility(Protocol):
    """Scores a program. `description` is public text; `remaining` counts the calls left
    (0 from the start means: propose blind)."""

    description: str
    remaining: int

    def __call__(self, program: Program) -> Score:
        """Raises BudgetExhausted when `remaining` is 0."""

    def judged(self, program: Program, score: float) -> None:
        """Tell the laboratory what you think that a draft is worth (any scale, more is better). It scores the
        draft once you are done, and reports how well you judge; you are told nothing."""


Messages = str | Sequence[Mapping[str, Any]]
"""One user message, or a conversation: {"role": "system" | "user" | "assistant" | "tool", "content": …}."""


class Model(Protocol):
    """A language model behind the host's gateway. It may be absent.

    `names` are the models of this run, first choice first; `remaining` counts the calls left.
    """

    available: bool
    names: tuple[str, ...]
    remaining: int

    def __call__(
        self,
        prompt: Messages,
        n: int = 1,
        temperature: float = 1.0,
        *,
        stop: Sequence[str] = (),
        max_tokens: int | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> list[Reply]:
        """n replies. `tools`: functions as {"name", "description", "parameters" (JSON schema)};
        `schema`: the JSON schema of the reply, where the model has that; `name`: one of `names`.
        Raises ModelUnavailable, BudgetExhausted or RequestRefused."""
