"""Proves each protection of a tier by trying to break it, for real.

The attempts are in `probes.py`, which runs inside; this file plants the canaries, opens the
doors on the host that must not be found, and judges.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from godel.sandbox import Limits, MiB, Spec, Tier
from godel.sandbox.channel import ChildEnded, Session
from godel.sandbox.guest import Program

LIMITS = Limits(memory_bytes=256 * MiB, pids=48, tmpfs_bytes=32 * MiB, file_bytes=16 * MiB, log_bytes=1 * MiB)
CHILD_BYTES = 128 * MiB


class Finding(NamedTuple):
    """One attempt. `holds` is None when it could not be tried, and `detail` says why."""

    protection: str
    attempt: str
    holds: bool | None
    detail: str


@dataclass(frozen=True)
class Attempt:
    """A probe with its arguments. `ends` names the reasons for which the sandbox may rightly
    end the child instead of letting the probe finish."""

    protection: str
    attempt: str
    probe: str
    arguments: dict[str, Any]
    ends: tuple[str, ...] = ()
    cpu_s: float = 10.0
    wall_s: float = 20.0


@dataclass(frozen=True)
class Canaries:
    """What lies about on the host, to be found if a protection fails."""

    files: list[str]
    secret: str
    port: int
    abstract: str


def examine(tier: Tier, report: Callable[[Finding], None] = lambda _: None) -> list[Finding]:
    """Try everything on `tier`. Raises SandboxError when the tier can't start at all."""
    findings = []
    with planted() as canaries:
        session = start(tier)
        try:
            for attempt in attempts(canaries):
                if session.dead:
                    session = start(tier)
                finding = check(session, attempt)
                findings.append(finding)
                report(finding)
            findings.append(bounded_log(session))
            report(findings[-1])
        finally:
            session.close()
    return findings


def attempts(canaries: Canaries) -> list[Attempt]:
    marker = "left-" + canaries.secret[:8]
    return [
        Attempt("network", "reach listeners on the host", "network_host",
                {"port": canaries.port, "abstract": canaries.abstract}),
        Attempt("network", "interfaces, names, metadata service", "network_outside", {}),
        Attempt("host files", "read planted and well-known files", "host_files", {"paths": canaries.files}),
        Attempt("host files", "write outside of the scratch folders", "read_only", {}),
        Attempt("environment", "find a planted variable", "environment", {"canary": canaries.secret}),
        Attempt("keys", "find a planted key in any process", "environment", {"canary": "key-" + canaries.secret}),
        Attempt("processes", "see the host's processes", "processes", {"marker": canaries.secret}),
        Attempt("/proc", "kernel settings, memory, devices", "kernel", {}),
        Attempt("/proc", "reach into the zygote", "zygote", {}),
        Attempt("channel", "inherited descriptors", "inherited", {}),
        Attempt("channel", "speak as the zygote", "speak_as_zygote", {}, ("garbage", "out of turn"), wall_s=10.0),
        Attempt("privilege", "root, capabilities, mounts, namespaces", "privilege", {}),
        Attempt("privilege", "refused system calls", "seccomp", {}),
        Attempt("limits", "core dumps, own ceilings", "limits", {}),
        Attempt("fork bomb", f"more than {LIMITS.pids} processes", "fork_bomb", {"most": 500},
                ("memory", "crash", "lost")),
        Attempt("memory", f"more than {CHILD_BYTES >> 20} MiB", "memory_bomb",
                {"step": 4 * MiB, "most": 4 * CHILD_BYTES}, ("memory", "lost")),
        Attempt("memory", "the same through children", "children_memory_bomb",
                {"step": 4 * MiB, "most": 4 * CHILD_BYTES}, ("memory", "lost", "crash")),
        Attempt("disk", "fill the scratch folders", "disk_bomb", {"most": 512 * MiB}, ("memory", "crash")),
        Attempt("deadline", "use CPU past it", "spin", {"seconds": 60.0}, ("cpu",), cpu_s=0.5),
        Attempt("deadline", "sit past it, deaf to signals", "sleep", {"seconds": 60.0}, ("wall",), wall_s=1.0),
        Attempt("escape of children", "leave a daemon behind", "daemon", {"marker": marker}),
        Attempt("escape of children", "find it afterwards", "left_behind", {"marker": marker}),
        Attempt("log", "print 64 MiB", "log_flood", {"megabytes": 64}),
    ]  # fmt: skip


def start(tier: Tier) -> Session:
    session = Session(tier.start(Spec("candidate", (), LIMITS)))
    session.wait_ready()
    return session


def check(session: Session, attempt: Attempt) -> Finding:
    """Run one probe as a candidate, and judge what it says or how it ended."""
    payload = {
        "program": Program({"main.py": ""}).to_json(),
        "driver": (Path(__file__).parent / "probes.py").read_text(),
    }
    child = session.spawn("godel.sandbox.guest.candidate:main", payload, cpu_s=attempt.cpu_s, wall_s=attempt.wall_s,
                          memory_bytes=CHILD_BYTES, file_bytes=LIMITS.file_bytes)  # fmt: skip
    try:
        child.receive()
        child.send({"probe": attempt.probe, "arguments": attempt.arguments})
        holds, detail = child.receive()
        child.kill()
    except ChildEnded as ended:
        holds, detail = ended.exit.reason in attempt.ends, f"ended: {ended.exit.reason} {last_line(ended.exit.log)}"
    return Finding(attempt.protection, attempt.attempt, bool(holds), str(detail)[:200])


def bounded_log(session: Session) -> Finding:
    size = len(session.guest.log())
    return Finding("log", "what the host kept of it", size <= LIMITS.log_bytes, f"{size} characters")


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


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
