"""What the doctor leaves lying about on the host, to be found if a protection fails."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Canaries:
    """Planted files, a planted secret, and two listeners: a TCP port and an abstract UNIX name."""

    files: list[str]
    secret: str
    port: int
    abstract: str


@contextlib.contextmanager
def planted() -> Iterator[Canaries]:
    """Canaries on the host: files, variables, a key, open doors."""
    secret = secrets.token_hex(12)
    abstract = "godel-doctor-" + secret
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(listening("127.0.0.1", 0))
        stack.enter_context(listening(abstract))
        stack.enter_context(variables(GODEL_DOCTOR=secret, GODEL_DOCTOR_API_KEY="key-" + secret))
        stack.enter_context(process(secret))
        files = [stack.enter_context(file(folder, secret)) for folder in (tempfile.gettempdir(), Path.home())]
        yield Canaries([*files, __file__], secret, tcp.getsockname()[1], abstract)


@contextlib.contextmanager
def variables(**planted: str) -> Iterator[None]:
    os.environ.update(planted)
    try:
        yield
    finally:
        for name in planted:
            del os.environ[name]


@contextlib.contextmanager
def file(folder: str | Path, secret: str) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".godel-doctor-") as canary:
        canary.write(secret)
        canary.flush()
        Path(canary.name).chmod(0o644)  # what keeps a guest from it must be the sandbox
        yield canary.name


@contextlib.contextmanager
def process(secret: str) -> Iterator[None]:
    """A process of the host that has the secret on its command line."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", secret]) as canary:
        try:
            yield
        finally:
            canary.kill()


@contextlib.contextmanager
def listening(name: str, port: int | None = None) -> Iterator[socket.socket]:
    """A door on the host that answers whoever knocks."""
    family = socket.AF_UNIX if port is None else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.bind("\0" + name if port is None else (name, port))
        door.listen()
        threading.Thread(target=answer, args=(door,), daemon=True).start()
        yield door


def answer(door: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed: the examination is over
        while True:
            door.accept()[0].close()
