"""Packs items in their order, each into the bin that the program likes best."""

from __future__ import annotations

from collections.abc import Callable
from importlib import reload
from types import ModuleType
from typing import Any

import numpy as np

from godel.sandbox.guest.port import pack, unpack


def run(program: ModuleType, request: Any) -> Any:
    """`request`: a list of {"capacity": int, "items": array}. For each, an array of bin numbers.
    The program is loaded anew for each: what it remembers of one stream ends with it."""
    return [pack(place(reload(program).priority, each["capacity"], unpack(each["items"]))) for each in request]


def place(priority: Callable[[float, np.ndarray], np.ndarray], capacity: int, items: np.ndarray) -> np.ndarray:
    """Bins are numbered in the order of their opening; one empty bin is always on offer.
    Among equals the newest wins: to want nothing in particular must not be first fit."""
    room = np.full(len(items) + 1, float(capacity))
    chosen = np.empty(len(items), dtype=np.int64)
    opened = 0
    for index, item in enumerate(items.tolist()):
        fits = (room[: opened + 1] >= item).nonzero()[0]
        bins = room[fits]
        scores = np.asarray(priority(float(item), bins))
        if scores.shape != bins.shape:
            raise ValueError(f"priority: expected an array of shape {bins.shape}, got {scores.shape}")
        chosen[index] = best = fits[len(fits) - 1 - scores[::-1].argmax()]
        room[best] -= item
        opened += int(best == opened)
    return chosen
