"""The first executor: threads of this process, each with a worker of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue

from godel.loop.executor import Done, Failed, Message, Waiting
from godel.loop.orders import Order, Result
from godel.loop.patience import DELAYS_S, Renewed, patiently
from godel.loop.worker import Services, Setup, Worker


@dataclass(frozen=True)
class InThreads:
    """In threads of this process, as many as the run has workers."""

    def start(self, setup: Setup, services: Services) -> Threads:
        return Threads(setup, services)


class Threads:
    """Threads of this process, as many as the run has workers.

    What went away is waited for; guests that may be gone are made anew."""

    def __init__(self, setup: Setup, services: Services, delays_s: Sequence[float] = DELAYS_S) -> None:
        self._new_worker: Callable[[], Worker] = partial(Worker, setup, services)
        self._delays_s = delays_s
        self._threads = ThreadPoolExecutor(setup.run.workers, thread_name_prefix="worker")
        self._own = threading.local()
        self._workers: list[Renewed[Worker]] = []
        self._stopping = threading.Event()
        self._messages: SimpleQueue[Message] = SimpleQueue()

    def submit(self, number: int, order: Order) -> None:
        self._threads.submit(self._do, number, order)

    def next(self) -> Message:
        return self._messages.get()

    def close(self) -> None:
        self._stopping.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.end()

    def _do(self, number: int, order: Order) -> None:
        try:
            self._messages.put(Done(number, self._with_patience(number, order)))
        except BaseException as error:  # whatever it is, it is raised where the results are waited for
            self._messages.put(Failed(number, error))

    def _with_patience(self, number: int, order: Order) -> Result:
        worker, began = self._worker(), time.monotonic()

        def attempt() -> Result:
            elapsed_s = order.allowance.elapsed_s + time.monotonic() - began
            return worker.now().do(replace(order, allowance=replace(order.allowance, elapsed_s=elapsed_s)))

        def waiting(problem: str, delay_s: float) -> None:
            self._messages.put(Waiting(number, problem, delay_s))

        return patiently(attempt, worker.end, waiting, delays_s=self._delays_s, stopping=self._stopping)

    def _worker(self) -> Renewed[Worker]:
        """This thread's."""
        if not hasattr(self._own, "worker"):
            self._own.worker = Renewed(self._new_worker)
            self._workers.append(self._own.worker)
        worker: Renewed[Worker] = self._own.worker
        return worker
