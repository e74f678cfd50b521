"""Each scaffold that was kept is as likely as the next: what a choice by score has to beat."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import Expand, View


@dataclass(frozen=True)
class Uniform:
    """Any that was kept, each as likely as the next: for controls."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        return Expand((rng.choice(view.members).tree,))
