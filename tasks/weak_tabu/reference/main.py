"""Tabu search: the best of some neighbours is next, even if it is worse, and no text is tried twice."""

NEIGHBOURS = 3
STEP = 0.7
WORDS = 0.5
SLACK = 0.02  # what the next text may be worse than the best
MEMORY = 99  # texts that are remembered


def neighbour(here, seen, rng):
    """A text that was not tried, if there is one nearby."""
    for _ in range(20):
        tried = here.changed(rng, STEP, WORDS)
        if tried.text not in seen:
            break
    return tried


def improve(problem, utility, rng):
    here, best, top = problem, problem, 0.0
    seen = [problem.text]
    while utility.remaining:
        around = []
        for _ in range(min(NEIGHBOURS, utility.remaining)):
            around.append(neighbour(here, seen[-MEMORY:], rng))
            seen.append(around[-1].text)
        scores = [utility(each) for each in around]
        level = max(scores)
        here = around[scores.index(level)]
        if level > top:
            best, top = here, level
        if level < top - SLACK:
            here = best
    return best
