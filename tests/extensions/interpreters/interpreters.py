"""An executor whose workers are other interpreters: they share nothing with the driver but JSON over a pipe.

godel launch executor=interpreters:Interpreters
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from queue import SimpleQueue
from subprocess import PIPE, Popen

from godel.loop import wire
from godel.loop.elsewhere import answers
from godel.loop.executor import Message
from godel.loop.orders import Order
from godel.loop.worker import Services, Setup

ENDED = json.dumps({"failure": {"kind": "SandboxLost", "text": "an interpreter ended"}})


@dataclass(frozen=True)
class Interpreters:
    """As many interpreters as the run has workers."""

    python: str = sys.executable

    def start(self, setup: Setup, services: Services) -> Remote:
        command = [self.python, "-m", __name__]
        return Remote([Popen(command, stdin=PIPE, stdout=PIPE) for _ in range(setup.run.workers)], setup)


class Remote:
    def __init__(self, workers: list[Popen[bytes]], setup: Setup) -> None:
        self._workers, self._orders = workers, SimpleQueue[tuple[int, object]]()
        self._messages = SimpleQueue[Message]()
        for worker in workers:
            threading.Thread(target=self._feed, args=(worker, wire.setup_json(setup)), daemon=True).start()

    def submit(self, number: int, order: Order) -> None:
        self._orders.put((number, wire.order_json(order)))

    def next(self) -> Message:
        return self._messages.get()

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.communicate()

    def _feed(self, worker: Popen[bytes], message: object) -> None:
        assert worker.stdin and worker.stdout
        worker.stdin.write(json.dumps(message).encode() + b"\n")
        while order := self._orders.get():
            worker.stdin.write(json.dumps(order).encode() + b"\n")
            worker.stdin.flush()
            self._messages.put(wire.message_from(json.loads(worker.stdout.readline() or ENDED), order[0]))


if __name__ == "__main__":
    for each in answers(json.loads(sys.stdin.readline()), map(json.loads, sys.stdin)):
        print(json.dumps(each), flush=True)
