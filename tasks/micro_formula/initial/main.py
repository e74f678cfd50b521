"""A guess: something grows with both inputs."""

GAIN = 1.0
HALF = 4.0
SLOPE = 2.0
EDGE = 1.0
LOSS = 0.2


def response(x, y):
    rising = GAIN * x + y / (HALF + x)
    loss = LOSS * max(0, y - EDGE)
    return rising + SLOPE * x - loss
