"""The best of all choices."""


def settings(low, middle, high):
    return plan(low, low, middle, high, low, high, middle, high, high)
