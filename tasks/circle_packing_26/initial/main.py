"""Centres on a spiral, pushed apart for a while, and radii that grow as far as they can."""

import numpy as np

TURN = 2.2  # radians from one centre to the next
REACH = 0.8  # of half the square, the outermost centre
BORDER = 0.15
PUSHES = 4
PUSH = 0.0001
FALL = 2.0  # how fast a push fades with the distance
SHRINK = 0.97  # of the step, after each push
GREED = 0.4  # of the room that it finds, what a circle takes
ROUNDS = 1
MARGIN = 1e-9


def spiral(count: int) -> np.ndarray:
    number = np.arange(count) + 0.5
    radius = 0.5 * REACH * np.sqrt(number / count)
    return 0.5 + np.column_stack([radius * np.cos(TURN * number), radius * np.sin(TURN * number)])


def spread(centres: np.ndarray) -> np.ndarray:
    """Every centre pushes every other one away; the border holds them in."""
    step = PUSH
    for _ in range(PUSHES):
        apart = centres[:, None] - centres[None, :]
        distance = np.sqrt((apart**2).sum(axis=2)) + 0.01
        push = (apart / distance[:, :, None] ** (FALL + 1)).sum(axis=1)
        centres = np.clip(centres + step * push, BORDER, 1 - BORDER)
        step = SHRINK * step
    return centres


def grow(centres: np.ndarray) -> np.ndarray:
    """Radii, round by round: each circle takes a part of what its neighbours leave."""
    distance = np.sqrt(((centres[:, None] - centres[None, :]) ** 2).sum(axis=2)) + 2 * np.eye(len(centres))
    wall = np.minimum(centres, 1 - centres).min(axis=1)
    radii = np.zeros(len(centres))
    for _ in range(ROUNDS):
        for index in range(len(centres)):
            room = min(wall[index], (distance[index] - radii).min())
            radii[index] += GREED * (room - radii[index])
    return radii - MARGIN


def packing(count: int) -> np.ndarray:
    """A row (x, y, radius) for each circle."""
    centres = spread(spiral(count))
    return np.column_stack([centres, grow(centres)])
