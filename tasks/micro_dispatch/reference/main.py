"""The apparent tardiness cost (Vepsalainen and Morton, Management Science 33, 1987)."""

PATIENCE = 12.0


def priority(due, length, weight, now):
    slack = max(0, due - length - now)
    return weight / length * exp(-slack / PATIENCE)
