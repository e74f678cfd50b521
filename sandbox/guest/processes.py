"""Processes of a guest, as its zygote sees and ends them."""

from __future__ import annotations

import os
import signal
import time

from godel.sandbox.guest import oom

FIXED_SIGNALS = {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}
"""Two that nobody can handle, and two that Python ignores: as errors they say more."""


def handle_signals() -> None:
    """As the system does, here and in all that is forked: whoever started us may ignore some (nohup, `&`). But that a
    child has ended is to be noticed, and SIGINT to be ignored: Python handles it, and what an init handles its
    children can send it, where they have its uid."""
    for number in signal.valid_signals() - FIXED_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def exited(pid: int) -> bool:
    """Whether `pid` has ended; it stays a zombie, so that its usage can still be read. Its orphans
    are reaped on the way: where this process is init, they count against the limit until then."""
    while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if ended.si_pid == pid:
            return True
        os.waitpid(ended.si_pid, 0)
    return False


def kill_everybody() -> bool:
    """Everybody in this pid namespace but its init and this process; False if nobody was there."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def reap() -> None:
    """Wait for our children to end; those of another init are reaped by it, in a moment."""
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        time.sleep(0.0005)


def is_stopped(pid: int) -> bool:
    """Whether a signal has stopped this process, which has not been waited for."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] in "Tt"


def describe(code: int, oom_kills: int | None) -> str:
    """`oom_kills`: as it was when the child began. None: the host knows, and says whose SIGKILL it was."""
    if code == -signal.SIGKILL:
        now = oom.kills()
        return "memory" if now is not None and oom_kills is not None and now > oom_kills else "sigkill"
    if code == 137:
        return "memory"
    if code == -signal.SIGXCPU:
        return "cpu"
    return "exit" if code == 0 else "crash"
