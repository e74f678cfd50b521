"""An evolution strategy: some children of one parent, and a step that follows their success."""

BEGIN = 0.7  # the first step
CHILDREN = 2
CHANGES = 1  # that make a child
WORDS = 0.5
GROWTH = 1.1  # of the step where a child is better; where none is, it shrinks as much


def child(parent, step, rng):
    for _ in range(CHANGES):
        parent = parent.changed(rng, step, WORDS)
    return parent


def improve(problem, utility, rng):
    parent, level, step = problem, 0.0, BEGIN
    while utility.remaining:
        children = [child(parent, step, rng) for _ in range(min(CHILDREN, utility.remaining))]
        scores = [utility(each) for each in children]
        top = max(scores)
        if top > level:
            parent, level = children[scores.index(top)], top
            step *= GROWTH
        else:
            step /= GROWTH
    return parent
