import math

from godel.tasks.judging import Invalid, Verdict
from godel.tasks.judging.seeding import stream


def instance(seed, preset):
    return float(stream(seed, "noise").uniform(0, preset["spread"]))


def score(instance, candidate):
    candidate.start()
    guess = candidate.call(None)
    if not isinstance(guess, float) or not math.isfinite(guess):
        raise Invalid("guess: expected a finite number")
    return Verdict((guess - 7) ** 2 + instance)
