"""The rule by which the claims were decided."""


def accept(size, age, rate, load):
    if rate > 8.5:
        return True
    return size > 3.5 and age < 7.0 and load < rate + 4
