"""Arms side by side, each in a process of its own, that all end with whoever started them."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from godel.errors import Interrupted, Unavailable
from godel.sandbox.guest import kernel
from godel.study.arms import Arm, perform

SPAWN = get_context("spawn")


def performed(arms: Iterable[Arm], jobs: int, tell: Callable[[Arm, int, bool], None]) -> None:
    """Perform all of them, `jobs` at a time; `tell` is told of each that begins or is over, and how many are. Raises
    what the first arm that fails does, once the others were stopped where they can be gone on with; so does Ctrl-C."""
    waiting, live, over = deque(arms), dict[Connection, tuple[BaseProcess, Arm]](), 0
    try:
        while waiting or live:
            while waiting and len(live) < jobs:
                arm = waiting.popleft()
                process, channel = _started(arm)
                live[channel] = process, arm
                tell(arm, over, False)
            for ready in wait(list(live)):
                assert isinstance(ready, Connection)
                process, arm = live.pop(ready)
                _ended(process, arm, ready)
                tell(arm, over := over + 1, True)
    finally:
        for process, _ in live.values():
            process.terminate()
        for process, _ in live.values():
            process.join()


def _started(arm: Arm) -> tuple[BaseProcess, Connection]:
    """Ctrl-C reaches every process of a terminal: here it is for the parent alone, which ends the others."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_perform, args=(arm, theirs))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return process, ours


def _ended(process: BaseProcess, arm: Arm, channel: Connection) -> None:
    error: Exception | None = Unavailable(f"{arm.label}: its process was ended from outside")
    with suppress(EOFError):
        error = channel.recv()
    process.join()
    channel.close()
    if error:
        raise error


def _perform(arm: Arm, channel: Connection) -> None:
    signal.signal(signal.SIGTERM, _stop)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)  # a parent that was killed ends nobody by itself
    error: Exception | None = None
    try:
        perform(arm)
    except KeyboardInterrupt:
        error = Interrupted(f"{arm.label}: interrupted")
    except Exception as failure:
        failure.add_note(arm.label)
        error = failure
    with suppress(ConnectionError):  # whoever would hear of it is gone
        channel.send(error)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the second comes from the parent
    raise KeyboardInterrupt
