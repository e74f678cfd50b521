"""Tiers with a hole: they start guests otherwise than they were asked to."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from docker import APIClient
from docker.utils import kwargs_from_env

from godel.sandbox import ZYGOTE, Guest, Spec, Tier
from godel.sandbox.docker import DockerTier

REWRITE = """\
#!{python} -IS
import os, sys
words = [word for word in sys.argv[1:] if word not in {dropped!r}]
last = [i for i, word in enumerate(words) if words[i : i + 2] == ["--remount-ro", "/"]]
words[last[0] if last else 0 : 0] = {added!r} if last else []
os.execv({bwrap!r}, ["bwrap", *words])
"""


class LooseTier:
    """`tier` with other limits, other settings of a spec, or other ceilings for each child.
    `gaps`: what it owns up to."""

    def __init__(
        self, tier: Tier, limits: dict[str, Any], spec: dict[str, Any], job: dict[str, Any], gaps: tuple[str, ...]
    ) -> None:
        self._tier, self._limits, self._spec, self._job, self._gaps = tier, limits, spec, job, gaps

    def unset(self) -> tuple[str, ...]:
        return self._tier.unset() + self._gaps

    def start(self, spec: Spec) -> Guest:
        limits = dataclasses.replace(spec.limits, **self._limits)
        started = self._tier.start(dataclasses.replace(spec, limits=limits, **self._spec))
        return cast(Guest, LooseGuest(started, self._job))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tier, name)


class LooseGuest:
    """Tells the zygote other ceilings for a child than it was told."""

    def __init__(self, guest: Guest, job: dict[str, Any]) -> None:
        self._guest, self._job = guest, job

    def send(self, data: bytes) -> None:
        if data.startswith(b"S"):
            data = b"S" + json.dumps({**json.loads(data[1:]), **self._job}).encode() + b"\n"
        self._guest.send(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._guest, name)


def loosened(tier: Tier, *, limits: Any = (), spec: Any = (), job: Any = (), gaps: tuple[str, ...] = ()) -> Tier:
    return cast(Tier, LooseTier(tier, dict(limits), dict(spec), dict(job), gaps))


class LooseEngine(APIClient):
    """Creates containers with other settings than it was asked for. `leaks`: a variable of the host's."""

    changes: dict[str, Any]
    leaks: str | None = None

    def create_container_from_config(self, config: dict[str, Any], name: str | None = None, *_: Any) -> Any:
        host = {**config["HostConfig"], **self.changes}
        made = {**config, "NetworkDisabled": host["NetworkMode"] == "none", "HostConfig": host}
        if self.leaks:
            made["Env"] = [*made["Env"], f"LEAK={os.environ[self.leaks]}"]
        return super().create_container_from_config(made, name)  # type: ignore[no-untyped-call]


class LooseDocker(DockerTier):
    def __init__(self, leaks: str | None = None, **changes: Any) -> None:
        super().__init__()
        self._leaks, self._changes = leaks, changes

    @cached_property
    def _engine(self) -> APIClient:
        engine = LooseEngine(**kwargs_from_env(), version="auto", timeout=60)
        engine.changes, engine.leaks = self._changes, self._leaks
        return engine


def loose_bwrap(folder: Path, dropped: list[str], added: list[str]) -> str:
    """A PATH on which `bwrap` drops some words and adds others at the end."""
    script = folder / "bwrap"
    script.write_text(REWRITE.format(python=sys.executable, bwrap=shutil.which("bwrap"), dropped=dropped, added=added))
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def other_zygote(folder: Path, sources: Path, old: str, new: str) -> list[str]:
    """Options for bwrap that put a zygote with one line changed in the place of ours."""
    (source,) = (each for each in sources.glob("*.py") if old in each.read_text())
    text = source.read_text()
    assert text.count(old) == 1, old
    changed = folder / source.name
    changed.write_text(text.replace(old, new))
    folder.chmod(0o755)
    return ["--ro-bind", str(changed), ZYGOTE.replace("zygote.py", source.name)]
