"""Scores outside of the loop: orders without an order among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from godel.loop.executor import Executor, Failed, Waiting
from godel.loop.orders import Evaluate, Evaluated


def batch(executor: Executor, orders: Sequence[Evaluate]) -> Iterator[tuple[int, Evaluated]]:
    """The results as they come, each with the place of its order; then the executor is closed. Raises the first
    failure.

    What 0 and 1 mean on an instance is measured once: of orders with the same trials, the later ones wait."""
    with closing(executor):
        waiting = dict(enumerate(orders))
        under_way: dict[int, Evaluate] = {}
        while waiting or under_way:
            for number in _free(waiting, under_way):
                under_way[number] = waiting.pop(number)
                executor.submit(number, under_way[number])
            while isinstance(message := executor.next(), Waiting):
                pass
            if isinstance(message, Failed):
                raise message.error
            del under_way[message.number]
            yield message.number, message.result


def _free(waiting: dict[int, Evaluate], under_way: dict[int, Evaluate]) -> list[int]:
    """The orders that share no trial with one that is under way, nor with another of them."""
    taken = {trial for order in under_way.values() for trial in order.trials}
    free = []
    for number, order in waiting.items():
        if taken.isdisjoint(order.trials):
            free.append(number)
            taken |= set(order.trials)
    return free
