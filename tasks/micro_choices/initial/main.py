"""Levels by rote."""


def settings(low, middle, high):
    return plan(low, middle, high, low, middle, high, low, middle, high)
