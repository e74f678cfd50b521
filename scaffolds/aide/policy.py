"""The search policy: what the next step is, by the node that it works on (section 3 of the paper)."""

from __future__ import annotations

import random

from journal import Journal, Node

DRAFTS = 5
DRAFTS_SHARE = 0.25  # of all steps, at most: the released settings' 5 of 20
DEBUG_CHANCE = 0.5
DEBUG_DEPTH = 3  # fixes of fixes, at most


def drafts(steps: int) -> int:
    """How many first solutions a search of so many steps begins with."""
    return max(1, min(DRAFTS, int(DRAFTS_SHARE * steps)))


def choose(journal: Journal, first: int, rng: random.Random) -> Node | None:
    """None: draft. A node that fails: debug it. Another one: improve it."""
    if len(journal.drafts) < first:
        return None
    failing = [node for node in journal.failed if journal.is_leaf(node) and node.debug_depth < DEBUG_DEPTH]
    if failing and rng.random() < DEBUG_CHANCE:
        return rng.choice(failing)
    return journal.best
