"""Sources that edits are tried on."""

from __future__ import annotations

SAMPLE = '''\
"""A bit of everything."""

import math

RATE = 0.5
SIZES = (3, -2, 0.0)
DEEP = True


def area(width, height):
    """Documented."""
    total = width * height + RATE
    if total > height and width != 0:
        total += width
    for size in SIZES:
        total = max(total, size) - math.sqrt(abs(size))
    return total if DEEP else -total


class Box:
    def area(self, width, height):
        # what it has
        volume = area(width, height) / 2
        while volume > 10:
            volume -= 1
        return volume
'''
