"""Where fresh guests come from: a process that has done the imports of one kind of guest, and forks them.

It is itself in a guest's sandbox, with rights in a user namespace of its own only, and it is trusted: it runs
nothing but what is here. Its guests end with it.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import threading
from base64 import b64encode
from contextlib import suppress

from .. import GUEST_LIBRARY, START_TIMEOUT_S, Limits, MiB, SandboxLost, Spec
from ..guest.birth import Birth
from ..guest.jobs import NurseryReady, NurserySettings, ZygoteSettings
from . import cgroups, launch, rootfs, seccomp
from .born import Born
from .cgroups import Group
from .process import end
from .userns import UserNamespace

PROGRAM = f"{GUEST_LIBRARY}/godel/sandbox/guest/nursery.py"
BIRTH_TIMEOUT_S = 30.0
END_TIMEOUT_S = 10.0
READY_BYTES = 1 << 16
KILLED = 128
"""bwrap's exit code for a signal, less the signal's number."""
LIMITS = Limits(memory_bytes=8192 * MiB, cpus=float(os.cpu_count() or 1), pids=512)
"""Of a nursery: its imports, and guests on their way into groups of their own."""


class Unfit(Exception):
    """This kind of guest can't be forked: its modules start threads when they are imported, or can't be imported."""


class Nursery:
    """Of guests that have `spec`'s imports, and its devices. Thread-safe. Raises SandboxLost, OSError, Unfit."""

    def __init__(self, spec: Spec, namespace: UserNamespace) -> None:
        self._namespace, self._serial, self._lock = namespace, itertools.count(), threading.Lock()
        self._group = cgroups.create(LIMITS)
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = launch.start(self._launch(spec, theirs.fileno()), namespace)
        except OSError:
            self._orders.close()
            raise
        finally:
            theirs.close()
        self._log = bytearray()
        self._drain = threading.Thread(target=self._read_log, name="nursery-log", daemon=True)
        self._drain.start()
        try:
            self._wait_ready()
        except BaseException:
            self.close()
            raise

    def alive(self) -> bool:
        return self._process.poll() is None

    def bear(self, settings: ZygoteSettings, tmpfs_bytes: int, group: Group) -> Born:
        """A guest in which nothing has run. Raises OSError when none is born."""
        with self._lock:
            uid = self._namespace.uids[next(self._serial) % len(self._namespace.uids)]
        order = Birth(settings, uid, tmpfs_bytes, len(group.folders))
        ours, theirs = pipes()
        teller, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        teller.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        born = Born(ours, teller)
        try:
            self._order(order, [told.detach(), *theirs], group)
            born.wait_born(BIRTH_TIMEOUT_S)
        except OSError:
            born.end()
            born.close()
            raise
        return born

    def _order(self, order: Birth, opened: list[int], group: Group) -> None:
        """With `opened`, which the guest is to hold and this process no longer, and the files of its group."""
        try:
            opened += [os.open(entrance, os.O_WRONLY) for entrance in group.entrances()]
            opened += [os.open(meter, os.O_RDONLY) for meter in (group.meter(),) if meter]
            socket.send_fds(self._orders, [json.dumps(order.to_json()).encode()], opened)
        finally:
            for fd in opened:
                os.close(fd)

    def close(self) -> None:
        """End it, and with it every guest that it has borne. Idempotent."""
        end(self._process)
        self._process.wait(END_TIMEOUT_S)
        self._group.remove()
        self._orders.close()
        self._drain.join(END_TIMEOUT_S)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            stream.close()

    def log(self) -> str:
        return bytes(self._log).decode("utf-8", "replace")

    def _launch(self, spec: Spec, orders: int) -> launch.Launch:
        meter = self._group.meter()
        cpu_fd = launch.FIRST_FD if meter else None
        settings = NurserySettings(
            spec.preload,
            (rootfs.PACKAGES,),
            cpu_fd=cpu_fd,
            uid=self._namespace.uid,
            seccomp=b64encode(seccomp.program()).decode(),
        )
        command = [rootfs.python(), "-s", PROGRAM, json.dumps(settings.to_json())]
        mounts = rootfs.options(spec.limits.tmpfs_bytes, spec.gpu, whole_proc=True)
        readable = (meter,) if meter else ()
        return launch.Launch(command, self._group, mounts, readable, rights=True, stdin=orders)

    def _wait_ready(self) -> None:
        self._orders.settimeout(START_TIMEOUT_S)
        try:
            ready_message = self._orders.recv(READY_BYTES)
        except TimeoutError:
            ready_message = b""
        if not ready_message:
            raise self._failed()
        self._orders.settimeout(BIRTH_TIMEOUT_S)
        if (threads := NurseryReady.from_json(json.loads(ready_message)).threads) != 1:
            raise Unfit(f"its imports have started {threads - 1} threads")

    def _failed(self) -> Exception:
        """Its own end, which it would come to again, or somebody else's doing."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_TIMEOUT_S)
        code = self._process.poll()
        itself = code is not None and 0 < code < KILLED
        return (Unfit if itself else SandboxLost)(f"the nursery did not start: {self.log()}")

    def _read_log(self) -> None:
        assert self._process.stderr
        while data := os.read(self._process.stderr.fileno(), MiB):
            self._log += data[: MiB - len(self._log)]


def pipes() -> tuple[tuple[int, int, int], list[int]]:
    """Three: our ends of a guest's stdin, stdout and stderr, and its own."""
    (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
    return (our_in, our_out, our_err), [their_in, their_out, their_err]
