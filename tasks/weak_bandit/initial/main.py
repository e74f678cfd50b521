"""A bandit over kinds of change: what has gained before is tried more often."""

STEPS = (0.01, 0.03, 0.1)
WORDS = 0.0  # their share, on the last arm
CURIOUS = 0.3  # of the tries go to any arm
RESET = 8  # tries, after which it forgets what it learned and what it found
TAKEN = -0.05  # gain from which on a change is kept
ARMS = (*((step, 0.0) for step in STEPS), (STEPS[-1], WORDS))


def chosen(gains, tries, rng):
    """The arm with the highest mean gain so far; now and then any."""
    if rng.random() < CURIOUS:
        return rng.randrange(len(ARMS))
    means = [gain / max(1, count) for gain, count in zip(gains, tries, strict=True)]
    return max(range(len(ARMS)), key=lambda arm: (means[arm], rng.random()))


def improve(problem, utility, rng):
    best, top = problem, 0.0
    gains, tries = [0.1] * len(ARMS), [0] * len(ARMS)
    while utility.remaining:
        if utility.remaining % RESET == 0:
            best, top = problem, 0.0
        arm = chosen(gains, tries, rng)
        step, words = ARMS[arm]
        tried = best.changed(rng, step, words)
        gain = utility(tried) - top
        tries[arm] += 1
        gains[arm] += max(0.0, gain)
        if gain > TAKEN:
            best, top = tried, top + gain
    return best
