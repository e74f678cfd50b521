"""What a guest must not see or reach, in every tier: tried by code that wants to."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from godel.sandbox import GUEST_LIBRARY

ATTEMPTS = """
def attempt(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except OSError as error:
        return error.strerror or str(error)
    return "it worked"
"""


def test_the_network_is_absent(lab: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        said = lab.ask(
            ATTEMPTS
            + """
import socket
local = attempt(socket.create_connection, ("127.0.0.1", request), 2)
remote = attempt(socket.create_connection, ("192.0.2.1", 80), 2)
name = attempt(socket.getaddrinfo, "example.org", 80)
devices = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]]
return [local, remote, name, devices]
""",
            server.getsockname()[1],
        )
    local, remote, name, devices = said
    assert local in ("Connection refused", "Network is unreachable")
    assert remote == "Network is unreachable"
    assert name != "it worked"
    assert set(devices) <= {"lo"}


def test_the_hosts_abstract_sockets_are_absent(lab: Any) -> None:
    address = f"godel-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + address)
        server.listen()
        said = lab.ask(
            ATTEMPTS + "\nimport socket\nwith socket.socket(socket.AF_UNIX) as client:\n"
            "    return attempt(client.connect, '\\0' + request)",
            address,
        )
    assert said == "Connection refused"


def test_host_files_are_absent(lab: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the held-out seeds")
    places = [str(secret), __file__, str(Path(__file__).parents[2] / "pyproject.toml"), "/var/run/docker.sock"]
    found = lab.ask(
        """
        import os
        roots = [f"/proc/{pid}/{link}" for pid in os.listdir("/proc") if pid.isdigit() for link in ("root", "cwd")]
        return [root + place for root in ["", *roots] for place in request if os.path.exists(root + place)]
        """,
        places,
    )
    assert found == []


def test_the_tasks_judges_and_references_are_absent(lab: Any) -> None:
    found = lab.ask("""
        import os
        names = {"judge.py", "reference", "task.toml"}
        return [os.path.join(folder, name) for folder, folders, files in os.walk("/opt") for name in folders + files
                if name in names and "/torch/" not in folder]
    """)
    assert found == []


def test_the_environment_is_ours_alone(monkeypatch: pytest.MonkeyPatch, tier: Any, own_lab: Any) -> None:
    monkeypatch.setenv("GODEL_TEST_API_KEY", "sk-very-secret")
    own_lab.close()
    own_lab.session = own_lab.open()
    own, all_processes = own_lab.ask("""
        import os
        texts = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for file in ("environ", "cmdline"):
                try:
                    texts.append(open(f"/proc/{pid}/{file}").read())
                except PermissionError:
                    pass
        return [dict(os.environ), texts]
    """)
    assert set(own) == {"HOME", "USER", "PATH", "LANG", "OMP_NUM_THREADS"}
    assert "sk-very-secret" not in "".join(all_processes)
    assert str(Path.home()) not in own.values()


def test_no_other_process_can_be_opened(lab: Any) -> None:
    """Neither the zygote nor an init beside it: their pipes lead to the host."""
    opened = lab.ask("""
        import os
        opened = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for file in ("fd/0", "fd/1", "fd/2", "mem", "environ", "oom_score_adj"):
                try:
                    os.close(os.open(f"/proc/{pid}/{file}", os.O_RDWR if pid != str(os.getpid()) else os.O_RDONLY))
                    opened.append((pid, file))
                except OSError:
                    pass
        return [file for pid, file in opened if pid != str(os.getpid())]
    """)
    assert opened == []


def test_it_has_no_privilege(lab: Any) -> None:
    status = lab.ask("""
        lines = open("/proc/self/status").read().splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    """)
    assert all(int(uid) >= 1000 for uid in (status["Uid"] + "\t" + status["Gid"]).split())
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Amb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_nothing_can_be_written_but_two_folders(lab: Any) -> None:
    writable = lab.ask(
        """
        import os
        found = []
        for place in request + [folder for folder, _, _ in os.walk("/opt")][:50]:
            try:
                with open(place + "/written", "w"):
                    found.append(place)
            except OSError:
                pass
        return found
        """,
        [
            "/",
            "/etc",
            "/usr",
            "/usr/lib",
            "/dev",
            "/opt",
            "/root",
            "/proc",
            "/proc/sys",
            "/tmp",
            "/dev/shm",
            GUEST_LIBRARY,
        ],
    )
    assert writable == ["/tmp", "/dev/shm"]


def test_the_kernels_settings_are_read_only(lab: Any) -> None:
    """With a uid that is root's outside, /proc/sys/kernel/core_pattern would be a way out."""
    writable = lab.ask("""
        import os
        found = []
        for folder, folders, files in os.walk("/proc"):
            # Anybody may ask to be told of pressure: those files are open to all, and change nothing.
            others = ("self", "thread-self", "pressure")
            folders[:] = [name for name in folders if not name.isdigit() and name not in others]
            for name in files:
                try:
                    os.close(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_NONBLOCK))
                    found.append(os.path.join(folder, name))
                except OSError:
                    pass
        return found
    """)
    assert [place for place in writable if not hidden(place)] == []


def test_dangerous_system_calls_fail(lab: Any) -> None:
    said = lab.ask("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        calls = {
            "unshare user": lambda: libc.unshare(0x10000000),
            "unshare mount": lambda: libc.unshare(0x00020000),
            "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
            "umount": lambda: libc.umount2(b"/tmp", 2),
            "chroot": lambda: libc.chroot(b"/tmp"),
            "sethostname": lambda: libc.sethostname(b"x", 1),
            "bpf": lambda: libc.syscall(321 if os.uname().machine == "x86_64" else 280, 0, 0, 0),
            "keyctl": lambda: libc.syscall(250 if os.uname().machine == "x86_64" else 219, 0, 0, 0),
            "setuid": lambda: libc.setuid(0),
            "setgroups": lambda: libc.setgroups(0, None),
        }
        return [name for name, call in calls.items() if call() != -1]
    """)
    assert said == []


def test_devices_are_the_harmless_ones(lab: Any) -> None:
    devices = lab.ask("import os\nreturn sorted(os.listdir('/dev'))")
    harmless = {
        "core",
        "fd",
        "full",
        "mqueue",
        "null",
        "ptmx",
        "pts",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "tty",
        "urandom",
        "zero",
        "console",
    }
    assert set(devices) <= harmless


def test_descriptors_are_a_childs_own(lab: Any) -> None:
    kinds = lab.ask("""
        import os
        return sorted(os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in os.listdir("/proc/self/fd")
                      if os.path.lexists(f"/proc/self/fd/{fd}"))
    """)
    assert kinds == ["/dev/null", "pipe", "pipe", "pipe", "pipe"]


def hidden(place: str) -> bool:
    """Docker and we lay /dev/null over these: writing there goes nowhere."""
    return place in {
        f"/proc/{name}"
        for name in (
            "kcore",
            "keys",
            "kmsg",
            "timer_list",
            "sched_debug",
            "latency_stats",
            "timer_stats",
            "sysrq-trigger",
        )
    }


STANDING = """
import os, resource
kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)
return [os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0)), [resource.getrlimit(k) for k in kinds]]
"""
SABOTAGE = """
import os, resource, signal
init, zygote = 1, os.getppid()
said = []
for pid in {init, zygote}:
    low = (16, 16)
    said.append(attempt(resource.prlimit, pid, resource.RLIMIT_NOFILE, low))
    said.append(attempt(resource.prlimit, pid, resource.RLIMIT_FSIZE, low))
    said.append(attempt(os.sched_setaffinity, pid, {0}))
    said.append(attempt(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0)))
    said.append(attempt(os.setpriority, os.PRIO_PROCESS, pid, 19))
said.append(attempt(os.setpriority, os.PRIO_PGRP, os.getpgid(zygote), 19))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
for number in range(1, 65):
    for pid in {init, zygote}:
        attempt(os.kill, pid, number)
return said
"""


def test_a_child_can_not_hamper_the_children_after_it(lab: Any) -> None:
    """Where it has its zygote's uid, too: it can neither end it nor lower what it hands on."""
    before = lab.ask(STANDING)
    said = lab.ask(ATTEMPTS + SABOTAGE)
    assert "it worked" not in said
    assert not lab.session.dead
    assert lab.ask(STANDING) == before
