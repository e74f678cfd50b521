"""The conditions that come with the laboratory: settings that a run differs by, and what it hands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

HandsIn = Literal["best", "walk"]
BEST: HandsIn = "best"
WALK: HandsIn = "walk"
CHOOSING = {"selection", "acceptance", "pruning", "gate", "scoring"}
"""Settings that decide what becomes of a proposal."""


@dataclass(frozen=True)
class Condition:
    """`settings`: over those of the design. `hands_in`: "best", its best on the search split; or "walk", what is
    reached after as many kept edits as the best of the design's first condition has."""

    meaning: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    hands_in: HandsIn = BEST

    @property
    def chooses(self) -> bool:
        """Whether it differs in what becomes of proposals, and not only in who makes them."""
        return self.hands_in == WALK or bool(self.settings.keys() & CHOOSING)


def frozen(calls: int) -> Condition:
    return Condition(
        f"the seed proposes every edit, with {calls} utility calls on each",
        {"proposer": "seed", "improve": {"self_calls": calls}},
    )


ANY = {"acceptance": "any", "pruning": "none"}
BUILT_IN: Mapping[str, Condition] = {
    "self": Condition("the parent proposes its own edits: what the laboratory is for"),
    "frozen": Condition("the seed proposes every edit of the evolving source", {"proposer": "seed"}),
    "frozen_0": frozen(0),
    "frozen_10": frozen(10),
    "frozen_60": frozen(60),
    "sham": Condition("edits that are kept without selection, as many", {"selection": "chain", **ANY}, WALK),
    "independent": Condition(
        "every child is one edit of the seed; the best is handed in", {"selection": "root", **ANY}
    ),
    "sequential": Condition(
        "every child is one edit of the last; the best is handed in", {"selection": "chain", **ANY}
    ),
    "no_crossover": Condition("no child has two parents", {"crossover": 0.0}),
    "constants": Condition("edits of numbers alone", {"gate": ["numbers_only"]}),
}
BEST_FROZEN = "best_frozen"
"""The best of `FROZEN`, chosen for each run seed on the others: a baseline that was not tuned is beaten too easily."""
FROZEN = ("frozen_0", "frozen_10", "frozen_60")
