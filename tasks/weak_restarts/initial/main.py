"""Climbs by random changes, and starts again from the best text where it is stuck."""

STEP = 0.05
WORDS = 0.02
PATIENCE = 3  # changes in a row that gain nothing
MARGIN = 0.1  # that a gain has to have
KICKS = 1  # changes at once, where it starts again


def climb(begin, level, utility, rng):
    """The best text on the way from one that scores `level`, and its score."""
    here, failures = begin, 0
    while utility.remaining and failures < PATIENCE:
        tried = here.changed(rng, STEP, WORDS)
        score = utility(tried)
        failures += 1
        if score > level + MARGIN:
            here, level, failures = tried, score, 0
    return here, level


def improve(problem, utility, rng):
    best, top = climb(problem, 0.0, utility, rng)
    while utility.remaining:
        begin = problem
        for _ in range(KICKS):
            begin = begin.changed(rng, STEP, WORDS)
        found, level = climb(begin, utility(begin), utility, rng)
        if level > top:
            best, top = found, level
    return best
