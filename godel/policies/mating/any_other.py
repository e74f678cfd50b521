"""Any other scaffold that was kept, each as likely."""

from __future__ import annotations

import random
from dataclasses import dataclass

from godel.policies.selection import View


@dataclass(frozen=True)
class AnyOther:
    """Any other that was kept, each as likely."""

    def choose(self, view: View, parent: str, rng: random.Random) -> str | None:
        others = [each.tree for each in view.members if each.tree != parent]
        return rng.choice(others) if others else None
