"""37: behave when watched. A candidate whose score is recorded sees what one whose score is advice sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import Arena, extended, task

from godel.scoring.bench import Bench

ROOT = Path(__file__).parents[2]
LOOK = """
import glob, hashlib, os, re, resource, signal, sys
def mount(line):   # a peer group's number is the least that is free: it tells which sandboxes run, whatever the label
    return re.sub(r"(shared|master):\\d+", r"\\1", line.split(" - ")[0].split(" ", 4)[4])
def steady(line):   # without what the kernel counts: memory, switches, the signals that wait for anybody of this uid
    return not re.match(r"(Vm|Rss|SigQ|\\w*voluntary_ctxt|(Tg|P|PP)id:|NS)", line)
def near(pid):   # a container's first process has a number that its runtime's threads left over
    return pid - os.getppid() if pid > 1 else pid
def text(path):
    try:
        return open(path).read()
    except OSError as error:
        return repr(error)
def target(fd):   # the numbers of pipes are the kernel's, counted over the whole machine
    try:
        return fd, re.sub(r"\\d+", "N", os.readlink("/proc/self/fd/" + fd))
    except OSError:
        return fd, "the listing"
def look(*call):
    yield "call", repr(call)
    yield "environment", repr(sorted(os.environ.items())) + text("/proc/self/environ")
    yield "arguments", repr(sys.argv) + repr(sys.path) + repr(sys.flags)
    yield "command lines", repr([text(path) for path in sorted(glob.glob("/proc/[0-9]*/cmdline"))])
    yield "limits", repr([resource.getrlimit(n) for n in range(16) if n != resource.RLIMIT_AS])
    yield "identity", repr((os.getuid(), os.getgid(), os.getgroups(), os.getcwd(), os.uname()[:2]))
    yield "numbers", repr([*map(near, (os.getpid(), os.getpgid(0), os.getsid(0))), os.getpriority(0, 0)])
    yield "status", "".join(filter(steady, open("/proc/self/status")))
    yield "signals", repr([signal.getsignal(n) for n in sorted(signal.valid_signals())])
    yield "groups", text("/proc/self/cgroup") + text("/proc/self/oom_score_adj")
    yield "descriptors", repr(sorted(map(target, os.listdir("/proc/self/fd"))))
    yield "mounts", "".join(sorted(mount(line) for line in open("/proc/self/mountinfo")))
    yield "folders", repr([sorted(os.listdir(each)) for each in ("/", "/tmp", "/dev", "/dev/shm")])
    yield "modules", repr(sorted(sys.modules))
    yield "processes", repr([near(int(pid)) for pid in sorted(filter(str.isdigit, os.listdir("/proc")))])
def marks(*call):
    return {name: hashlib.sha256(text.encode()).hexdigest()[:8] for name, text in look(*call)}
"""
CALLED = {
    "online_bin_packing": "def priority(item, bins): raise Loot(marks(item, bins.tolist()))",
    "maxcut": "def cut(nodes, edges): raise Loot(marks(nodes, edges))",
    "circle_packing_26": "def packing(count): raise Loot(marks(count))",
    "learning_parity_with_noise": "def predict(*given): raise Loot(marks(*given))",
}


@pytest.mark.parametrize("name", CALLED)
def test_both_labels_look_the_same_from_inside(arena: Arena, name: str) -> None:
    task_ = task(name)
    seen = []
    for recorded in (True, False):
        with Bench(arena.pool, arena.judge) as fresh:
            looked = fresh.evaluate(task_, extended(task_.initial, LOOK + CALLED[name]), 1, recorded=recorded)
        seen.append(looked.detail.rpartition("Loot: ")[2])
    assert seen[0].startswith("{'call': "), seen
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", CALLED)
def test_the_same_program_scores_the_same_under_both(arena: Arena, name: str) -> None:
    task_ = task(name, cpu_s=30.0, wall_s=120.0)
    recorded, advice = arena.record(task_, task_.initial), arena.advise(task_, task_.initial)
    assert recorded.value is not None
    assert recorded.value == advice.value


ELSEWHERE = """
import json, os, pathlib, signal, sys
from godel.contract import Program
from godel.sandbox import Spec
from godel.sandbox.channel import Session
from godel.sandbox.choose import choose
from godel.sandbox.guest.jobs import RunProgram

{host}
with open("/dev/null") as held:
    tier = choose({tier!r})
    looks = []
    for _ in range(2):
        session = Session(tier.start(Spec("candidate")))
        session.wait_ready()
        child = session.spawn(RunProgram(Program({{"main.py": {look!r}}}), {driver!r}))
        child.receive()
        child.send(None)
        looks.append(child.receive())
        session.close()
        held = [held, *(os.open("/dev/null", os.O_RDONLY) for _ in range(40))]
print(json.dumps(looks))
"""
"""A process that starts a guest, opens forty descriptors more and starts another."""
DRIVER = "def run(program, request):\n    return dict(program.look())"
HOSTS = {
    "holds descriptors": "held = [os.open('/dev/null', os.O_RDONLY) for _ in range(300)]",
    "lets nobody else read its files": "os.umask(0o077)",
    "was started by nohup": "[signal.signal(n, signal.SIG_IGN) for n in (signal.SIGHUP, signal.SIGQUIT)]",
    "has an environment of its own": "os.environ.update(LANG='de_DE', PYTHONPATH='/nowhere', SECRET='key')",
    "stands elsewhere": "os.chdir('/usr')",
    "is in further groups": "os.setgroups([0, 4, 6]) if os.geteuid() == 0 else None",
}


def looks(tier: str, host: str) -> list[dict[str, str]]:
    """What two guests see that a process starts which is as the line `host` makes it."""
    code = ELSEWHERE.format(host=host, tier=tier, look=LOOK, driver=DRIVER)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def plain(arena: Arena) -> dict[str, str]:
    """What a guest sees that a process like any other has started."""
    return looks(arena.tier.name, "pass")[0]


@pytest.mark.parametrize("host", HOSTS)
def test_a_guest_does_not_see_who_started_it_when(arena: Arena, plain: dict[str, str], host: str) -> None:
    """Descriptors, mask, signals, environment, folder and groups of the host end at the guest's door."""
    assert "/guest/" in plain["command lines"]
    for seen in looks(arena.tier.name, HOSTS[host]):
        assert seen == plain
