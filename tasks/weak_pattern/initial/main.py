"""Pattern search: a step for each number, that grows where it gains and turns round where it does not."""

import math

BEGIN = 0.15  # the first steps, as logarithms
GROWS = 1.3
TURNS = 0.98  # what becomes of a step that gains nothing
WORDS = 0.02  # of the tries change a word
NEEDED = 0.1  # gain that counts as one


def improve(problem, utility, rng):
    best, top = problem, 0.0
    steps = [BEGIN * rng.choice((-1, 1)) for _ in problem.numbers]
    while utility.remaining:
        if not steps or (best.words and rng.random() < WORDS):
            tried, place = best.another_word(rng), None
        else:
            place = rng.randrange(len(steps))
            tried = best.with_number(place, best.numbers[place] * math.exp(steps[place]))
        score = utility(tried)
        gained = score > top + NEEDED
        if gained:
            best, top = tried, score
        if place is not None:
            steps[place] *= GROWS if gained else TURNS
    return best
