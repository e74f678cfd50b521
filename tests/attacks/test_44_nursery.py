"""Guests that one nursery has forked: none reaches the nursery or another, finds what an earlier one left, or can
make the next one start with another state; nor does any use the nursery up."""

from __future__ import annotations

import ctypes
import difflib
import mmap
import os
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from guests import own_nurseries
from runs import tier_or_skip

from godel.contract import Program
from godel.sandbox import Limits, MiB, SandboxLost, Spec
from godel.sandbox.bubblewrap import BubblewrapGuest, BubblewrapTier, nurseries
from godel.sandbox.bubblewrap.nursery import Nursery
from godel.sandbox.channel import ChildEnded, Session
from godel.sandbox.guest import kernel
from godel.sandbox.guest.jobs import Ceilings, RunProgram

pytestmark = pytest.mark.bubblewrap

SPEC = Spec("candidate", ("numpy",), Limits(memory_bytes=256 * MiB, pids=32))
HELPERS = """
import os

def text(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError as error:
        return repr(error)

def descriptors():
    # By number, what each is; but for the one that lists them.
    held = {}
    for fd in names('/proc/self/fd'):
        try:
            held[fd] = os.readlink(f'/proc/self/fd/{fd}')
        except OSError:
            pass
    return held

def names(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return [repr(error)]
"""


@pytest.fixture
def tier(monkeypatch: pytest.MonkeyPatch) -> Iterator[BubblewrapTier]:
    tier_or_skip("bubblewrap")
    with own_nurseries(monkeypatch), closing(BubblewrapTier()) as tier:
        assert tier.forks()
        yield tier


def guest(tier: BubblewrapTier, spec: Spec = SPEC) -> Session:
    session = Session(tier.start(spec))
    session.wait_ready()
    return session


def ask(session: Session, body: str, **ceilings: Any) -> Any:
    driver = HELPERS + "def run(program, request):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    child = session.spawn(RunProgram(Program({"main.py": ""}), driver), Ceilings(**ceilings))
    child.receive(60)
    child.send(None)
    answer = child.receive(60)
    child.kill()
    return answer


def once(tier: BubblewrapTier, body: str, **ceilings: Any) -> Any:
    """What a guest of its own answers."""
    session = guest(tier)
    try:
        return ask(session, body, **ceilings)
    finally:
        session.close()


def nursery_of(tier: BubblewrapTier) -> Nursery:
    guest(tier).close()
    return nurseries.shared(os.getpid())._known[(SPEC.preload, False)]


# ---- the nursery, and other guests, can't be reached


def test_a_guest_sees_no_process_but_its_own(tier: BubblewrapTier) -> None:
    other = guest(tier)
    seen = once(tier, "return [[name for name in names('/proc') if name.isdigit()], os.getpid(), os.getppid()]")
    other.close()
    assert seen == [["1", "2"], 2, 1]


def test_a_signal_to_everybody_reaches_no_other_guest(tier: BubblewrapTier) -> None:
    nursery, other = nursery_of(tier), guest(tier)
    hostile = guest(tier)
    with pytest.raises(ChildEnded):
        ask(hostile, "import signal\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getpid(), signal.SIGKILL)")
    hostile.close()
    assert ask(other, "return 'here'") == "here" and nursery.alive()
    other.close()


def test_a_guest_holds_no_descriptor_of_the_nursery(tier: BubblewrapTier) -> None:
    """Its own three pipes at both ends of its zygote, and the folder that it lists; no socket at all."""
    held = once(tier, "return list(descriptors().values())")
    assert len(held) == 5 and all(each == "/dev/null" or each.startswith("pipe:") for each in held)
    assert once(tier, "return text('/proc/net/unix').splitlines()[1:]") == []


def test_its_memory_can_t_be_opened_nor_that_of_its_init(tier: BubblewrapTier) -> None:
    body = """
    found = []
    for pid in ('1', str(os.getppid())):
        for name in ('mem', 'maps', 'environ', 'fd/0', 'root', 'cwd'):
            try:
                os.close(os.open(f'/proc/{pid}/{name}', os.O_RDONLY))
                found.append(name)
            except OSError:
                pass
    return found
    """
    assert once(tier, body) == []


def test_no_right_is_left_in_any_namespace(tier: BubblewrapTier) -> None:
    body = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    wants = [libc.unshare(flag) for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000)]
    wants += [libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None), libc.umount2(b'/proc', 2), libc.setns(0, 0)]
    wants += [libc.setuid(0), libc.setgid(0), libc.sethostname(b'x', 1), libc.chroot(b'/tmp')]
    status = dict(line.split(':', 1) for line in text('/proc/self/status').splitlines())
    caps = {status[name].strip() for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')}
    return [set(wants) == {-1}, sorted(caps), status['NoNewPrivs'].strip(), status['Seccomp'].strip(),
            text('/proc/sys/user/max_user_namespaces').strip(), text('/proc/self/uid_map').split()]
    """
    assert once(tier, body) == [True, ["0" * 16], "1", "2", "0", ["65534", "65534", "1"]]


# ---- nothing is left for the next one

LEAVE = """
import numpy, random, socket, sys
open('/tmp/note', 'w').write('x')
open('/dev/shm/note', 'w').write('x')
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    for _ in range(140):
        line.sendto(b'x', ('127.0.0.1', 9))
for _ in range(50):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
random.seed(99)
numpy.random.seed(99)
sys.path.insert(0, '/tmp')
os.environ['NOTE'] = 'x'
server = socket.socket(socket.AF_UNIX)
server.bind('\\0note')
return 'left'
"""
LOOK = """
import numpy, random, socket, sys
lines = [line.split() for line in text('/proc/net/dev').splitlines() if 'lo:' in line]
child = os.fork()
if not child:
    os._exit(0)
os.waitpid(child, 0)
with open('/tmp/probe', 'w') as file:
    inode = os.fstat(file.fileno()).st_ino
return [names('/tmp'), names('/dev/shm'), lines[0][1:3], child, inode, random.random(), float(numpy.random.random()),
        sys.path, sorted(os.environ.items()), hash('x'), hash(('a', 1.5)), text('/proc/net/unix').splitlines()[1:],
        text('/proc/sysvipc/shm').splitlines()[1:], os.stat('/tmp').st_nlink, id(object()), len(sys.modules)]
"""


@pytest.mark.parametrize("alive", [False, True], ids=["which has ended", "which is still there"])
def test_the_next_guest_starts_as_if_the_last_had_not_been(tier: BubblewrapTier, alive: bool) -> None:
    before, hostile = once(tier, LOOK), guest(tier)
    assert ask(hostile, LEAVE) == "left"
    if not alive:
        hostile.close()
    assert once(tier, LOOK) == before
    hostile.close()


GROWS_WITH_TIME = [
    "sched",
    "schedstat",
    "stat",
    "statm",
    "smaps",
    "smaps_rollup",
    "numa_maps",
    "arch_status",
    "oom_score",
]
"""Clocks, and what is resident at the moment; `maps` is compared."""
HOSTS_COUNTERS = ["autogroup", "mountinfo"]
"""Numbers that the kernel gives out machine-wide, to every container alike; what is mounted how is compared."""
SELF = f"""
left_out = {GROWS_WITH_TIME + HOSTS_COUNTERS!r}
found = {{f'{{pid}}/{{name}}': text(f'/proc/{{pid}}/{{name}}')
         for pid in ('self', '1') for name in names(f'/proc/{{pid}}')
         if name not in left_out and os.path.isfile(f'/proc/{{pid}}/{{name}}')}}
moving = ('State', 'Vm', 'Rss', 'voluntary', 'nonvoluntary')  # of the moment
for status in ('self/status', '1/status'):
    found[status] = [line for line in found[status].splitlines() if not line.startswith(moving)]
mounts = [line.split(' - ') for line in text('/proc/self/mountinfo').splitlines()]
found['mounts as they are'] = [[before.split()[3:], after] for before, after in mounts]
found['descriptors'] = [[fd, what.split('[')[0]] for fd, what in descriptors().items()]
found['ids'] = [os.getpid(), os.getppid(), os.getsid(0), os.getpgid(0), os.getresuid(), os.getresgid(), os.getgroups()]
found['host'] = list(os.uname())
found['priority'] = [os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0)), os.sched_getscheduler(0)]
for place in ('/', '/tmp', '/dev/shm', '/dev', '/opt/godel'):
    was = os.lstat(place)
    found[f'what {{place}} is'] = [was.st_mode, was.st_ino, was.st_nlink, was.st_uid, was.st_gid, was.st_size]
return found
"""


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, list[str]]:
    """By name, the lines that differ."""
    changed = (name for name in one | other if one.get(name) != other.get(name))
    return {name: list(ndiff(*(str(each.get(name)).splitlines() for each in (one, other)))) for name in changed}


def ndiff(before: list[str], after: list[str]) -> Iterator[str]:
    return (line for line in difflib.ndiff(before, after) if line[0] in "+-")


@pytest.mark.slow
def test_the_thousandth_guest_sees_what_the_first_saw(tier: BubblewrapTier) -> None:
    first = once(tier, SELF)
    assert len(first) > 40 and "Cpus_allowed" in str(first["self/status"])
    for _ in range(858):
        guest(tier).close()
    others = [guest(tier) for _ in range(140)]  # and however many there are besides
    last = once(tier, SELF)
    for each in others:
        each.close()
    assert differences(first, last) == {}


def test_what_it_would_see_of_another_user_shows() -> None:
    """The comparison can fail: two guests that differ are told apart."""
    assert differences({"a": 1}, {"a": 2}) == {"a": ["- 1", "+ 2"]}


# ---- the nursery's end, and its use


@pytest.mark.parametrize("by", ["bwrap", "itself"])
def test_a_nursery_that_is_killed_takes_its_guests_along_and_the_next_guest_has_another(
    tier: BubblewrapTier, by: str
) -> None:
    nursery, held = nursery_of(tier), guest(tier)
    assert isinstance(held.guest, BubblewrapGuest)
    folders = held.guest._group.folders
    os.kill(nursery._process.pid if by == "bwrap" else below(nursery._process.pid)[0], signal.SIGKILL)
    process = held.guest._process
    assert once(tier, "return 'born'") == "born"
    assert nursery_of(tier) is not nursery
    wait_until(lambda: process.poll() is not None)
    with pytest.raises(SandboxLost, match=r"killed from outside|ended before its job began"):
        ask(held, "return 'never'")
    held.close()
    assert not any(folder.exists() for folder in folders)


def test_a_nursery_that_is_stopped_is_replaced(tier: BubblewrapTier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("godel.sandbox.bubblewrap.nursery.BIRTH_TIMEOUT_S", 0.5)
    nursery = nursery_of(tier)
    for pid in below(nursery._process.pid):
        os.kill(pid, signal.SIGSTOP)
    assert once(tier, "return 'born'") == "born"
    assert nursery_of(tier) is not nursery and not nursery.alive()


def below(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, children) for each in (child, *below(child))]


EXHAUSTING = {
    "processes": "while True:\n    if not os.fork():\n        import time\n        time.sleep(60)",
    "memory": "hoard = []\nwhile True:\n    hoard.append(b'x' * (1 << 20))",
    "files": "hoard = []\nwhile True:\n    hoard.append(os.open('/dev/null', os.O_RDONLY))",
    "space": "with open('/tmp/a', 'wb') as file:\n    while True:\n        file.write(b'x' * (1 << 20))",
    "queues": "import socket\nhoard = []\nwhile True:\n    pair = socket.socketpair()\n    hoard.append(pair)\n"
    "    pair[0].setblocking(False)\n    try:\n        while True:\n            pair[0].send(b'x' * 65536)\n"
    "    except BlockingIOError:\n        pass",
}


@pytest.mark.parametrize("what", EXHAUSTING)
def test_a_guest_that_uses_up_what_it_has_takes_nothing_from_the_nursery(tier: BubblewrapTier, what: str) -> None:
    nursery, hostile = nursery_of(tier), guest(tier)
    with pytest.raises(ChildEnded):
        ask(hostile, EXHAUSTING[what], wall_s=20.0, cpu_s=10.0)
    assert once(tier, "return 'born'") == "born"  # while the other one is still there
    hostile.close()
    assert nursery_of(tier) is nursery and nursery.alive()


def test_nothing_is_left_of_guests_and_nurseries(tier: BubblewrapTier) -> None:
    nursery = nursery_of(tier)
    started = below(nursery._process.pid)
    guest(tier).close()
    wait_until(lambda: below(nursery._process.pid) == started)  # no guest leaves a zombie
    with closing(BubblewrapTier()) as other:
        guest(other).close()
    assert nursery.alive()  # somebody still uses it
    tier.close()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))
    assert not nursery.alive() and not any(folder.exists() for folder in nursery._group.folders)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_module_that_starts_threads_is_not_forked(
    tier: BubblewrapTier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that another thread holds at the fork would stay locked: such guests start by themselves."""
    from godel.sandbox.bubblewrap import rootfs

    source = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    (tmp_path / "threaded.py").write_text(source)
    tmp_path.chmod(0o755)
    packages = rootfs.installed_packages
    module = ["--ro-bind", str(tmp_path / "threaded.py"), f"{rootfs.PACKAGES}/threaded.py"]
    monkeypatch.setattr(rootfs, "installed_packages", lambda: packages() + module)
    session = guest(tier, Spec("candidate", ("threaded",)))
    assert ask(session, "return text('/proc/1/cmdline').split('\\0')[2]").endswith("/zygote.py")
    session.close()
    session = guest(tier)
    assert ask(session, "return text('/proc/1/cmdline').split('\\0')[2]").endswith("/nursery.py")
    session.close()


def test_a_birth_costs_the_ledger_what_it_cost(tier: BubblewrapTier) -> None:
    """The first guest is billed the imports of its nursery, the next ones their own birth."""
    costs = []
    for _ in range(3):
        session = guest(tier)
        costs.append(session.bill())
        session.close()
    assert costs[0] > 5 * max(costs[1:]) and min(costs[1:]) > 0.0


HEAVY = Spec("candidate", ("numpy", "libcst"), Limits(memory_bytes=512 * MiB, pids=32))
"""With memory enough that some of it lies in whole pieces of two megabytes, wherever the kernel puts it."""


def test_what_a_fork_copies_is_small_where_the_kernel_has_huge_pages(tier: BubblewrapTier) -> None:
    """And stays so, whatever guests touch."""
    if not Path("/sys/kernel/mm/transparent_hugepage").exists():
        pytest.skip("this kernel has no huge pages")
    guest(tier, HEAVY).close()
    nursery = nurseries.shared(os.getpid())._known[(HEAVY.preload, False)]
    before = huge(nursery)
    for _ in range(10):
        guest(tier, HEAVY).close()
    assert huge(nursery) == before
    assert before or not collapsible(), "there is memory in pieces of that size"


def collapsible() -> bool:
    """Whether the kernel makes a huge page of our memory now: it does not where free memory is in small pieces."""
    size = 4 << 20
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(b"x" * size)
    held = ctypes.c_char.from_buffer(memory)
    start = -(-ctypes.addressof(held) // kernel.HUGE_PAGE) * kernel.HUGE_PAGE
    done = ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(kernel.HUGE_PAGE), kernel.MADV_COLLAPSE)
    return bool(done == 0)


def huge(nursery: Nursery) -> int:
    """KiB of the nursery's memory that are in huge pages."""
    [pid] = below(nursery._process.pid)
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))


def test_a_guest_is_born_while_many_others_are(tier: BubblewrapTier) -> None:
    sessions = [guest(tier) for _ in range(40)]
    assert {ask(each, "return os.getpid()") for each in sessions} == {2}
    for each in sessions:
        each.close()
    wait_until(lambda: len(below(nursery_of(tier)._process.pid)) == 1)
