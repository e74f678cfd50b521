"""A request to stop is heard, wherever the program is when it comes."""

from __future__ import annotations

import os
import signal

import pytest

from godel import config
from godel.cli.progress import Progress
from godel.cli.signals import interruptible

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Finalized:
    """Something that the collector removes just when the signal comes: what is raised there, Python only prints."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # the signal is handled between two of these
            pass


def test_a_stop_that_python_has_swallowed_comes_with_the_next_generation() -> None:
    progress = Progress(config.Run())
    with interruptible():
        progress.started(1, "")
        Finalized()
        with pytest.raises(KeyboardInterrupt):
            progress.started(2, "")


def test_one_stop_does_not_last() -> None:
    progress = Progress(config.Run())
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        progress.started(1, "")
    with interruptible():
        progress.started(1, "")
