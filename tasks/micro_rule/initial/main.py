"""Looks at the wrong things, and the wrong way round."""

LOW = 2.0
HIGH = 6.0
MARGIN = 1.0


def accept(size, age, rate, load):
    if load < LOW:
        return size > HIGH
    return age > LOW and rate < size + MARGIN
