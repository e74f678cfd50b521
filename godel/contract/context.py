"""What a scaffold may know of the record that it stands in, when it is to make a child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .program import Program


@dataclass(frozen=True)
class TaskScore:
    """What the scaffold scored on one task of the search split: the mean of so many `trials`, and its 95 % interval;
    None for a bound that one trial can't give."""

    task: str
    score: float
    low: float | None
    high: float | None
    trials: int


@dataclass(frozen=True)
class Trouble:
    """The trial that cost the scaffold most. `failure`: how it failed, or ""; `log`: the end of what it printed, with
    the traceback if it crashed; `transcript`: what it was told meanwhile, in short, a line each."""

    task: str
    score: float
    failure: str
    log: str
    transcript: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """A self-edit that was made of the same scaffold before. `edit`: what changed, in a line or a few; `outcome`: its
    status (accepted, rejected, refused, failed, …), and `reason` why; `gain`: the mean paired difference of the scores,
    None where there is none."""

    edit: str
    outcome: str
    reason: str
    gain: float | None


@dataclass(frozen=True)
class Context:
    """What a scaffold may know of the record it stands in; of the search split only. `others`: further parents, in
    order, where a child is to be made of several: the program that it is given is the first. `scores` by task, `worst`
    trial and what was `tried` before, oldest first, are of the program that it is given. `budget` says what this
    improve and those of the child may use, `interface` what is there to be called: text for a prompt."""

    others: tuple[Program, ...] = ()
    scores: tuple[TaskScore, ...] = ()
    worst: Trouble | None = None
    tried: tuple[Tried, ...] = ()
    budget: str = ""
    interface: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain values, without `others`: these are programs of the record."""
        worst = None if self.worst is None else asdict(self.worst) | {"transcript": list(self.worst.transcript)}
        return {
            "scores": [asdict(each) for each in self.scores],
            "worst": worst,
            "tried": [asdict(each) for each in self.tried],
            "budget": self.budget,
            "interface": self.interface,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any], others: tuple[Program, ...] = ()) -> Context:
        """Raises TypeError, ValueError or LookupError for anything else than `to_json` gives."""
        worst = None if data["worst"] is None else Trouble(**data["worst"])
        return Context(
            others,
            tuple(TaskScore(**each) for each in data["scores"]),
            worst and replace(worst, transcript=tuple(worst.transcript)),
            tuple(Tried(**each) for each in data["tried"]),
            str(data["budget"]),
            str(data["interface"]),
        )

    def in_words(self) -> str:
        """All of it but the other parents, for a prompt; "" where nothing is known."""
        parts = [_scores(self.scores), _worst(self.worst), _tried(self.tried), self.budget, self.interface]
        return "\n\n".join(filter(None, parts))


def _scores(scores: tuple[TaskScore, ...]) -> str:
    head = "What it scored on each task (0: the task's initial program, 1: a strong reference):"
    return "\n".join([head, *map(_score, scores)]) if scores else ""


def _score(each: TaskScore) -> str:
    within = "" if each.low is None or each.high is None else f", 95 % interval {each.low:.3f} to {each.high:.3f}"
    return f"- {each.task}: {each.score:.3f} (trials: {each.trials}{within})"


def _worst(worst: Trouble | None) -> str:
    if worst is None:
        return ""
    failed = f", a failure: {worst.failure}" if worst.failure else ""
    parts = [f"The trial that cost it most: {worst.task}, score {worst.score:.3f}{failed}."]
    if worst.transcript:
        parts.append("What it was told there:\n" + "\n".join(f"- {line}" for line in worst.transcript))
    if worst.log:
        parts.append(f"The end of its log there:\n{worst.log}")
    return "\n".join(parts)


def _tried(tried: tuple[Tried, ...]) -> str:
    head = "Changes of it that were tried before, and what became of them. Don't propose one of these again:"
    lines = [f"- {each.outcome}{_gain(each.gain)}: {each.edit}\n  {each.reason}".rstrip() for each in tried]
    return "\n".join([head, *lines]) if tried else ""


def _gain(gain: float | None) -> str:
    return "" if gain is None else f", gain {gain:+.4f}"
