"""What is bubblewrap's own: who its guests are outside, their control groups, how they end, and the
tier on another interpreter and for a user without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from godel.contract import Program
from godel.sandbox import Limits, MiB, Spec, TierMissing
from godel.sandbox.bubblewrap import BubblewrapGuest, BubblewrapTier, cgroups, launch, rootfs, userns
from godel.sandbox.bubblewrap import guest as guest_module
from godel.sandbox.bubblewrap.process import Launched
from godel.sandbox.channel import Session
from godel.sandbox.choose import choose
from godel.sandbox.guest.jobs import RunProgram

pytestmark = pytest.mark.bubblewrap

ROOT = Path(__file__).parents[2]
LIMITS = Limits(memory_bytes=96 * MiB, cpus=0.5, pids=20, log_bytes=MiB)
SYSTEM_PYTHON = "/usr/bin/python3"

IN_ANOTHER_PROCESS = """
import sys
from godel.contract import Program
from godel.sandbox import Limits, MiB, Spec
from godel.sandbox.bubblewrap import BubblewrapTier
from godel.sandbox.channel import ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, RunProgram

session = Session(BubblewrapTier().start(Spec("candidate", limits=Limits(pids=20, memory_bytes=96 * MiB))))
session.wait_ready()

def ends(driver):
    child = session.spawn(RunProgram(Program({"main.py": ""}), driver), Ceilings(wall_s=5))
    try:
        child.receive()
        child.send(None)
        return child.receive()
    except ChildEnded as ended:
        return ended.exit.reason
"""
BOMBS = """
print(ends("def run(program, request): return 'ran'"))
print(ends("def run(program, request):\\n    hoard = []\\n    while True: hoard.append(bytearray(1 << 20))"))
print(ends('''
import os
def run(program, request):
    pids = []
    while len(pids) < 100:
        try:
            pid = os.fork()
        except OSError:
            return "contained"
        if not pid:
            os.read(os.pipe()[0], 1)
        pids.append(pid)
'''))
session.close()
"""


@pytest.fixture(scope="module")
def tier() -> BubblewrapTier:
    tier = BubblewrapTier()
    if missing := tier.missing():
        pytest.skip(missing)
    return tier


@pytest.fixture
def session(tier: BubblewrapTier) -> Iterator[Session]:
    session = Session(tier.start(Spec("candidate", limits=LIMITS)))
    session.wait_ready()
    yield session
    session.close()


def guest(tier: BubblewrapTier, code: str) -> BubblewrapGuest:
    """A guest that runs `code` in place of the zygote."""
    assert tier.missing() is None
    group = cgroups.create(LIMITS)
    running = launch.start(launch.Launch([rootfs.python(), "-c", code], group, rootfs.options(MiB, gpu=False)))
    return BubblewrapGuest("godel-test", Launched(running), group, LIMITS.log_bytes)


def inside(session: Session) -> int:
    """The host's pid of the zygote."""
    assert isinstance(session.guest, BubblewrapGuest)
    return session.guest._process.pids()[-1]


def run_elsewhere(
    interpreter: str, code: str, user: int | None = None, root: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [interpreter, "-c", IN_ANOTHER_PROCESS + code],
        cwd=root,
        user=user,
        group=user,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("code", "death"),
    [
        ("import sys; sys.exit(7)", "exit 7"),
        ("hoard = []\nwhile True: hoard.append(bytearray(1 << 20))", "out of memory"),
    ],
)
def test_why_a_guest_ended(tier: BubblewrapTier, code: str, death: str) -> None:
    if death == "out of memory" and "memory" not in cgroups.controlled():
        pytest.skip("no writable memory cgroup")
    ended = guest(tier, code)
    assert ended.receive(60) == b""
    assert ended.death() == death
    ended.kill()
    assert ended.death() == death


def test_the_log_of_a_guest_is_cut(tier: BubblewrapTier) -> None:
    noisy = guest(tier, f"import os\nfor _ in range(40): os.write(2, b'x' * {MiB // 10})\nos.write(1, b'done')")
    assert noisy.receive(30) == b"done"
    noisy.kill()
    assert len(noisy.log()) == LIMITS.log_bytes


def test_a_guest_that_does_not_read_is_noticed(tier: BubblewrapTier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_module, "SEND_TIMEOUT_S", 0.2)
    deaf = guest(tier, "import time; time.sleep(60)")
    with pytest.raises(TimeoutError, match="did not read"):
        deaf.send(b"x" * MiB)
    deaf.kill()


def test_a_guest_outlives_the_thread_that_started_it(tier: BubblewrapTier) -> None:
    """Linux ends a child that dies with its parent when the parent's thread ends."""
    sessions: list[Session] = []
    starter = threading.Thread(target=lambda: sessions.append(Session(tier.start(Spec("candidate")))))
    starter.start()
    starter.join()
    assert sessions[0].wait_ready().python
    sessions[0].close()


def test_a_guest_ends_with_its_owner_and_its_group_is_reaped(tier: BubblewrapTier) -> None:
    code = "print(*session.guest._process.pids(), *session.guest._group.folders, flush=True)\nsys.stdin.read()"
    owner = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS + code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout and owner.stdin
    first, *folders = owner.stdout.readline().split()
    zygote = int(first)
    owner.kill()
    owner.communicate()
    deadline = time.monotonic() + 60
    while runs(zygote):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    tier.reap()
    assert not any(Path(folder).exists() for folder in folders)


def test_without_control_groups_a_guest_ends_all_the_same(
    tier: BubblewrapTier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "parents", lambda: ())
    session = Session(tier.start(Spec("candidate", limits=LIMITS)))
    session.wait_ready()
    driver = "def run(program, request):\n    import os\n    os.fork()\n    while True: pass\n"
    busy = session.spawn(RunProgram(Program({"main.py": ""}), driver))
    busy.receive()
    busy.send(None)
    zygote = inside(session)
    session.close()
    deadline = time.monotonic() + 60
    while runs(zygote):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_guest_is_in_its_control_group(session: Session) -> None:
    if not cgroups.controlled() >= {"memory", "pids", "cpu"}:
        pytest.skip("no writable control groups")
    assert isinstance(session.guest, BubblewrapGuest)
    zygote, folders = inside(session), session.guest._group.folders
    files = {file.name: file for folder in folders for file in folder.iterdir()}
    assert all(str(zygote) in (folder / "cgroup.procs").read_text().split() for folder in folders)
    assert files["pids.max"].read_text() == "20\n"
    memory = files.get("memory.max") or files["memory.limit_in_bytes"]
    assert memory.read_text() == f"{96 * MiB}\n"
    cpu = files.get("cpu.max") or files["cpu.cfs_quota_us"]
    assert cpu.read_text().split()[0] == "50000"
    session.close()
    assert not any(folder.exists() for folder in folders)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give its guests another uid")
def test_each_of_roots_guests_is_somebody_else_outside_and_nobody_there_is(
    tier: BubblewrapTier, session: Session
) -> None:
    other = Session(tier.start(Spec("candidate", limits=LIMITS)))
    other.wait_ready()
    uids = []
    for each in (session, other):
        status = dict(line.split(":\t") for line in Path(f"/proc/{inside(each)}/status").read_text().splitlines())
        assert status["Uid"] == status["Gid"] and len(set(status["Uid"].split())) == 1
        uids.append(int(status["Uid"].split()[0]))
    other.close()
    assert set(uids) <= set(userns.GUEST_UIDS) and len(set(uids)) == 2
    assert not {each.pw_uid for each in pwd.getpwall()} & set(userns.GUEST_UIDS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give its guests another uid")
def test_a_guest_that_roots_tier_starts_by_itself_is_nobody_outside() -> None:
    with closing(BubblewrapTier(nursery=False)) as tier:
        session = Session(tier.start(Spec("candidate", limits=LIMITS)))
        session.wait_ready()
        status = dict(line.split(":\t") for line in Path(f"/proc/{inside(session)}/status").read_text().splitlines())
        session.close()
    assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4


def test_the_guest_imports_its_own_godel_and_no_path_file(session: Session) -> None:
    driver = (
        "def run(program, request):\n    import godel.contract, sys\n    return [godel.contract.__file__, sys.path]"
    )
    child = session.spawn(RunProgram(Program({"main.py": ""}), driver))
    child.receive()
    child.send(None)
    imported, path = child.receive()
    assert imported.startswith("/opt/godel/lib/")
    assert not any(str(ROOT) in entry for entry in path)


@pytest.mark.skipif(not Path(SYSTEM_PYTHON).exists(), reason=f"no {SYSTEM_PYTHON}")
def test_the_systems_own_interpreter_works() -> None:
    done = run_elsewhere(SYSTEM_PYTHON, BOMBS)
    assert (done.stdout.split(), done.returncode) == (["ran", "memory", "contained"], 0), done.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not Path(SYSTEM_PYTHON).exists(), reason="needs root to become another user")
def test_a_user_without_privileges_gets_the_same() -> None:
    """Where control groups are not writable, limits of the processes take their place."""
    code = BOMBS + "print(*BubblewrapTier().unset(), sep='|')"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:  # a checkout in root's home is not for others to read
        Path(place).chmod(0o755)
        shutil.copytree(ROOT / "godel", Path(place, "godel"), ignore=shutil.ignore_patterns("__pycache__"))
        done = run_elsewhere(SYSTEM_PYTHON, code, user=12345, root=Path(place))
    *ran, unset = done.stdout.split("\n", 3)
    assert (ran, done.returncode) == (["ran", "memory", "contained"], 0), done.stderr
    assert "memory of a guest as a whole" in unset


def test_a_machine_without_bwrap_is_told_what_to_install(tmp_path: Path) -> None:
    code = "from godel.sandbox.bubblewrap import BubblewrapTier as T; print(T().missing())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert done.stdout == f"bubblewrap is not installed: {sudo}apt-get install bubblewrap\n"


def bwrap_script(folder: Path, body: str) -> None:
    """A `bwrap` in `folder`, as a shell's words."""
    (folder / "bwrap").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "bwrap").chmod(0o755)


def told(path: Path | str, wrapper: tuple[str, ...] = (), code: str = "print(BubblewrapTier().missing())") -> str:
    """What a process with `path` as its PATH, started by `wrapper`, prints."""
    done = subprocess.run(
        [*wrapper, sys.executable, "-c", f"from godel.sandbox.bubblewrap import BubblewrapTier\n{code}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": str(path), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("before", [None, "echo bwrap: not yet >&2; exit 1"])
def test_what_was_missing_may_be_installed_while_a_process_lives(
    tier: BubblewrapTier, tmp_path: Path, before: str | None
) -> None:
    """`make demo` installs bubblewrap, and asks again in the same process."""
    if before:
        bwrap_script(tmp_path, before)
    code = f"""
from pathlib import Path
tier = BubblewrapTier()
print(tier.missing())
place = Path({str(tmp_path)!r}, "bwrap")
place.unlink(missing_ok=True)
place.symlink_to({shutil.which("bwrap")!r})
print(tier.missing(), "not root's" in str(tier.unset()), sep="|")
place.unlink()
print(tier.missing())
"""
    first, second, last = told(tmp_path, code=code).splitlines()
    assert ("not yet" if before else "not installed") in first
    assert second == "None|False"
    assert "not installed" in last


def test_an_older_bubblewrap_is_told_by_its_version_and_the_one_needed(tmp_path: Path) -> None:
    bwrap_script(
        tmp_path,
        '[ "$1" = --version ] && echo bubblewrap 0.4.1 && exit\necho bwrap: Unknown option --clearenv >&2; exit 1',
    )
    said = told(tmp_path)
    assert "bubblewrap 0.4.1 is too old: 0.8 or newer is needed" in said and "\n" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to change a kernel setting of a namespace")
def test_a_kernel_without_user_namespaces_is_told_by_its_setting(tier: BubblewrapTier) -> None:
    """The real setting and the real bwrap, in a user namespace that may have none inside."""
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    said = told("/usr/bin:/bin", ("unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh"))
    assert said.endswith(": sysctl -w user.max_user_namespaces=15000")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_where_apparmor_forbids_them_a_profile_comes_before_a_setting_for_all(tmp_path: Path) -> None:
    """AppArmor's setting, mounted where this kernel may have none, and a bwrap that ends as it does there."""
    settings = tmp_path / "kernel"
    settings.mkdir()
    (settings / "apparmor_restrict_unprivileged_userns").write_text("1\n")
    bwrap_script(tmp_path, "echo bwrap: setting up uid map: Permission denied >&2; exit 1")
    mount = f'mount --bind {settings} /proc/sys/kernel; PATH={tmp_path}; exec "$@"'
    said = told("/usr/bin:/bin", ("unshare", "--mount", "sh", "-c", mount, "sh"))
    profile, load = said.index("/etc/apparmor.d/bwrap"), said.index("apparmor_parser -r /etc/apparmor.d/bwrap")
    assert f"profile bwrap {tmp_path}/bwrap flags=(unconfined)" in said
    assert profile < load < said.index("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")
    assert "\n" not in said


def test_no_tier_at_all_is_an_error_with_two_ways(tmp_path: Path) -> None:
    code = "from godel.sandbox.choose import choose; choose()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "DOCKER_HOST": "tcp://127.0.0.1:1"},
    )
    assert "TierMissing" in done.stderr
    assert "install Docker" in done.stderr
    assert "apt-get install bubblewrap" in done.stderr


def test_an_unknown_tier_is_refused_with_the_names() -> None:
    with pytest.raises(TierMissing, match="unknown sandbox tier 'none'; there are: docker, bubblewrap"):
        choose("none")
    with pytest.raises(TierMissing, match=r"has no option 'runtime' .* goes with 'docker'"):
        choose("bubblewrap", {"runtime": "runsc"})


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):  # it may end between the two
        return False
