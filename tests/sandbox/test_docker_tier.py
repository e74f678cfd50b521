"""What is Docker's own, against the engine of this machine: the options of a running container, the
reaper, how a container ended, an engine that goes away."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from godel.contract import Program
from godel.sandbox import Limits, MiB, SandboxLost, Spec, TierMissing
from godel.sandbox.channel import ChildEnded, Session
from godel.sandbox.docker import DockerGuest, DockerTier, hardening
from godel.sandbox.docker.engine import connect
from godel.sandbox.environment import ENVIRONMENT
from godel.sandbox.guest.jobs import Ceilings, RunProgram

pytestmark = pytest.mark.docker

LIMITS = Limits(memory_bytes=192 * MiB, cpus=0.5, pids=40, open_files=99, file_bytes=3 * MiB, tmpfs_bytes=5 * MiB)
DRIVER = "def run(program, request):\n    return program.answer(request)\n"


@pytest.fixture(scope="module")
def tier() -> Iterator[DockerTier]:
    tier = DockerTier()
    if why := tier.missing():
        pytest.skip(why)
    tier.prepare(print)
    yield tier
    tier.close()


@pytest.fixture
def start(tier: DockerTier) -> Iterator[Callable[..., Session]]:
    """Starts guests that are ready, and ends them with the test."""
    sessions: list[Session] = []

    def start(role: str = "candidate", tier: DockerTier = tier, **options: Any) -> Session:
        sessions.append(Session(tier.start(Spec(role, **options))))
        sessions[-1].wait_ready()
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


def ask(session: Session, source: str, request: Any = None, **limits: Any) -> Any:
    """What a program's `answer` says, in a child of its own."""
    child = session.spawn(RunProgram(Program({"main.py": source}), DRIVER), Ceilings(**limits))
    assert child.receive(60) == "ready"
    child.send(request)
    reply = child.receive(60)
    child.kill()
    return reply


def container(session: Session) -> str:
    assert isinstance(session.guest, DockerGuest)
    return session.guest.container


def inspect(session: Session) -> dict[str, Any]:
    with connect() as engine:
        found: dict[str, Any] = engine.inspect_container(container(session))
        return found


def exists(name: str) -> bool:
    with connect() as engine:
        return bool(engine.containers(all=True, filters={"name": name}))


def test_every_protection_is_set_on_the_running_container(start: Callable[..., Session], tier: DockerTier) -> None:
    found = inspect(start(limits=LIMITS))
    host, config = found["HostConfig"], found["Config"]
    assert host["NetworkMode"] == "none"
    assert set(found["NetworkSettings"]["Networks"]) <= {"none"}
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert {name.removeprefix("CAP_") for name in host["CapAdd"]} == {"SETUID", "SETGID", "KILL"}
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (host["IpcMode"], host["CgroupnsMode"], host["PidMode"], host["UsernsMode"]) == (
        "private",
        "private",
        "",
        "",
    )
    assert host["Init"] is True
    assert host["LogConfig"]["Type"] == "none"
    assert host["RestartPolicy"]["Name"] == "no"
    assert (host["Binds"], found["Mounts"], host["Devices"] or None) == (None, [], None)
    assert not host["DeviceRequests"]
    assert "/proc/kcore" in host["MaskedPaths"]
    assert config["User"] == "0:0"
    assert config["Image"] == tier.identity()


def test_there_is_no_network_but_the_guests_own_loopback(start: Callable[..., Session]) -> None:
    assert ask(start(), "import os\ndef answer(_):\n    return os.listdir('/sys/class/net')") == ["lo"]


def test_every_limit_is_set_on_the_running_container(start: Callable[..., Session]) -> None:
    host = inspect(start(limits=LIMITS))["HostConfig"]
    assert (host["Memory"], host["MemorySwap"]) == (192 * MiB, 192 * MiB)
    assert (host["NanoCpus"], host["PidsLimit"]) == (5 * 10**8, 40)
    assert host["ShmSize"] == 5 * MiB
    assert set(host["Tmpfs"]) == {"/tmp"}
    assert {"nosuid", "nodev", "noexec", f"size={5 * MiB}"} <= set(host["Tmpfs"]["/tmp"].split(","))
    ulimits = {one["Name"]: (one["Soft"], one["Hard"]) for one in host["Ulimits"]}
    assert ulimits == {"nofile": (99, 99), "fsize": (3 * MiB, 3 * MiB), "core": (0, 0), "msgqueue": (0, 0)}


def test_more_cpus_than_the_engine_has_are_cut_to_what_it_has(start: Callable[..., Session]) -> None:
    with connect() as engine:
        cpus = engine.info()["NCPU"]
    assert inspect(start(limits=Limits(cpus=4096)))["HostConfig"]["NanoCpus"] == cpus * 10**9


def test_a_guest_without_isolated_children_has_no_user_and_no_capability_to_share(
    start: Callable[..., Session],
) -> None:
    session = start(isolate_children=False)
    found = inspect(session)
    assert found["Config"]["User"] == "65534:65534"
    assert not found["HostConfig"]["CapAdd"]
    status = ask(session, "def answer(_):\n    return open('/proc/self/status').read()")
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


PRY = """
import ctypes, os
def answer(_):
    opened = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        for file in ("fd/0", "fd/1", "environ", "mem"):
            if int(process) != os.getpid() and os.access(f"/proc/{process}/{file}", os.R_OK):
                opened.append(f"{process}/{file}")
        if int(process) != os.getpid() and ctypes.CDLL(None).ptrace(16, int(process), 0, 0) == 0:
            opened.append(f"traced {process}")
    return opened
"""


@pytest.mark.parametrize("isolate", [True, False])
def test_a_child_can_neither_trace_another_process_nor_open_the_hosts_pipe(
    start: Callable[..., Session], isolate: bool
) -> None:
    assert ask(start(isolate_children=isolate), PRY) == []


LEAVE_A_NOTE = """
import ctypes, os
def answer(_):
    libc = ctypes.CDLL(None)
    queue = ctypes.CDLL("librt.so.1").mq_open(b"/note", os.O_CREAT | os.O_RDWR, 0o666, None)
    return [libc.shmget(1, 4096, 0o1666), libc.msgget(1, 0o1666), libc.semget(1, 1, 0o1666), queue]
"""


def test_no_ipc_object_can_be_left_for_the_next_child(start: Callable[..., Session]) -> None:
    assert ask(start(), LEAVE_A_NOTE) == [-1, -1, -1, -1]


HIDE = """
import os
def answer(_):
    os.makedirs("/tmp/locked/inside")
    os.chmod("/tmp/locked", 0)
"""


def test_a_child_whose_files_cannot_be_removed_takes_its_guest_along(start: Callable[..., Session]) -> None:
    session = start()
    with pytest.raises(ChildEnded) as ended:
        ask(session, HIDE)
    assert ended.value.exit.reason == "lost"
    assert "can't be removed" in ended.value.exit.log
    assert session.dead


def test_nothing_of_the_environment_is_inherited(
    tier: DockerTier, start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not ours, not the image's, not the proxies that Docker hands on: the zygote's own, seen from outside."""
    monkeypatch.setenv("GODEL_TEST_KEY", "secret")
    name = derive(tier.identity(), "ENV HTTP_PROXY=http://user:secret@proxy API_KEY=secret LANG=C")
    other = DockerTier(image=name)
    try:
        session = start(tier=other)
        entries = top_environment(container(session))
        session.close()
    finally:
        other.close()
        with connect() as engine:
            engine.remove_image(name, force=True)
    assert entries.pop("HOSTNAME") == "guest"
    assert "/bin" in entries.pop("PATH")
    assert entries == ENVIRONMENT


def derive(image: str, instruction: str) -> str:
    name = f"godel-test:{os.getpid()}"
    with connect() as engine:
        recipe = io.BytesIO(f"FROM {image}\n{instruction}\n".encode())
        said = list(engine.build(fileobj=recipe, tag=name, rm=True, decode=True))
    assert not [one for one in said if "error" in one]
    return name


def top_environment(name: str) -> dict[str, str]:
    """The environment of a container's first process, as its kernel has it (the tests' engine is local)."""
    with connect() as engine:
        pid = engine.inspect_container(name)["State"]["Pid"]
    path = Path(f"/proc/{pid}/environ")
    if not os.access(path, os.R_OK):
        pytest.skip("only root can look into a container's processes")
    return dict(entry.split("=", 1) for entry in path.read_text().split("\0") if entry)


def test_frames_up_to_the_limit_pass_whole(start: Callable[..., Session]) -> None:
    session = start(limits=Limits(memory_bytes=1024 * MiB))
    text = "0123456789abcdef" * (MiB - 1)
    assert ask(session, "def answer(text):\n    return text", text) == text


def test_a_killed_guest_is_dead_at_once_and_soon_removed() -> None:
    tier = DockerTier()
    if why := tier.missing():
        pytest.skip(why)
    tier.prepare(print)
    guest = tier.start(Spec("candidate"))
    assert exists(guest.name)
    guest.kill()
    guest.kill()
    assert guest.death() == "killed"
    while guest.receive(1):  # what it had said before
        pass
    with pytest.raises(BrokenPipeError):
        guest.send(b"S{}\n")
    tier.close()
    assert not exists(guest.name)


def test_a_zygote_that_runs_out_of_memory_is_reported(tier: DockerTier) -> None:
    guest = tier.start(Spec("candidate", preload=("numpy",), limits=Limits(memory_bytes=10 * MiB)))
    try:
        while guest.receive(60):
            pass
        assert guest.death() == "out of memory"
    finally:
        guest.kill()
    assert guest.death() == "out of memory"


def test_a_child_that_ran_out_of_memory_is_not_held_against_its_guest(start: Callable[..., Session]) -> None:
    session = start(limits=Limits(memory_bytes=96 * MiB))
    with pytest.raises(ChildEnded) as ended:
        ask(session, "def answer(_):\n    return len([bytearray(1 << 20) for _ in range(500)])")
    assert ended.value.exit.reason == "memory"
    assert ask(session, "def answer(_):\n    return 'still here'") == "still here"
    session.close()
    assert session.guest.death() == "killed"


def test_a_zygote_that_cannot_start_says_why(tier: DockerTier) -> None:
    session = Session(tier.start(Spec("candidate", preload=("no_such_module",))))
    with pytest.raises(SandboxLost, match="No module named 'no_such_module'"):
        session.wait_ready()
    assert session.guest.death() == "exit 1"


OWNER = """
import sys, time
from godel.sandbox import Spec
from godel.sandbox.channel import Session
from godel.sandbox.docker import DockerTier
guest = DockerTier().start(Spec("candidate"))
Session(guest).wait_ready()
print(guest.name, flush=True)
time.sleep(600)
"""


@pytest.mark.alone  # any other run that begins would reap, too
def test_the_reaper_takes_what_a_killed_process_left_and_nothing_else(
    tier: DockerTier, start: Callable[..., Session]
) -> None:
    mine = start()
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        name = process.stdout.readline().strip()
        tier.reap()
        assert exists(name)  # its owner lives
        process.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not running(name)), "its zygote ends by itself when the pipe closes"
    assert tier.reap() >= 1
    assert not exists(name)
    assert ask(mine, "def answer(_):\n    return 'untouched'") == "untouched"


def running(name: str) -> bool:
    with connect() as engine:
        return bool(engine.inspect_container(name)["State"]["Running"])


def wait_until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def test_a_guest_is_labelled_with_its_owner(start: Callable[..., Session]) -> None:
    labels = inspect(start("judge"))["Config"]["Labels"]
    assert labels["godel.role"] == "judge"
    assert labels["godel.pid"] == str(os.getpid())
    assert {"godel.run", "godel.start", "godel.host"} <= set(labels)


def test_a_runtime_that_the_engine_lacks_is_named(tier: DockerTier) -> None:
    other = DockerTier(runtime="no-such-runtime")
    assert "no runtime 'no-such-runtime'; it has " in (other.missing() or "")
    with pytest.raises(TierMissing, match="no runtime"):
        other.start(Spec("candidate"))
    other.close()


def test_an_image_that_is_not_there_is_named(tier: DockerTier) -> None:
    other = DockerTier(image="godel-guest:never")
    assert "no image godel-guest:never" in (other.missing() or "")
    with pytest.raises(TierMissing, match="godel sandbox build"):
        other.start(Spec("candidate"))
    other.close()


def test_a_gpu_is_asked_for_by_a_device_request(tier: DockerTier) -> None:
    with connect() as engine:
        info = engine.info()
    assert hardening.host_config(Spec("candidate", gpu=True), info)["DeviceRequests"] == [
        {"Count": 1, "Capabilities": [["gpu"]]}
    ]
    if "nvidia" in info["Runtimes"]:
        pytest.skip("this engine has a GPU to give")
    with pytest.raises(TierMissing, match="has no GPU"):
        tier.start(Spec("no-gpu", gpu=True))
    assert not exists("godel-no-gpu")


def test_what_the_engine_cannot_limit_is_said() -> None:
    able = {"MemoryLimit": True, "SwapLimit": True, "CpuCfsQuota": True, "PidsLimit": True}
    assert hardening.unset({**able, "SecurityOptions": ["name=seccomp,profile=default"]}) == ()
    assert hardening.unset({**able, "SwapLimit": False}) == ("swap limit", "seccomp filter")


def test_this_engine_says_what_it_cannot_limit(tier: DockerTier) -> None:
    with connect() as engine:
        assert tier.unset() == hardening.unset(engine.info())


def test_podman_is_asked_only_for_what_it_takes() -> None:
    """Its own words of itself: GET /info has a BuildahVersion. Tried by hand with Podman 4.3.1."""
    docker = hardening.host_config(Spec("candidate"), {})
    podman = hardening.host_config(Spec("candidate"), {"BuildahVersion": "1.28.2"})
    assert "nr_inodes" in docker["Tmpfs"]["/tmp"] and "nr_inodes" not in podman["Tmpfs"]["/tmp"]
    assert [limit for limit in podman["Ulimits"] if limit not in docker["Ulimits"]] == [
        {"Name": "nproc", "Soft": 4096, "Hard": 4096}
    ]
    assert "number of files in the scratch folders" in hardening.unset({"BuildahVersion": "1.28.2"})


def test_no_engine_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    tier = DockerTier()
    missing = tier.missing()
    assert missing and "no engine answers" in missing and "systemctl start docker" in missing and "\n" not in missing
    with pytest.raises(SandboxLost, match="no engine answers"):
        tier.start(Spec("candidate"))
    tier.close()


SDK_LEAVES_SOCKETS = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""The SDK does not close a socket whose connection was refused."""


class Cable:
    """A socket that leads to the real engine, until it is frozen or cut."""

    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        self._far = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._path, self._ends, self._frozen, self._cut = path, list[socket.socket](), False, False
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def freeze(self) -> None:
        self._frozen = True

    def cut(self) -> None:
        self._path.unlink(missing_ok=True)
        self._cut = True
        self._thread.join()

    def _carry(self) -> None:
        pairs: dict[socket.socket, socket.socket] = {}
        while not self._cut:
            for ready in select.select([self._listener, *pairs], [], [], 0.02)[0]:
                if self._frozen:
                    time.sleep(0.02)
                elif ready is self._listener:
                    near, far = ready.accept()[0], socket.socket(socket.AF_UNIX)
                    far.connect(self._far)
                    pairs |= {near: far, far: near}
                elif ready in pairs:
                    self._pass_on(ready, pairs)
        for end in [self._listener, *pairs]:
            end.close()

    def _pass_on(self, ready: socket.socket, pairs: dict[socket.socket, socket.socket]) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = ready.recv(1 << 16)
            pairs[ready].sendall(data)
        if not data:
            for end in (ready, pairs[ready]):
                del pairs[end]
                end.close()


@pytest.fixture
def cable(tier: DockerTier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cable]:
    assert tier.identity()
    cable = Cable(tmp_path / "engine.sock")
    monkeypatch.setenv("DOCKER_HOST", cable.host)
    yield cable
    cable.cut()
    gc.collect()


@SDK_LEAVES_SOCKETS
def test_an_engine_that_goes_away_is_our_failure_not_the_candidates(cable: Cable, tier: DockerTier) -> None:
    other = DockerTier()
    session = Session(other.start(Spec("orphan")))
    session.wait_ready()
    cable.cut()
    with pytest.raises(SandboxLost, match="no engine answers"):
        ask(session, "def answer(_):\n    return 1")
    session.close()
    with pytest.raises(SandboxLost):
        session.guest.death()
    with pytest.raises(SandboxLost):
        other.start(Spec("orphan"))
    other.close()
    with connect_directly() as engine:
        engine.remove_container(session.guest.name, force=True)


def connect_directly() -> Any:
    import docker

    return docker.APIClient(version="auto")


@SDK_LEAVES_SOCKETS
def test_an_engine_that_hangs_does_not_hang_us(cable: Cable) -> None:
    other = DockerTier()
    guest = other.start(Spec("orphan"))
    cable.freeze()
    with pytest.raises(TimeoutError):
        while guest.receive(0.1):
            pass
    with pytest.raises(SandboxLost, match="no engine answers"):
        connect(timeout_s=1)
    cable.cut()
    guest.kill()
    with pytest.raises(SandboxLost):
        guest.death()
    other.close()
    with connect_directly() as engine:
        engine.remove_container(guest.name, force=True)
