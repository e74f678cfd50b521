"""A run by the front door, with one who is told of each generation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import godel
from godel.lineage.analysis.lineage import Lineage
from godel.loop.open_run import OpenRun
from godel.loop.run import Observer
from godel.stopwatch import Stopwatch


class Watched(godel.Watch):
    """Tells `observer` of the generations, and nobody of the rest."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    @contextmanager
    def generations(self, run: OpenRun, lineage: Lineage, stopwatch: Stopwatch) -> Iterator[Observer]:
        yield self._observer
