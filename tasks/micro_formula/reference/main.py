"""What was measured: it rises until `x` is saturated, and loses where `x` is too much."""


def response(x, y):
    return 3.2 * x * y / (1.4 + x) + 0.6 * y - 0.9 * max(0, x - 2)
