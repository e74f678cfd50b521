"""Who does a run's orders. One from outside is chosen as any policy is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from godel.registry import Registry

if TYPE_CHECKING:
    from godel.loop.executor import Executor
    from godel.loop.worker import Services, Setup


class Starts(Protocol):
    def start(self, setup: Setup, services: Services) -> Executor:
        """An executor for a run whose orders have `setup` in common. `services` are those of this process: one that
        works elsewhere has others there."""


EXECUTORS: Registry[Starts] = Registry(
    kind="executor",
    key="executor",
    group="godel.executors",
    shipped={"threads": "godel.loop.threads:InThreads"},
    needs=("start",),
)
DEFAULT = "threads"
