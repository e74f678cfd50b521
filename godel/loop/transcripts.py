"""What a generation's improves were told, as it is stored: enough to make it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from godel.lineage import Split
from godel.loop.orders import Proposed, Recorded
from godel.scoring.evaluator import Replies, Trial


def transcript(result: Proposed) -> list[dict[str, Any]]:
    """The proposal's replies, but for the seed, which nobody proposed; and those of each trial of the child."""
    trials = [
        {
            "phase": "trial",
            "trial": [each.evaluation.task, str(each.evaluation.split), each.evaluation.seed],
            "replies": list(each.replies),
        }
        for each in result.scored
    ]
    proposal = [{"phase": "propose", "replies": list(result.proposal)}] if result.generation.index else []
    return [*proposal, *trials]


def recorded(parts: Sequence[Mapping[str, Any]]) -> Recorded:
    """From the form in which it is stored."""
    proposal: Replies = ()
    trials: dict[Trial, Replies] = {}
    for part in parts:
        if part["phase"] == "propose":
            proposal = part["replies"]
        else:
            task, split, seed = part["trial"]
            trials[Trial(task, Split(split), seed)] = part["replies"]
    return Recorded(proposal, trials)
