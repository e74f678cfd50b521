"""A small population: the better of some is changed, and the child takes the place of the worst."""

SIZE = 3
RIVALS = 3  # of which the best becomes a parent
STEP = 0.7
WORDS = 0.5


def improve(problem, utility, rng):
    pool = [(0.0, problem)] * SIZE
    top, best = pool[0]
    while utility.remaining:
        rivals = [rng.choice(pool) for _ in range(RIVALS)]
        _, parent = max(rivals, key=lambda each: each[0])
        child = parent.changed(rng, STEP, WORDS)
        score = utility(child)
        pool.append((score, child))
        pool.remove(min(pool, key=lambda each: each[0]))
        if score > top:
            top, best = score, child
    return best
