"""A process is named for good: not by its pid alone."""

from __future__ import annotations

import os
import subprocess
import sys

from godel.sandbox import owner


def test_this_process_is_alive() -> None:
    assert owner.alive(owner.labels()) is True


def test_a_process_that_has_ended_is_not_even_as_a_zombie() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        labels = owner.labels(process.pid)
        assert owner.alive(labels) is True
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert owner.alive(labels) is False  # not yet waited for
    assert owner.alive(labels) is False


def test_another_process_with_the_same_pid_is_another_process() -> None:
    assert owner.alive({**owner.labels(), "godel.start": "1"}) is False


def test_of_another_boot_nobody_can_know() -> None:
    assert owner.alive({**owner.labels(), "godel.host": "another boot/4026531836"}) is None
