"""The first program in a nursery: does the heavy imports once, then forks guests in which nothing has run.

It never runs, reads or unpickles anything untrusted. Its orders come from the host alone, over a socket that no
guest holds, and come with the descriptors of the guest to be. For each order:

    nursery ── fork ──> keeper ── unshare(pid), fork ──> guest: the init of its own namespaces, then a zygote

The keeper stays to see how the guest ends, and tells the host. Where the nursery ends, the kernel ends all of them:
it is the init of the pid namespace that theirs are in.
"""

from __future__ import annotations

import sys

sys.path.insert(0, __file__.removesuffix("/godel/sandbox/guest/nursery.py"))
sys.path[:] = [path for path in sys.path if not path.endswith("/sandbox/guest")]

import gc
import importlib
import json
import os
import signal
import socket
import traceback
from dataclasses import replace

from godel.sandbox.guest import kernel
from godel.sandbox.guest.birth import Birth, Descriptors, be_born
from godel.sandbox.guest.child import seed_randomness
from godel.sandbox.guest.jobs import NurseryReady, NurserySettings
from godel.sandbox.guest.meter import Meter
from godel.sandbox.guest.scratch import remove_litter
from godel.sandbox.guest.tellings import ENDED, GUEST, KEEPER
from godel.sandbox.guest.zygote import EVERY_CHILD_IMPORTS, Zygote

ORDER_BYTES = 1 << 16
MOST_DESCRIPTORS = 16


class Nursery:
    def __init__(self, settings: NurserySettings) -> None:
        self.settings, self.meter, self.billed_s = settings, Meter(settings.cpu_fd), 0.0
        # Its own copy, in a number that no guest has: descriptor 0 is every guest's pipe.
        self.orders = socket.socket(fileno=os.dup(0))

    def prepare(self) -> None:
        """All that every guest imports, once."""
        os.setresgid(self.settings.uid, self.settings.uid, self.settings.uid)
        os.setresuid(self.settings.uid, self.settings.uid, self.settings.uid)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        sys.path += self.settings.path
        for name in (*self.settings.preload, *EVERY_CHILD_IMPORTS):
            importlib.import_module(name)
        remove_litter()
        seed_randomness()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are reaped by the kernel
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Until the host hangs up."""
        self.prepare()
        self.orders.send(json.dumps(NurseryReady(len(os.listdir("/proc/self/task"))).to_json()).encode())
        while True:
            order, received, _, _ = socket.recv_fds(self.orders, ORDER_BYTES, MOST_DESCRIPTORS)
            if not order:
                return
            cost_s = self.due()
            if not os.fork():
                self.keep(order, received, cost_s)
            for fd in received:
                os.close(fd)

    def due(self) -> float:
        """CPU seconds that were used since the last guest: the first one is billed the imports."""
        total = self.meter.total()
        due, self.billed_s = total - self.billed_s, total
        return due

    def keep(self, text: bytes, received: list[int], cost_s: float) -> None:
        """In a fork: bear one guest and wait for its end. Never returns."""
        try:
            order = Birth.from_json(json.loads(text))
            descriptors = Descriptors.of(received, order.entrances)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            teller = socket.socket(fileno=descriptors.teller)
            teller.send(KEEPER)
            kernel.unshare(kernel.NEWPID)
            guest = os.fork()
            if not guest:
                teller.send(GUEST)
                live(order, descriptors, cost_s)
            for fd in {0, *received, self.orders.fileno()} - {descriptors.teller}:
                os.close(fd)
            _, status = os.waitpid(guest, 0)
            teller.send(b"%s %d" % (ENDED, os.waitstatus_to_exitcode(status)))
        except BaseException:
            traceback.print_exc()  # the nursery's log; the host sees that nothing was born
        finally:
            os._exit(0)


def live(order: Birth, descriptors: Descriptors, cost_s: float) -> None:
    """In the new pid namespace's first process: a guest from its birth to its end. Never returns."""
    status = 1
    try:
        os.dup2(descriptors.stderr, 2)
        be_born(order, descriptors)
        Zygote(replace(order.settings, spent_s=cost_s)).serve()
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
        print(stop, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    Nursery(NurserySettings.from_json(json.loads(sys.argv[1]))).serve()
