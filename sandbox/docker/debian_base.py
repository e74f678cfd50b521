"""A base image from Debian's packages, for machines that reach no image registry.

debootstrap verifies the archive's signature; the result is imported, not built, so that it
is one layer. About 40 s.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import SandboxError
from ..advice import sudo
from .engine import engine_errors

if TYPE_CHECKING:
    from docker import APIClient

SUITE = "bookworm"
NAME = f"godel-base:{SUITE}"
DROPPED = ("var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/doc", "usr/share/man", "usr/share/locale")


def obstacle() -> str | None:
    """Why a base can't be made from Debian's packages here; None if it can."""
    if not shutil.which("debootstrap"):
        return f"debootstrap is not installed (`{sudo()}apt-get install debootstrap`)"
    if os.geteuid() != 0:
        return "debootstrap needs root (`sudo godel sandbox build --base debian`)"
    return None


def build(engine: APIClient, report: Callable[[str], None]) -> str:
    """Make and import the base; its name. Raises SandboxError with what debootstrap said."""
    if why := obstacle():
        raise SandboxError(f"no base image from Debian: {why}")
    report(f"making {NAME} with debootstrap (about 40 s)")
    with tempfile.TemporaryDirectory(prefix="godel-base-") as folder:
        root = Path(folder, "root")
        run_debootstrap(root, report)
        for path in DROPPED:
            shutil.rmtree(root / path, ignore_errors=True)
        import_root(engine, root)
    return NAME


def run_debootstrap(root: Path, report: Callable[[str], None]) -> None:
    command = ["debootstrap", "--variant=minbase", "--include=python3", "--force-check-gpg", SUITE, str(root)]
    command += filter(None, [mirror()])
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        last = ""
        for line in process.stdout:
            last = line.strip()
            if last.startswith("E:") or "installed successfully" in last:
                report(last)
    if process.returncode:
        raise SandboxError(f"debootstrap failed: {last}")


def mirror() -> str | None:
    """Where this machine gets the suite's packages from, if it uses them itself; else debootstrap's default."""
    if not shutil.which("apt-get"):
        return None
    wanted = ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {SUITE}", "Created-By: Packages"]
    listing = subprocess.run(wanted, capture_output=True, text=True)
    return next(iter(listing.stdout.split()), None)


def import_root(engine: APIClient, root: Path) -> None:
    """Stream the tree to the engine. Raises SandboxError unless all of it was packed."""
    with subprocess.Popen(["tar", "-C", str(root), "--numeric-owner", "-c", "."], stdout=subprocess.PIPE) as tar:
        assert tar.stdout
        chunks = iter(partial(tar.stdout.read, 1 << 20), b"")
        repository, _, tag = NAME.partition(":")
        with engine_errors():
            engine.import_image(chunks, repository, tag, changes=["LABEL godel.image=base"], stream_src=True)
    if tar.returncode:
        raise SandboxError(f"packing the base image failed: tar ended with status {tar.returncode}")
