"""Everything that the doctor tries, in order."""

from __future__ import annotations

from dataclasses import replace

from godel.sandbox import MiB

from .attempt import CHILD_BYTES, CHILD_FILE_BYTES, LAST_WORD, LIMITS, Attempt, Examination
from .canaries import Canaries
from .guest_log import GuestLog

CPUS = 0.25
"""Low, so that a guest without the limit gets clearly more even where the machine is busy."""


def attempts(canaries: Canaries) -> list[Examination]:
    return [*ways_out(canaries), *ways_to_outlive(canaries), *ways_to_use_too_much()]


def ways_out(canaries: Canaries) -> list[Attempt]:
    return [
        Attempt(
            "network",
            "reach listeners on the host",
            "escape_probes.network_host",
            {"port": canaries.port, "abstract": canaries.abstract},
        ),
        Attempt("network", "interfaces, names, metadata service", "escape_probes.network_outside"),
        Attempt(
            "host files", "read planted and well-known files", "escape_probes.host_files", {"paths": canaries.files}
        ),
        Attempt("host files", "write outside of the scratch folders", "escape_probes.read_only"),
        Attempt("environment", "find a planted variable", "escape_probes.environment", {"canary": canaries.secret}),
        Attempt(
            "keys",
            "find a planted key in any process",
            "escape_probes.environment",
            {"canary": "key-" + canaries.secret},
        ),
        Attempt("processes", "see the host's processes", "escape_probes.processes", {"marker": canaries.secret}),
        Attempt("/proc", "kernel settings, memory, devices", "escape_probes.kernel"),
        Attempt("/proc", "reach into the zygote", "escape_probes.zygote"),
        Attempt("channel", "inherited descriptors", "escape_probes.inherited"),
        Attempt(
            "channel",
            "speak as the zygote",
            "escape_probes.speak_as_zygote",
            ends=("garbage", "out of turn"),
            wall_s=10.0,
        ),
        Attempt("privilege", "root, capabilities, mounts, namespaces", "escape_probes.privilege"),
        Attempt("privilege", "refused system calls", "escape_probes.seccomp", unset=("seccomp filter",)),
        Attempt(
            "own uid",
            "act as the zygote or an earlier child",
            "escape_probes.same_user",
            first="escape_probes.who",
            unset=("a uid of its own",),
        ),
    ]


def ways_to_outlive(canaries: Canaries) -> list[Attempt]:
    marker = "left-" + canaries.secret[:8]
    return [
        Attempt("deadline", "use CPU past it", "resource_probes.spin", {"seconds": 4.0}, ("cpu",), cpu_s=0.5),
        Attempt(
            "deadline",
            "use CPU past it in processes of its own",
            "resource_probes.spin_by_proxy",
            {"seconds": 4.0},
            ("cpu",),
            cpu_s=0.5,
            unset=("CPU seconds of the processes",),
        ),
        Attempt(
            "deadline", "sit past it, deaf to signals", "resource_probes.sleep", {"seconds": 4.0}, ("wall",), wall_s=1.0
        ),
        Attempt(
            "escape of children",
            "leave a daemon and a file behind",
            "escape_probes.left_behind",
            {"marker": marker},
            first="escape_probes.leave",
        ),
        Attempt(
            "escape of children",
            "leave a note in the kernel's queues",
            "escape_probes.found_notes",
            first="escape_probes.leave_notes",
            unset=("no System V queues",),
        ),
    ]


def ways_to_use_too_much() -> list[Examination]:
    """Each may end only in the refusal that its own limit gives: what another limit stops proves nothing."""
    file_bytes, places = LIMITS.file_bytes, ["/tmp", "/dev/shm"]
    return [
        Attempt("ceilings", "dump core, raise one's own", "resource_probes.ceilings", file_bytes=CHILD_FILE_BYTES),
        Attempt(
            "fork bomb",
            f"more than {LIMITS.pids} processes",
            "resource_probes.fork_bomb",
            {"limit": LIMITS.pids},
            unset=("number of processes", "process limit"),
        ),
        Attempt(
            "memory",
            f"more than a child's {CHILD_BYTES >> 20} MiB",
            "resource_probes.memory_bomb",
            {"limit": CHILD_BYTES},
        ),
        Attempt(
            "memory",
            f"more than {LIMITS.memory_bytes >> 20} MiB through children",
            "resource_probes.shared_memory_bomb",
            {"limit": LIMITS.memory_bytes, "each": CHILD_BYTES * 3 // 4},
            unset=("memory of a guest as a whole", "memory limit", "swap limit"),
        ),
        Attempt(
            "disk",
            "fill the scratch folders",
            "resource_probes.disk_bomb",
            {"limit": LIMITS.tmpfs_bytes, "places": places},
        ),
        Attempt("file size", f"a file over {file_bytes >> 20} MiB", "resource_probes.file_bomb", {"limit": file_bytes}),
        Attempt(
            "file size",
            f"a file over a child's {CHILD_FILE_BYTES >> 20} MiB",
            "resource_probes.file_bomb",
            {"limit": CHILD_FILE_BYTES},
            file_bytes=CHILD_FILE_BYTES,
        ),
        Attempt(
            "open files", f"more than {LIMITS.open_files}", "resource_probes.open_files", {"limit": LIMITS.open_files}
        ),
        Attempt(
            "log",
            f"print {8 * MiB >> 20} MiB",
            "resource_probes.log_flood",
            {"size": 8 * MiB, "last": LAST_WORD},
            kept_bytes=LIMITS.log_bytes,
        ),
        GuestLog(),
        Attempt(
            "cpus",
            f"more than {CPUS} of them",
            "resource_probes.cpu_share",
            {"cpus": CPUS, "seconds": 1.0},
            unset=("share of the cpus", "cpu limit"),
            limits=replace(LIMITS, cpus=CPUS),
        ),
    ]
