"""The first program in a nursery: does the heavy imports once, then forks guests in which nothing has run.

It never runs, reads or unpickles anything untrusted. Its orders come from the host alone, over a socket that no
guest holds, and come with the descriptors of the guest to be. For each order it forks the init of a new pid
namespace, which makes itself a guest (`birth.py`) and then is its zygote. The nursery sees how each guest ends, and
tells the host. Where the nursery ends, the kernel ends all of them: it is the init of the pid namespace around theirs.
"""

from __future__ import annotations

import sys

sys.path.insert(0, __file__.removesuffix("/godel/sandbox/guest/nursery.py"))
sys.path[:] = [path for path in sys.path if not path.endswith("/sandbox/guest")]

import fcntl
import gc
import json
import os
import select
import signal
import socket
import traceback
from base64 import b64decode
from contextlib import suppress

from godel.sandbox.guest import kernel
from godel.sandbox.guest.birth import Birth, Descriptors, Known, be_born
from godel.sandbox.guest.child import prepare_children
from godel.sandbox.guest.imports import import_all
from godel.sandbox.guest.jobs import NurseryReady, NurserySettings
from godel.sandbox.guest.meter import Meter
from godel.sandbox.guest.processes import handle_signals
from godel.sandbox.guest.scratch import remove_litter
from godel.sandbox.guest.tellings import ENDED, GUEST
from godel.sandbox.guest.zygote import EVERY_CHILD_IMPORTS, Zygote

ORDER_BYTES = 1 << 16
MOST_DESCRIPTORS = 16
LAST_DESCRIPTOR = 1000
"""Always open here: a guest inherits the size of this process's table, which would show how many others there are."""


class Nursery:
    def __init__(self, settings: NurserySettings) -> None:
        self.settings, self.meter, self.billed_s = settings, Meter(settings.cpu_fd), 0.0
        self.orders = socket.socket(fileno=os.dup(0))
        fcntl.fcntl(self.orders, fcntl.F_DUPFD_CLOEXEC, LAST_DESCRIPTOR)
        self.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.known = Known.of(b64decode(settings.seccomp))
        self.tellers: dict[int, int] = {}
        """By pid, where the host is told of a guest."""
        self.wake, woken = os.pipe()
        for fd in (self.wake, woken):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)

    def prepare(self) -> None:
        """All that every guest imports, once."""
        os.setresgid(self.settings.uid, self.settings.uid, self.settings.uid)
        os.setresuid(self.settings.uid, self.settings.uid, self.settings.uid)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        sys.path += self.settings.path
        import_all((*self.settings.preload, *EVERY_CHILD_IMPORTS))
        if gpu_is_in_use():
            raise SystemExit("a GPU that is in use before a fork is of no use after it")
        remove_litter()
        prepare_children()
        handle_signals()
        gc.collect()
        gc.freeze()
        kernel.settle_heap()
        kernel.use_huge_pages()

    def serve(self) -> None:
        """Until the host hangs up."""
        self.prepare()
        self.orders.send(json.dumps(NurseryReady(len(os.listdir("/proc/self/task"))).to_json()).encode())
        while True:
            ready, _, _ = select.select([self.orders.fileno(), self.wake], [], [])
            if self.wake in ready:
                os.read(self.wake, 4096)
                self.tell_ends()
            if self.orders.fileno() in ready:
                order, received, _, _ = socket.recv_fds(self.orders, ORDER_BYTES, MOST_DESCRIPTORS)
                if not order:
                    return
                self.bear(order, received)

    def bear(self, order: bytes, received: list[int]) -> None:
        """The guest reads its `order` itself: what is touched here has to be copied for every guest."""
        cost_s = self.due()
        kernel.unshare(kernel.NEWPID)
        guest = kernel.fork()
        if not guest:
            live(order, received, self.known, cost_s)
        kernel.join(self.own_pids, kernel.NEWPID)
        self.tellers[guest], *others = received
        for fd in others:
            os.close(fd)

    def tell_ends(self) -> None:
        """Of every guest that has ended since."""
        while self.tellers:
            guest, status = os.waitpid(-1, os.WNOHANG)
            if not guest:
                return
            teller = self.tellers.pop(guest)
            with suppress(OSError):  # the host wants to know no more
                os.write(teller, b"%s %d" % (ENDED, os.waitstatus_to_exitcode(status)))
            os.close(teller)

    def due(self) -> float:
        """CPU seconds that were used since the last guest: the first one is billed the imports."""
        total = self.meter.total()
        due, self.billed_s = total - self.billed_s, total
        return due


def gpu_is_in_use() -> bool:
    """Whether an import has initialised CUDA already: a guest does so in itself."""
    return "torch" in sys.modules and bool(sys.modules["torch"].cuda.is_initialized())


def live(line: bytes, received: list[int], known: Known, cost_s: float) -> None:
    """In the new pid namespace's first process: a guest from its birth to its end. Never returns."""
    status = 1
    try:
        order = Birth.from_json(json.loads(line))
        descriptors = Descriptors.of(received, order.entrances)
        os.dup2(descriptors.stderr, 2)
        os.write(descriptors.teller, GUEST)
        be_born(order, descriptors, known)
        Zygote(order.settings, cost_s).serve()
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
