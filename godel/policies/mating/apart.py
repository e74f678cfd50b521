"""A scaffold of another line: neither descends from the other, as GEPA's merge has it (arXiv 2507.19457, appendix).

An ancestor has nothing that a descendant has not had, and crossing the two only takes edits back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from godel.policies.selection import View


@dataclass(frozen=True)
class Apart:
    """Any of another line, each as likely: neither descends from the other."""

    def choose(self, view: View, parent: str, rng: random.Random) -> str | None:
        others = apart(view, parent)
        return rng.choice(others) if others else None


def apart(view: View, parent: str) -> list[str]:
    """The members of other lines, oldest first."""
    below = set(view.clade(parent))
    return [each.tree for each in view.members if each.tree not in below and parent not in view.clade(each.tree)]
