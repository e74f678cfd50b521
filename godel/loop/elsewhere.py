"""Doing orders in a process that shares nothing with the driver: another interpreter, another machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from godel.gateway.call_log import MemoryCallLog
from godel.gateway.factory import open_gateway
from godel.loop import wire
from godel.loop.orders import Order, Result
from godel.loop.patience import Renewed, patiently
from godel.loop.run_folder import tier_of
from godel.loop.worker import Services, Setup, Worker
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References


class Elsewhere:
    """Does orders with guests and a gateway of its own. Calls to models come back with the result; a ceiling on what
    they cost holds for each generation, and for the run against what was recorded when an order was given."""

    def __init__(self, worker: Renewed[Worker], log: MemoryCallLog) -> None:
        self._worker, self._log = worker, log

    def do(self, order: Order) -> Result:
        """Raises what a `Worker` raises, when it stays to the end."""
        result = patiently(lambda: self._worker.now().do(order), self._worker.end)
        return replace(result, model_calls=self._log.take())


@contextmanager
def elsewhere(setup: Setup) -> Iterator[Elsewhere]:
    """Opens what a worker needs; closes it in the end."""
    run, log = setup.run, MemoryCallLog()
    with (
        closing(tier_of(run)) as tier,
        Pool(tier) as pool,
        open_gateway(run.model, run.budget, log) as gateway,
        closing(References(pool, MemoryShelf())) as references,
        Renewed(partial(Worker, setup, Services(pool, references, gateway))) as worker,
    ):
        yield Elsewhere(worker, log)


def answers(setup: Any, orders: Iterable[tuple[int, Any]]) -> Iterator[dict[str, Any]]:
    """For each numbered order, all as JSON values: {"result": …} or {"failure": …}."""
    with elsewhere(wire.setup_from(setup)) as worker:
        for _, order in orders:
            try:
                yield {"result": wire.result_json(worker.do(wire.order_from(order)))}
            except Exception as error:  # whatever it is, it is raised where the results are waited for
                yield {"failure": wire.failure_json(error)}
