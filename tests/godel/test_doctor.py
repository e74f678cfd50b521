"""The doctor: finds nothing on the tiers as they are, and finds each hole that is made into one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from guests import own_nurseries
from loose import LooseDocker, loose_bwrap, loosened, other_zygote
from runs import tier_or_skip

import godel.sandbox
from godel.doctor import Canaries, Examination, Finding, attempts, examine
from godel.doctor.table import ways_to_use_too_much
from godel.sandbox import MiB, Spec, Tier
from godel.sandbox.bubblewrap import BubblewrapTier, cgroups
from godel.sandbox.channel import Session
from godel.sandbox.docker import hardening

PROCESSES, SYSTEM_CALLS = "see the host's processes", "refused system calls"
GUEST = Path(godel.sandbox.__file__).parent / "guest"
DOCKER_HOLES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "the host's network": (
        {"NetworkMode": "host"},
        {"reach listeners on the host", "interfaces, names, metadata service"},
    ),
    "new privileges": ({"SecurityOpt": []}, {"root, capabilities, mounts, namespaces"}),
    "a folder of the host": ({"Binds": ["FOLDER:FOLDER:ro"]}, {"read planted and well-known files"}),
    "a device": (
        {"Devices": [{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/mem", "CgroupPermissions": "r"}]},
        {"kernel settings, memory, devices"},
    ),
    "a variable": (
        {"leaks": "GODEL_DOCTOR_API_KEY"},
        {"find a planted variable", "find a planted key in any process"},
    ),
    "queues": ({"Sysctls": {}}, {"leave a note in the kernel's queues"}),
}
HOSTS_NETWORK = {"reach listeners on the host", "interfaces, names, metadata service"}
BUBBLEWRAP_HOLES: dict[str, tuple[list[str], list[str], set[str]]] = {
    "a folder of the host": (
        [],
        ["--perms", "0755", "--dir", "/var", "--perms", "0755", "--dir", "/var/tmp", "--ro-bind", "FOLDER", "FOLDER"],
        {"read planted and well-known files"},
    ),
    "a place to write": ([], ["--perms", "0777", "--tmpfs", "/var"], {"write outside of the scratch folders"}),
}
ZYGOTE_HOLES = {
    "can be traced": (
        "must not read or trace us.\n        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)",
        "",
        "reach into the zygote",
    ),
    "hands on its descriptors": ("        close_all_but({", "        set({", "inherited descriptors"),
    "lets a child speak for it": (
        'b"D" + child.outbox',
        '(b"" if child.outbox[:1] == b"Z" else b"D") + child.outbox',
        "speak as the zygote",
    ),
    "does not sweep": (
        "return self.settings.sweep and",
        "return False and",
        "leave a daemon and a file behind",
    ),
    "counts the child's own time only": (
        "self.meter.cpu())",
        "0.0)",
        "use CPU past it in processes of its own",
    ),
    "keeps all that is said": ("LOG_TAIL = 4096", "LOG_TAIL = 1 << 30", "print 8 MiB"),
}
FORGOTTEN_AT_BIRTH = {
    "its network": (" | kernel.NEWNET", ""),
    "its places": ("    for place in WRITABLE:", "    for place in ():"),
    "its filter": ("    kernel.filter_calls(", "    str("),
    "to hide what /proc shows": ("    hide(known)", "    pass"),
}
"""Each alone opens nothing to the host: the nursery, in which it would still be, is closed too. That it opens
something to another guest is found by the attacks on nurseries."""
LIMIT_HOLES = {
    "memory_bytes": (1024 * MiB, "more than 256 MiB through children"),
    "pids": (400, "more than 48 processes"),
    "tmpfs_bytes": (200 * MiB, "fill the scratch folders"),
    "file_bytes": (1024 * MiB, "a file over 16 MiB"),
    "open_files": (1024, "more than 128"),
    "log_bytes": (1 * MiB, "flood the guest's own log"),
    "cpus": (2.0, "more than 0.25 of them"),
}
JOB_HOLES = {
    "memory_bytes": {"more than a child's 128 MiB", "dump core, raise one's own"},
    "file_bytes": {"a file over a child's 8 MiB"},
    "cpu_s": {"use CPU past it", "use CPU past it in processes of its own", "dump core, raise one's own"},
    "wall_s": {"sit past it, deaf to signals"},
}
OWN_UID = "act as the zygote or an earlier child"


def all_attempts() -> list[Examination]:
    return attempts(Canaries([], "secret", 0, ""))


def broken(findings: list[Finding]) -> set[str]:
    return {each.attempt for each in findings if each.holds is False}


def examined(tier: Tier, *names: str) -> list[Finding]:
    return examine(tier, wanted=lambda each: each.attempt in names)


def test_every_protection_holds(any_tier: Tier) -> None:
    findings = examine(any_tier)
    assert [each.attempt for each in findings] == [each.attempt for each in all_attempts()]
    assert [each for each in findings if each.holds is False] == []
    told = [each for each in findings if each.holds is None and "busy" not in each.detail]
    assert all(each.detail.startswith("not set: ") for each in told)
    assert any_tier.unset() or not told


def test_every_attempt_is_shown_to_find_a_hole() -> None:
    found = {PROCESSES, SYSTEM_CALLS, OWN_UID}.union(
        *(expected for _, expected in DOCKER_HOLES.values()),
        *(expected for *_, expected in BUBBLEWRAP_HOLES.values()),
        *({expected} for *_, expected in ZYGOTE_HOLES.values()),
        *({expected} for _, expected in LIMIT_HOLES.values()),
        *JOB_HOLES.values(),
    )
    assert found == {each.attempt for each in all_attempts()}


@pytest.mark.parametrize("limit", LIMIT_HOLES)
def test_a_limit_that_is_not_set_is_found_by_its_own_attempt_only(any_tier: Tier, limit: str) -> None:
    value, expected = LIMIT_HOLES[limit]
    names = [each.attempt for each in ways_to_use_too_much()]
    gaps = {each.attempt for each in examined(any_tier, expected) if each.detail.startswith("not set: ")}
    findings = examined(loosened(any_tier, limits={limit: value}), *names)
    unclear = {each.attempt for each in findings if each.holds is None and "too busy to tell" in each.detail}
    assert unclear <= {LIMIT_HOLES["cpus"][1]}
    assert broken(findings) == {expected} - gaps - unclear


@pytest.mark.parametrize("limit", ["memory_bytes", "pids", "cpus"])
def test_a_limit_that_the_tier_says_it_could_not_set_is_told_apart(any_tier: Tier, limit: str) -> None:
    value, name = LIMIT_HOLES[limit]
    [attempt] = [each for each in all_attempts() if each.attempt == name]
    tier = loosened(any_tier, limits={limit: value}, gaps=attempt.unset)
    [finding] = examined(tier, name)
    assert finding.holds is None
    assert finding.detail.startswith("not set: ")


@pytest.mark.parametrize("ceiling", JOB_HOLES)
def test_a_child_without_a_ceiling_is_found(any_tier: Tier, ceiling: str) -> None:
    names = set[str]().union(*JOB_HOLES.values())
    assert broken(examined(loosened(any_tier, job={ceiling: None}), *names)) == JOB_HOLES[ceiling]


@pytest.mark.docker
def test_children_that_share_a_uid_are_found() -> None:
    tier = loosened(tier_or_skip("docker"), spec={"isolate_children": False})
    assert broken(examined(tier, OWN_UID)) == {OWN_UID}


def test_the_doctor_knows_gaps_by_the_names_that_tiers_give_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "parents", lambda: ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("godel.sandbox.bubblewrap.launch.guests_are_nobody", lambda: False)
    gaps = [*BubblewrapTier(nursery=False).unset(), *hardening.unset({"SecurityOptions": ["rootless"]})]
    for name in (name for each in all_attempts() for name in each.unset):
        assert any(gap.startswith(name) for gap in gaps), name


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the doctor plants its canary, at a path that no guest has of its own. (`tmp_path` comes
    first: pytest would make the folder of all tests in this one.)"""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as made:
        Path(made).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", made)
        yield made


@pytest.mark.docker
@pytest.mark.parametrize("hole", DOCKER_HOLES)
def test_a_hole_in_docker_is_found(hole: str, folder: str) -> None:
    tier_or_skip("docker")
    changes, expected = DOCKER_HOLES[hole]
    tier = LooseDocker(**json.loads(json.dumps(changes).replace("FOLDER", folder)))
    try:
        assert broken(examine(tier)) == expected
    finally:
        tier.close()


@pytest.mark.docker
def test_a_container_without_a_filter_is_found() -> None:
    """Whether it can also make namespaces then depends on the kernel's settings."""
    tier_or_skip("docker")
    tier = LooseDocker(SecurityOpt=["no-new-privileges", "seccomp=unconfined"])
    try:
        found = broken(examine(tier))
    finally:
        tier.close()
    assert SYSTEM_CALLS in found
    assert found <= {SYSTEM_CALLS, "root, capabilities, mounts, namespaces"}


@pytest.fixture
def bubblewrap(monkeypatch: pytest.MonkeyPatch) -> Iterator[BubblewrapTier]:
    """One whose nurseries are its own: they start as `PATH` has it then."""
    tier_or_skip("bubblewrap")
    with own_nurseries(monkeypatch), closing(BubblewrapTier()) as tier:
        yield tier


@pytest.mark.bubblewrap
@pytest.mark.parametrize("hole", BUBBLEWRAP_HOLES)
def test_a_hole_in_bubblewrap_is_found(
    hole: str, folder: str, bubblewrap: BubblewrapTier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tier starts the `bwrap` that it finds: here, one that does not do all that it is told."""
    dropped, added, expected = BUBBLEWRAP_HOLES[hole]
    words = [word.replace("FOLDER", folder) for word in added]
    monkeypatch.setenv("PATH", loose_bwrap(tmp_path, dropped, words))
    assert broken(examine(bubblewrap)) == expected


@pytest.mark.bubblewrap
def test_the_hosts_network_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a guest has that of bwrap: one that a nursery bears has its own."""
    tier_or_skip("bubblewrap")
    monkeypatch.setenv("PATH", loose_bwrap(tmp_path, ["--unshare-net"], []))
    assert broken(examined(BubblewrapTier(nursery=False), *HOSTS_NETWORK)) == HOSTS_NETWORK


@pytest.mark.bubblewrap
def test_the_hosts_proc_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tier_or_skip("bubblewrap")
    monkeypatch.setenv("PATH", loose_bwrap(tmp_path, [], ["--ro-bind", "/proc", "/proc"]))
    assert broken(examined(BubblewrapTier(nursery=False), PROCESSES)) == {PROCESSES}


@pytest.mark.bubblewrap
@pytest.mark.parametrize("hole", ZYGOTE_HOLES)
def test_a_zygote_with_a_hole_is_found(
    hole: str, folder: str, bubblewrap: BubblewrapTier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, expected = ZYGOTE_HOLES[hole]
    monkeypatch.setenv("PATH", loose_bwrap(tmp_path, [], other_zygote(Path(folder), GUEST, old, new)))
    assert broken(examined(bubblewrap, expected)) == {expected}


def born_otherwise(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    monkeypatch.setenv("PATH", loose_bwrap(tmp_path, [], other_zygote(Path(folder), GUEST, old, new)))


@pytest.mark.bubblewrap
def test_a_guest_that_is_born_with_rights_is_found(
    folder: str, bubblewrap: BubblewrapTier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born_otherwise(folder, tmp_path, monkeypatch, "    kernel.drop_capabilities(known.last_capability)", "    pass")
    rights = "root, capabilities, mounts, namespaces"
    assert broken(examined(bubblewrap, rights)) == {rights}


@pytest.mark.bubblewrap
@pytest.mark.slow
@pytest.mark.parametrize("step", FORGOTTEN_AT_BIRTH)
def test_one_step_that_is_forgotten_at_birth_opens_nothing_to_the_host(
    step: str, folder: str, bubblewrap: BubblewrapTier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born_otherwise(folder, tmp_path, monkeypatch, *FORGOTTEN_AT_BIRTH[step])
    assert broken(examine(bubblewrap)) == set()


@pytest.mark.bubblewrap
def test_where_no_guest_can_be_born_each_starts_by_itself_and_the_doctor_says_so(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that forbids a user namespace inside another."""
    tier_or_skip("bubblewrap")
    born_otherwise(
        folder, tmp_path, monkeypatch, "    kernel.unshare(kernel.NEWUSER)", "    raise OSError('forbidden')"
    )
    with own_nurseries(monkeypatch), closing(BubblewrapTier()) as tier:
        assert not tier.forks()
        assert "fresh guests at the price of a fork (OSError: forbidden)" in tier.unset()
        session = Session(tier.start(Spec("candidate")))
        assert session.wait_ready().pid == 1
        session.close()
