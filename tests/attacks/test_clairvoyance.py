"""Decide online with a look at what comes: the driver holds all items, one frame up the stack."""

from __future__ import annotations

import pytest
from attacks import CLAIRVOYANT, Arena, extended, task


def test_it_pays_while_nobody_looks_and_fails_when_it_counts(arena: Arena) -> None:
    packing = task("online_bin_packing")
    advice = arena.advise(packing, extended(packing.initial, CLAIRVOYANT))
    assert advice.value is not None and advice.value < arena.honest(packing), "the attack itself is broken"
    outcome = arena.attack(packing, CLAIRVOYANT)
    assert outcome.failure == "invalid"
    assert "depend on later items" in outcome.detail


NEXT_FEW = """
def priority(item, bins):
    place = driver_sees()
    scores = (item - bins).astype(float)        # best fit, but bins that a later item fills are kept for it
    for later in place["items"][place["index"] + 1 : place["index"] + 1 + WINDOW].tolist():
        scores = np.where(bins - item == later, scores + 30.0, scores)
        if later != item:
            scores = np.where((bins == later) & (bins > item), scores - 60.0, scores)
    return scores
"""
SEEDS = range(6)


@pytest.mark.parametrize("window", [16, 4])
def test_a_look_at_the_next_few_items_is_found_out(arena: Arena, window: int) -> None:
    """On most instances, so that no average over seeds can gain by it."""
    packing = task("online_bin_packing", cpu_s=30.0)
    attack = extended(packing.initial, f"WINDOW = {window}\n" + CLAIRVOYANT + NEXT_FEW)
    advice = [arena.advise(packing, attack, seed).value or 99.0 for seed in SEEDS]
    best_fit = [arena.advise(packing, packing.reference, seed).value or 0.0 for seed in SEEDS]
    assert sum(advice) < sum(best_fit), "the attack itself is broken"
    failures = [arena.record(packing, attack, seed).failure for seed in SEEDS]
    assert failures.count("invalid") > len(SEEDS) / 2, failures
