"""The families of micro problems, by name."""

from __future__ import annotations

from collections.abc import Mapping

from . import Draw, choices, dispatch, formula, knobs, order, rule, staircase, valley, weights

FAMILIES: Mapping[str, Draw] = {
    "knobs": knobs.draw,
    "valley": valley.draw,
    "staircase": staircase.draw,
    "weights": weights.draw,
    "rule": rule.draw,
    "formula": formula.draw,
    "dispatch": dispatch.draw,
    "order": order.draw,
    "choices": choices.draw,
}
