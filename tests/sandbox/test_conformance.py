"""What every tier promises, tried for real: the channel, how children end, and that nothing of one
child is left to the next. What a guest may see and do is in test_isolation.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from godel.contract import Program
from godel.contract.limits import FRAME_BYTES
from godel.sandbox import Limits, MiB, SandboxLost, Spec, Starved, Tier
from godel.sandbox.channel import ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, RunProgram

ECHO = "return request"
PROCESSES = """
import os
me = os.getpid()
return sorted(int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != me)
"""
DAEMON = """
import os, signal, time
for _ in range(5):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        while True:
            open("/tmp/alive", "w").close()
time.sleep(0.2)
return "started"
"""


# ---- the channel


@pytest.mark.parametrize("value", [None, True, -1.5, "ünïcodé \n \0", [1, [2, {"a": []}]], {"": None}])
def test_a_value_comes_back_as_it_was(lab: Any, value: Any) -> None:
    assert lab.ask(ECHO, value) == value


def test_many_turns_with_one_child(lab: Any) -> None:
    child = lab.child("return request + 1")
    for number in range(200):
        child.send(number)
        assert child.receive(60) == number + 1
    assert child.kill().reason == "killed"


def test_a_frame_of_ten_mebibytes_goes_both_ways(lab: Any) -> None:
    text = "x" * (10 * MiB)
    assert lab.ask("return request[::-1]", text) == text


def test_what_a_child_prints_goes_to_its_log_only(lab: Any) -> None:
    child = lab.child("""
        import os, sys
        print('Z{"exit": {"reason": "forged"}}')
        print("to stderr", file=sys.stderr)
        os.write(1, b"to descriptor 1\\n")
        sys.stdout.flush()
        return "the reply"
    """)
    child.send(None)
    assert child.receive(60) == "the reply"
    log = child.kill().log
    assert "forged" in log
    assert "to stderr" in log
    assert "to descriptor 1" in log


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"block = b'x' * {MiB}\nfor _ in range({2 * FRAME_BYTES // MiB}): os.write(port._out, block)", "flood"),
        ("os.write(port._out, b'1\\n2\\n')", "out of turn"),
        ("os.write(port._out, b'\\xff not json\\n')", "garbage"),
        ("os.write(port._out, b'[' * 200000 + b'\\n')", "garbage"),
        ('os.write(port._out, b\'Z{"exit": {"reason": "exit"}}\\n\')', "garbage"),
        ("os.close(port._out)", "closed"),
    ],
    ids=["flood", "two lines", "garbage", "deep", "forged exit", "hung up"],
)
def test_a_child_that_breaks_the_protocol_is_ended(lab: Any, body: str, reason: str) -> None:
    exit = lab.hijack(f"import os, time\n{body}\ntime.sleep(30)")
    assert exit.reason == reason
    assert lab.ask(ECHO, 1) == 1


def test_a_child_that_speaks_before_it_is_asked_is_ended(lab: Any) -> None:
    child = lab.child(
        "import os\nport = __import__('sys')._getframe(1).f_locals['port']\nos.write(port._out, b'1\\n2\\n')\nreturn 3"
    )
    child.send(None)
    with pytest.raises(ChildEnded) as ended:
        for _ in range(3):
            child.receive(60)
            child.send(None)
    assert ended.value.exit.reason == "out of turn"


def test_a_child_that_never_reads_holds_nobody_up(lab: Any) -> None:
    child = lab.child("import time\ntime.sleep(30)", wall_s=0.5)
    child.send(None)
    child.send("x" * (10 * MiB))
    with pytest.raises(ChildEnded) as ended:
        child.receive(60)
    assert ended.value.exit.reason == "wall"


def test_a_host_that_runs_out_of_patience_ends_the_guest(own_lab: Any) -> None:
    child = own_lab.child("import time\ntime.sleep(30)")
    child.send(None)
    with pytest.raises(ChildEnded) as ended:
        child.receive(0.2)
    assert ended.value.exit.reason == "stalled"
    assert own_lab.session.dead


# ---- how children end


@pytest.mark.parametrize(
    ("body", "reason", "status", "said"),
    [
        ("raise ValueError('a bug')", "crash", 1, "ValueError: a bug"),
        ("raise SystemExit(3)", "crash", 3, ""),
        ("import os; os._exit(0)", "exit", 0, ""),
        ("import os; os.abort()", "crash", -6, ""),
        ("import ctypes; ctypes.string_at(0)", "crash", -11, ""),
        ("return {1, 2}", "crash", 1, "TypeError"),
        ("def f(): return f()\nreturn f()", "crash", 1, "RecursionError"),
    ],
)
def test_how_a_child_ended(lab: Any, body: str, reason: str, status: int, said: str) -> None:
    exit = lab.exit(body)
    assert (exit.reason, exit.status) == (reason, status)
    assert said in exit.log
    assert not lab.session.dead


def test_an_entry_that_does_not_exist_is_a_crash(lab: Any) -> None:
    class Nothing:
        entry = "no.such.module:main"

        def to_json(self) -> None: ...

    child = lab.session.spawn(Nothing())
    with pytest.raises(ChildEnded) as ended:
        child.receive(60)
    assert ended.value.exit.reason == "crash"
    assert "ModuleNotFoundError" in ended.value.exit.log


def test_the_cpu_deadline_ends_a_busy_child(lab: Any) -> None:
    exit = lab.exit("while True: pass", cpu_s=0.3, wall_s=30)
    assert exit.reason == "cpu"
    assert 0.3 <= exit.cpu_s < 3


def test_the_wall_deadline_ends_a_sleeping_child(lab: Any) -> None:
    exit = lab.exit("import time; time.sleep(30)", cpu_s=30, wall_s=0.3)
    assert exit.reason == "wall"
    assert 0.3 <= exit.wall_s < 10
    assert exit.cpu_s < 0.3


def test_a_childs_clock_stands_still_in_the_hosts_turn(lab: Any) -> None:
    """What a model or a judge takes is not its own; what it takes itself still is."""
    child = lab.child("import time; time.sleep(request); return request", wall_s=2.0)
    for _ in range(2):
        time.sleep(1.5)
        child.send(0.1)
        assert child.receive(60) == 0.1
    child.send(30)
    with pytest.raises(ChildEnded) as ended:
        child.receive(60)
    assert ended.value.exit.reason == "wall"


def test_where_the_budget_is_time_the_hosts_turn_counts(lab: Any) -> None:
    child = lab.child(ECHO, wall_s=1.0, timed=True)
    time.sleep(2.0)
    with pytest.raises((ChildEnded, Starved)) as ended:  # starved: on a busy machine
        child.send(1)
        child.receive(60)
    assert not isinstance(ended.value, ChildEnded) or ended.value.exit.reason == "wall"


def test_a_deadline_holds_before_the_child_has_spoken(lab: Any) -> None:
    child = lab.session.spawn(RunProgram(Program({"main.py": "while True: pass"}), ""), Ceilings(cpu_s=0.2))
    with pytest.raises(ChildEnded) as ended:
        child.receive(60)
    assert ended.value.exit.reason == "cpu"


def test_a_memory_bomb_is_a_memory_failure_and_the_next_child_runs(lab: Any) -> None:
    assert lab.exit("hoard = []\nwhile True: hoard.append(bytearray(1 << 20))", wall_s=60).reason == "memory"
    assert lab.ask(ECHO, 1) == 1


def test_a_childs_own_memory_limit_spares_the_guest(lab: Any) -> None:
    limits = {"memory_bytes": 64 * MiB}
    exit = lab.exit("hoard = []\nwhile True: hoard.append(bytearray(1 << 20))", **limits)
    assert exit.reason == "memory"
    assert not lab.session.dead
    assert lab.ask("return len(bytearray(16 << 20))", **limits) == 16 * MiB


def test_a_fork_bomb_is_contained_and_ended(lab: Any) -> None:
    before = lab.ask(PROCESSES)
    exit = lab.exit(
        """
        import os, time
        while True:
            try:
                os.fork()
            except OSError:
                time.sleep(0.01)
        """,
        wall_s=1.5,
    )
    assert exit.reason in ("wall", "memory", "lost")
    assert len(lab.ask(PROCESSES)) == len(before)


def test_a_file_bomb_meets_its_limit_and_is_cleared(lab: Any) -> None:
    fill = """
        written = 0
        for number in range(1000):
            try:
                with open(f"/tmp/{number}", "wb", buffering=0) as file:
                    for _ in range(1000):
                        written += file.write(b"x" * (1 << 20))
            except OSError:
                continue
        return written
    """
    first = lab.ask(fill)
    assert 16 * MiB < first <= Limits().tmpfs_bytes
    assert lab.ask(fill) == first


def test_a_file_may_not_be_larger_than_its_limit(lab: Any) -> None:
    body = """
        import os, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            with open("/tmp/large", "wb") as file:
                file.write(b"x" * (2 << 20))
        except OSError as error:
            return os.strerror(error.errno)
    """
    assert lab.ask(body, file_bytes=MiB) == "File too large"


def test_a_flood_of_log_is_read_and_cut(lab: Any) -> None:
    child = lab.child("""
        import os
        for _ in range(64):
            os.write(2, b"x" * (1 << 20))
        os.write(2, b"the end")
        return "done"
    """)
    child.send(None)
    assert child.receive(60) == "done"
    log = child.kill().log
    assert log.endswith("the end")
    assert len(log) < MiB


def test_a_child_can_close_its_log(lab: Any) -> None:
    assert lab.ask("import os\nos.close(1)\nos.close(2)\nreturn 'silent'") == "silent"


def test_a_killed_child_says_how_it_ended_twice(lab: Any) -> None:
    child = lab.child(ECHO)
    first = child.kill()
    assert first.reason == "killed"
    assert child.kill() is first
    with pytest.raises(ChildEnded):
        child.send(1)
    with pytest.raises(ChildEnded):
        child.receive()


def test_a_new_child_ends_the_one_before(lab: Any) -> None:
    old = lab.child("import time; time.sleep(60)")
    old.send(None)
    assert lab.ask(ECHO, "new") == "new"
    assert old.kill().reason == "killed"


# ---- nothing is left to the next child


def test_daemons_end_with_their_child(lab: Any) -> None:
    before = lab.ask(PROCESSES)
    assert lab.ask(DAEMON) == "started"
    assert len(lab.ask(PROCESSES)) == len(before)
    assert lab.ask("import os, time\ntime.sleep(0.2)\nreturn os.listdir('/tmp')") == []


def test_files_end_with_their_child(lab: Any) -> None:
    left = lab.ask("""
        import os, pathlib
        for place in ("/tmp", "/dev/shm"):
            pathlib.Path(place, "note").write_text("remember me")
            pathlib.Path(place, ".hidden").mkdir()
            pathlib.Path(place, ".hidden", "note").write_text("remember me")
            os.symlink("/tmp/note", place + "/link")
        return len(os.listdir("/tmp"))
    """)
    assert left == 3
    assert lab.ask("import os\nreturn os.listdir('/tmp') + os.listdir('/dev/shm')") == []


def test_a_guest_with_files_that_cannot_be_removed_is_given_up(own_lab: Any) -> None:
    """The next child of the same guest must never find them."""
    child = own_lab.child("""
        import os
        os.makedirs("/tmp/a/b")
        os.chmod("/tmp/a", 0)
        return os.listdir("/tmp")
    """)
    child.send(None)
    assert child.receive(60) == ["a"]
    with pytest.raises(ChildEnded):
        child.kill()
    assert own_lab.session.dead
    assert own_lab.ask("import os\nreturn os.listdir('/tmp')") == []


def test_a_childs_imports_and_randomness_are_its_own(lab: Any) -> None:
    body = (
        "import random, sys\nfirst = 'note' in sys.modules\nsys.modules['note'] = sys\nreturn [first, random.random()]"
    )
    assert lab.ask(body) == lab.ask(body)
    assert lab.ask(body)[0] is False


def test_system_v_objects_cannot_be_made(lab: Any) -> None:
    """They would outlive the child."""
    made = lab.ask("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        return [libc.shmget(1, 4096, 0o1600), libc.msgget(1, 0o1600), libc.semget(1, 1, 0o1600)]
    """)
    assert made == [-1, -1, -1]


def test_a_hundred_children_leak_nothing(own_lab: Any) -> None:
    count = """
        import os
        states = [open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
                  for pid in os.listdir("/proc") if pid.isdigit()]
        return [len(os.listdir("/proc/self/fd")), len(states), states.count("Z")]
    """
    first, host = own_lab.ask(count), descriptors()
    for _ in range(100):
        assert own_lab.ask(ECHO, 1) == 1
    assert own_lab.ask(count) == first
    assert first[2] == 0
    assert descriptors() == host


# ---- the guest as a whole


def test_a_child_cannot_end_the_zygote(lab: Any) -> None:
    """Whoever it signals, it gets no further than itself."""
    body = """
        import os, signal
        for target in (os.getppid(), 1, -1):
            for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
                try:
                    os.kill(target, number)
                except OSError:
                    pass
        return "still here"
    """
    session = lab.session
    assert lab.ask(body) == "still here"
    assert lab.ask(ECHO, 1) == 1
    assert lab.session is session


def test_a_guest_can_be_killed_twice_and_by_another_thread(tier: Tier) -> None:
    session = Session(tier.start(Spec("candidate")))
    session.wait_ready()
    enders = [threading.Thread(target=session.guest.kill) for _ in range(3)]
    for ender in enders:
        ender.start()
    for ender in enders:
        ender.join()
    session.guest.kill()
    assert session.guest.death() == "killed"
    assert session.guest.receive(1) == b""
    with pytest.raises(BrokenPipeError):
        session.guest.send(b"x")


def test_a_guest_that_is_killed_during_a_call_is_our_failure(own_lab: Any) -> None:
    child = own_lab.child("import time; time.sleep(60)")
    child.send(None)
    threading.Timer(0.3, own_lab.session.guest.kill).start()
    with pytest.raises(SandboxLost, match="was killed"):
        child.receive(30)
    with pytest.raises(SandboxLost):
        own_lab.session.spawn(RunProgram(Program({"main.py": ""}), ""))


def test_a_guest_that_cannot_import_its_modules_does_not_start(tier: Tier) -> None:
    session = Session(tier.start(Spec("candidate", preload=("no_such_module",))))
    with pytest.raises(SandboxLost, match="no_such_module"):
        session.wait_ready()
    session.close()


def test_closed_guests_leave_no_descriptor_and_no_thread(tier: Tier) -> None:
    """A tier may keep some for good (connections to its engine), but not more with every guest."""

    def come_and_go() -> None:
        sessions = [Session(tier.start(Spec("candidate"))) for _ in range(2)]
        for session in sessions:
            session.wait_ready()
            session.close()

    growth = []
    for _ in range(8):
        before = kept()
        come_and_go()
        if settled(kept, before):
            return
        growth.append(kept() - before)
    pytest.fail(f"every two guests kept more: {growth}")


def test_the_reaper_spares_the_living(own_lab: Any) -> None:
    own_lab.tier.reap()
    assert own_lab.ask(ECHO, 1) == 1


def test_a_tiers_identity_is_stable(tier: Tier) -> None:
    assert tier.identity() == tier.identity()
    assert tier.identity().startswith("sha256:")


def test_a_child_that_closes_its_log_does_not_make_the_zygote_spin(own_lab: Any) -> None:
    ticks = (
        "import os\nreturn sum(map(int, open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2].split()[11:13]))"
    )
    before = own_lab.ask(ticks)
    own_lab.ask("import os, time\nos.close(1)\nos.close(2)\ntime.sleep(1)")
    assert own_lab.ask(ticks) - before < 50  # of 100 ticks that it waited


def test_an_idle_zygote_rests(own_lab: Any) -> None:
    """Once it has ended children, it waits for the next without using its CPU."""
    ticks = "return sum(map(int, open('/proc/%d/stat' % os.getppid()).read().rsplit(')')[-1].split()[11:13]))"
    for _ in range(3):
        own_lab.ask(ECHO, 1)
    before = own_lab.ask(f"import os\n{ticks}")
    time.sleep(1.0)
    used = own_lab.ask(f"import os\n{ticks}") - before
    assert used < 50, f"{used} of 100 ticks"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def kept() -> int:
    return descriptors() + threading.active_count()


def settled(count: Callable[[], int], wanted: int, timeout_s: float = 3.0) -> bool:
    """Whether `count()` comes down to `wanted`: threads and removals end a moment later."""
    deadline = time.monotonic() + timeout_s
    while count() > wanted:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
