"""What became of the requests of each order: a provider that refuses them all may be in trouble."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from . import KeyedRequest, Refused


class Tally:
    """Thread-safe."""

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._refused: dict[str, Counter[str]] = defaultdict(Counter)
        self._lock = threading.Lock()

    @contextmanager
    def counted(self, request: KeyedRequest) -> Iterator[None]:
        """Whether the block answers the request, or raises Refused."""
        order = root(request.place)
        try:
            yield
        except Refused:
            with self._lock:
                self._refused[order][request.model] += 1
            raise
        with self._lock:
            self._answered.add(order)

    def all_refused(self, order: str) -> Counter[str]:
        """By model, how many requests it refused; empty where any was answered, or none was asked."""
        with self._lock:
            name = root(order)
            return Counter() if name in self._answered else Counter(self._refused.get(name, {}))


def root(place: str) -> str:
    """The order that a place is in."""
    return place.partition("/")[0]
