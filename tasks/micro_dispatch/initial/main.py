"""Long jobs first, unless another is due very soon."""

SOON = 3.0
URGENCY = 2.0
CARE = 0.1


def priority(due, length, weight, now):
    left = due - now
    if left < SOON:
        return URGENCY * length
    return length - CARE * left
