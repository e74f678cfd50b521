"""What a scaffold and the host say to each other during one improve. Both ends have these types, and the JSON of
each is what the channel carries and a transcript keeps.

The scaffold asks (`Request`), the host answers each (`Answer`), until the scaffold hands in what it made (`Done`).
An answer names what was asked by its hash: so a replay sees where it goes another way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from godel.contract import Program, Reply, Score, ToolCall

JSON = dict[str, object]

# --- what a scaffold sends ---


@dataclass(frozen=True)
class ScoreRequest:
    """What is `program` worth? Answered by ScoreReply or ExhaustedReply."""

    program: Program

    def to_json(self) -> JSON:
        return {"utility": self.program.to_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ScoreRequest:
        return ScoreRequest(Program.from_json(data["utility"]))


@dataclass(frozen=True)
class ModelRequest:
    """What does a model say? Answered by ModelReply, ExhaustedReply or RefusedReply. The fields are those of
    `godel.contract.Model`; what each may hold, the gateway looks at."""

    messages: Sequence[Mapping[str, Any]]
    n: int = 1
    temperature: float = 1.0
    stop: Sequence[str] = ()
    max_tokens: int | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    schema: Mapping[str, Any] | None = None
    name: str = ""

    def fields(self) -> JSON:
        """By name, as the gateway takes them."""
        return dict(vars(self))

    def to_json(self) -> JSON:
        return {"model": self.fields()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ModelRequest:
        asked = data["model"]
        if not isinstance(asked, dict) or "messages" not in asked:
            raise ValueError(f"model: expected an object with messages; given: {str(asked)[:80]}")
        if unknown := asked.keys() - ModelRequest.__dataclass_fields__.keys():
            raise ValueError(f"model: {min(unknown)[:80]}: no such field")
        return ModelRequest(**asked)


@dataclass(frozen=True)
class JudgementNote:
    """The scaffold thinks that `program` is worth `score`. Answered by NotedReply."""

    program: Program
    score: float

    def to_json(self) -> JSON:
        return {"judged": self.program.to_json(), "score": self.score}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> JudgementNote:
        score = data.get("score")
        if not isinstance(score, float) or not math.isfinite(score):
            raise ValueError(f"a judgement that is no finite number: {str(score)[:80]}")
        return JudgementNote(Program.from_json(data["judged"]), score)


@dataclass(frozen=True)
class Done:
    """What `improve` gave back. It is the last word."""

    program: Program

    def to_json(self) -> JSON:
        return {"done": self.program.to_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Done:
        return Done(Program.from_json(data["done"]))


Request = ScoreRequest | ModelRequest | JudgementNote | Done


def request_from_json(data: object) -> Request:
    """Raises ValueError, in words, for what is no request: untrusted guests send these."""
    if not isinstance(data, dict):
        raise ValueError("a message that is no request")
    if "done" in data:
        return Done.from_json(data)
    if "utility" in data:
        return ScoreRequest.from_json(data)
    if "model" in data:
        return ModelRequest.from_json(data)
    if "judged" in data:
        return JudgementNote.from_json(data)
    raise ValueError(f"unknown request {str(list(data)[:3])[:200]}")


# --- what the host answers ---


@dataclass(frozen=True)
class ScoreReply:
    """The score, rounded, with the failure that it stands for, and how many calls are left. `detail` and `numbers`
    as in `Score`."""

    request: str
    score: float
    failure: str | None
    remaining: int
    detail: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def value(self) -> Score:
        return Score(self.score, self.failure, self.detail, self.numbers)

    def to_json(self) -> JSON:
        """What there is nothing of is left out: most scores are all there is to say."""
        plain: JSON = {key: getattr(self, key) for key in ("request", "score", "failure", "remaining")}
        return (
            plain
            | ({"detail": self.detail} if self.detail else {})
            | ({"numbers": dict(self.numbers)} if self.numbers else {})
        )


@dataclass(frozen=True)
class ModelReply:
    """What `model` wrote, n times, and how many calls are left."""

    request: str
    replies: tuple[Reply, ...]
    model: str
    remaining: int

    def to_json(self) -> JSON:
        replies = [
            {
                "text": str(reply),
                "tool_calls": [call._asdict() for call in reply.tool_calls],
                "finish_reason": reply.finish_reason,
            }
            for reply in self.replies
        ]
        return {"request": self.request, "replies": replies, "model": self.model, "remaining": self.remaining}


@dataclass(frozen=True)
class ExhaustedReply:
    """There is no call left."""

    request: str
    remaining: int = 0

    def to_json(self) -> JSON:
        return {"request": self.request, "exhausted": True, "remaining": self.remaining}


@dataclass(frozen=True)
class RefusedReply:
    """The model can't be asked this, and why; how many calls are left."""

    request: str
    refused: str
    remaining: int

    def to_json(self) -> JSON:
        return dict(vars(self))


@dataclass(frozen=True)
class NotedReply:
    """A judgement was noted. Nothing is told back."""

    request: str

    def to_json(self) -> JSON:
        return {"request": self.request, "noted": True}


Answer = ScoreReply | ModelReply | ExhaustedReply | RefusedReply | NotedReply


def answer_from_json(data: object) -> Answer:
    """Raises ValueError, in words, for what is no answer: a transcript may be a stranger's."""
    try:
        return _answer(data)
    except (TypeError, KeyError, AttributeError, ValueError, OverflowError) as error:
        raise ValueError(f"no answer: {error!r}"[:200]) from None


def _answer(data: Any) -> Answer:
    request = data["request"]
    if not isinstance(request, str):
        raise TypeError(f"{request!r} is no hash")
    if "score" in data:
        numbers = {str(name): float(value) for name, value in data.get("numbers", {}).items()}
        score, remaining = float(data["score"]), int(data["remaining"])
        return ScoreReply(request, score, data["failure"], remaining, str(data.get("detail", "")), numbers)
    if "replies" in data:
        model = str(data["model"])
        replies = tuple(reply_from_json(each, model) for each in data["replies"])
        return ModelReply(request, replies, model, int(data["remaining"]))
    if "exhausted" in data:
        return ExhaustedReply(request, int(data["remaining"]))
    if "refused" in data:
        return RefusedReply(request, str(data["refused"]), int(data["remaining"]))
    if "noted" in data:
        return NotedReply(request)
    raise KeyError("score, replies, exhausted, refused or noted")


def reply_from_json(data: Mapping[str, Any], model: str) -> Reply:
    """One reply of `model`: its text, the tools that it wants called, and why it ended."""
    return Reply(data["text"], [ToolCall(**call) for call in data["tool_calls"]], model, data["finish_reason"])
