"""What runs inside a sandbox, and what a scaffold may import there.

A scaffold is a program with one function, in its entry file:

    def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program

This package uses the standard library only, and is the same file inside and outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
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
    led here from the program that `improve` was given; it is no part of its identity."""

    files: Mapping[str, str]
    entry: str = "main.py"
    edits: tuple[Edit, ...] = field(default=(), compare=False)

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
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not a program: {error!r}") from None
        if not isinstance(files, dict) or not isinstance(entry, str) or entry not in files:
            raise ValueError("not a program: its entry file is not among its files")
        if not all(isinstance(text, str) for text in files.values()):
            raise ValueError("not a program: every file must be text")
        return Program(files, entry, edits)


class Score(float):
    """A normalised score: 0 is the initial program, 1 the reference. `failure` names
    the class of a candidate that could not be scored (its value is then the floor, -1)."""

    failure: str | None

    def __new__(cls, value: float, failure: str | None = None) -> Score:
        score = super().__new__(cls, value)
        score.failure = failure
        return score


class BudgetExhausted(Exception):
    """The utility or model was called more often than its budget allows."""


class ModelUnavailable(Exception):
    """This run has no language model; scaffolds that need one refuse with this."""


class Utility(Protocol):
    """Scores a program. `description` is public text; `remaining` counts the calls left
    (0 from the start means: propose blind)."""

    description: str
    remaining: int

    def __call__(self, program: Program) -> Score:
        """Raises BudgetExhausted when `remaining` is 0."""


class Model(Protocol):
    """A language model behind the host's gateway. It may be absent."""

    available: bool

    def __call__(self, prompt: str, n: int = 1, temperature: float = 1.0) -> list[str]:
        """n replies. Raises ModelUnavailable or BudgetExhausted."""
