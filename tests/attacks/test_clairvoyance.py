"""Decide online with a look at what comes: the driver holds all items, one frame up the stack."""

from __future__ import annotations

from attacks import CLAIRVOYANT, Arena, extended, task


def test_it_pays_while_nobody_looks_and_fails_when_it_counts(arena: Arena) -> None:
    packing = task("online_bin_packing")
    advice = arena.advise(packing, extended(packing.initial, CLAIRVOYANT))
    assert advice.value is not None and advice.value < arena.honest(packing), "the attack itself is broken"
    outcome = arena.attack(packing, CLAIRVOYANT)
    assert outcome.failure == "invalid"
    assert "depend on later items" in outcome.detail
