"""Tries one place after the other, and goes on where something is gained."""

FACTOR = 2.0  # by which a number is changed
WAYS = (1, -1)  # up, down
NEEDED = 0.0  # gain that counts as one
WORDS = True  # whether words are tried too


def moves(problem, rng):
    """What there is to try: numbers by their place and way, words by their place."""
    found = [(place, way) for place in range(len(problem.numbers)) for way in WAYS]
    if WORDS or not found:
        found += [(place, 0) for place in range(len(problem.words))]
    rng.shuffle(found)
    return found


def moved(problem, place, way, factor, rng):
    if way:
        return problem.with_number(place, problem.numbers[place] * factor**way)
    if rng.random() < 0.5:
        return problem.with_word(place, rng.choice(problem.options(place)))
    return problem.exchanged(place, rng.choice(alike(problem, place)))


def alike(problem, place):
    return [n for n in range(len(problem.words)) if problem.options(n) == problem.options(place)]


def improve(problem, utility, rng):
    best, top, factor = problem, 0.0, FACTOR
    waiting = moves(best, rng)
    while utility.remaining:
        place, way = waiting.pop()
        tried = moved(best, place, way, factor, rng)
        score = utility(tried)
        if score > top + NEEDED:
            best, top = tried, score
            waiting.append((place, way))
        if not waiting:
            waiting, factor = moves(best, rng), factor**0.6
    return best
