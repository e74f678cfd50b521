"""The doctor: finds nothing on the tiers as they are, and finds each hole that is made into one."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient
from docker.utils import kwargs_from_env
from runs import tier_or_skip

from godel.doctor import Finding, examine
from godel.sandbox import Tier
from godel.sandbox.docker_tier import DockerTier

REWRITE = """\
#!{python} -IS
import os, sys
words = [word for word in sys.argv[1:] if word not in {dropped!r}]
last = [i for i, word in enumerate(words) if words[i : i + 2] == ["--remount-ro", "/"]]
words[last[0] if last else 0 : 0] = {added!r} if last else []
os.execv({bwrap!r}, ["bwrap", *words])
"""


def test_every_protection_holds(any_tier: Tier) -> None:
    findings = examine(any_tier)
    assert len(findings) > 20
    assert [each for each in findings if not each.holds] == []


def broken(findings: list[Finding]) -> set[str]:
    return {each.attempt for each in findings if not each.holds}


class LooseEngine(APIClient):
    """Creates containers with other settings than it was asked for."""

    changes: dict[str, Any]

    def create_container_from_config(self, config: dict[str, Any], name: str | None = None, *_: Any) -> Any:
        host = {**config["HostConfig"], **self.changes}
        networked = {"NetworkDisabled": host["NetworkMode"] == "none"}
        return super().create_container_from_config({**config, **networked, "HostConfig": host}, name)  # type: ignore[no-untyped-call]


class LooseDocker(DockerTier):
    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self._changes = changes

    @cached_property
    def _engine(self) -> APIClient:
        engine = LooseEngine(**kwargs_from_env(), version="auto", timeout=60)
        engine.changes = self._changes
        return engine


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the doctor plants its canary, at a path that no guest has of its own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as made:
        Path(made).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", made)
        yield made


@pytest.mark.docker
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"NetworkMode": "host"}, {"reach listeners on the host", "interfaces, names, metadata service"}),
        ({"SecurityOpt": []}, {"root, capabilities, mounts, namespaces"}),
        ({"Binds": ["FOLDER:FOLDER:ro"]}, {"read planted and well-known files"}),
    ],
    ids=["the host's network", "new privileges", "a folder of the host"],
)
def test_a_hole_in_docker_is_found(changes: dict[str, Any], expected: set[str], folder: str) -> None:
    tier_or_skip("docker")
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
    assert "refused system calls" in found
    assert found <= {"refused system calls", "root, capabilities, mounts, namespaces"}


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    ("dropped", "added", "expected"),
    [
        (["--unshare-net"], [], {"reach listeners on the host", "interfaces, names, metadata service"}),
        ([], ["--ro-bind", "FOLDER", "FOLDER"], {"read planted and well-known files"}),
        ([], ["--perms", "0777", "--tmpfs", "/var"], {"write outside of the scratch folders"}),
    ],
    ids=["the host's network", "a folder of the host", "a place to write"],
)
def test_a_hole_in_bubblewrap_is_found(
    dropped: list[str],
    added: list[str],
    expected: set[str],
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tier starts the `bwrap` that it finds: here, one that does not do all that it is told."""
    tier = tier_or_skip("bubblewrap")
    added = [word.replace("FOLDER", folder) for word in added]
    loose = tmp_path / "bwrap"
    loose.write_text(REWRITE.format(python=sys.executable, bwrap=shutil.which("bwrap"), dropped=dropped, added=added))
    loose.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert broken(examine(tier)) == expected
