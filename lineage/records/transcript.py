"""Every reply that crossed the channel while a generation was made: what a replay answers from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .trial import Split, Trial

Replies = Sequence[Mapping[str, Any]]
"""All that one improve was told, in order, as JSON values."""


@dataclass(frozen=True)
class Transcript:
    """`proposal`: what the improve was told that made the child; `trials`: what the child's improves were told."""

    proposal: Replies = ()
    trials: Mapping[Trial, Replies] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        trials = [{"trial": list(trial), "replies": list(replies)} for trial, replies in self.trials.items()]
        return {"proposal": list(self.proposal), "trials": trials}

    @classmethod
    def from_json(cls, data: Any) -> Transcript:
        """Raises ValueError, TypeError or LookupError for anything else than `to_json` gives."""
        trials = {_trial(*each["trial"]): _replies(each["replies"]) for each in data["trials"]}
        return cls(_replies(data["proposal"]), trials)


def _trial(task: Any, split: Any, seed: Any) -> Trial:
    if type(task) is not str or type(seed) is not int:
        raise TypeError(f"no trial: {task!r:.40} {seed!r:.40}")
    return Trial(task, Split(split), seed)


def _replies(data: Any) -> Replies:
    if type(data) is not list or not all(type(each) is dict for each in data):
        raise TypeError("replies that are no list of objects")
    return tuple(data)
