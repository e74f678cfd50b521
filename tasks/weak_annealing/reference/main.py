"""Anneals: what is worse is taken too, the less the colder it is."""

import math

STEP = 0.7
WORDS = 0.5
HOT = 0.02
COOLING = 0.8  # of the temperature, from one try to the next
LEFT = 0  # calls that are not used


def taken(change, temperature, rng):
    return change > 0 or rng.random() < math.exp(change / temperature)


def improve(problem, utility, rng):
    here, level = problem, 0.0
    best, top = problem, 0.0
    temperature = HOT
    while utility.remaining > LEFT:
        tried = here.changed(rng, STEP, WORDS)
        score = utility(tried)
        if taken(score - level, temperature, rng):
            here, level = tried, score
        if level > top:
            best, top = here, level
        temperature = max(1e-9, temperature * COOLING)
    return best
