"""Every reply that crossed the channel while a generation was made: what a replay answers from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from godel.contract import Context

from .trial import Split, Trial

Replies = Sequence[Mapping[str, Any]]
"""All that one improve was told, in order, as JSON values."""


@dataclass(frozen=True)
class Transcript:
    """`proposal`: what the improve was told that made the child, and `context` what it was given to know of its record,
    as JSON (None: nothing); `trials`: what the child's improves were told, and `logs` the end of what they printed,
    where that is anything."""

    proposal: Replies = ()
    trials: Mapping[Trial, Replies] = field(default_factory=dict)
    logs: Mapping[Trial, str] = field(default_factory=dict)
    context: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        trials = [
            {"trial": list(trial), "replies": list(replies)} | ({"log": self.logs[trial]} if trial in self.logs else {})
            for trial, replies in self.trials.items()
        ]
        context = {} if self.context is None else {"context": dict(self.context)}
        return {"proposal": list(self.proposal), "trials": trials, **context}

    @classmethod
    def from_json(cls, data: Any) -> Transcript:
        """Raises ValueError, TypeError or LookupError for anything else than `to_json` gives."""
        trials = {_trial(*each["trial"]): _replies(each["replies"]) for each in data["trials"]}
        logs = {_trial(*each["trial"]): _text(each["log"]) for each in data["trials"] if "log" in each}
        return cls(_replies(data["proposal"]), trials, logs, _context(data.get("context")))


def _trial(task: Any, split: Any, seed: Any) -> Trial:
    if type(task) is not str or type(seed) is not int:
        raise TypeError(f"no trial: {task!r:.40} {seed!r:.40}")
    return Trial(task, Split(split), seed)


def _replies(data: Any) -> Replies:
    if type(data) is not list or not all(type(each) is dict for each in data):
        raise TypeError("replies that are no list of objects")
    return tuple(data)


def _text(data: Any) -> str:
    if type(data) is not str:
        raise TypeError(f"a log that is no text: {data!r:.40}")
    return data


def _context(data: Any) -> Mapping[str, Any] | None:
    if data is None:
        return None
    if type(data) is not dict:
        raise TypeError(f"a context that is no object: {data!r:.40}")
    return Context.from_json(data).to_json()
