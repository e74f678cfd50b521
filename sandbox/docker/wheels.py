"""Gathers the wheels that go into the image, with the host's own pip configuration.

The versions are those installed on the host (`packages`). pip finds them where the host's configuration
says (indexes, find-links, certificates): a local or CPU-only wheel of torch is used if the
host uses it, and nothing with CUDA is fetched for a host whose torch has none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import SandboxError

PYTHON = "3.11"
"""The Python in the image: BASE_IMAGE's, and Debian bookworm's."""

PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_24", "manylinux_2_17", "manylinux2014")


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "godel", "wheels")


def gather(pins: tuple[str, ...], machine: str, report: Callable[[str], None]) -> Path:
    """A folder with the wheels of `pins` for `machine`, all they need, pip, and requirements.txt.

    Raises SandboxError with pip's last words."""
    key = hashlib.sha256("\n".join((PYTHON, machine, *pins)).encode()).hexdigest()[:16]
    folder = cache() / key
    if not folder.exists():
        report(f"gathering wheels: {' '.join(pins)}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{key}-") as partial:
            download(pins, machine, Path(partial))
            Path(partial, "requirements.txt").write_text("".join(f"{pin}\n" for pin in pins))
            keep(Path(partial), folder)
    return folder


def keep(partial: Path, folder: Path) -> None:
    """Whole or not at all; another process that was faster gathered the same."""
    try:
        partial.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def download(pins: tuple[str, ...], machine: str, folder: Path) -> None:
    command = [
        *pip_command(),
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--dest",
        str(folder),
        "--only-binary=:all:",
        "--implementation",
        "cp",
        "--python-version",
        PYTHON,
    ]
    for tag in (f"cp{PYTHON.replace('.', '')}", "abi3", "none"):
        command += ["--abi", tag]
    for platform in (*(f"{name}_{machine}" for name in PLATFORMS), "any"):
        command += ["--platform", platform]
    done = subprocess.run([*command, "pip", *pins], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or [done.stderr.strip()]
        raise SandboxError(f"pip found no wheels for the image ({', '.join(pins)}): {errors[-1]}")


def pip_command() -> list[str]:
    """pip, wherever this machine has it. Raises SandboxError if it has none."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if bundled := bundled_pip():
        return [sys.executable, f"{bundled}/pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    if pip := shutil.which("pip3"):
        return [pip]
    raise SandboxError("the image's wheels need pip or uv on this machine: `python3 -m ensurepip`")


def bundled_pip() -> Path | None:
    """The wheel that the interpreter carries for ensurepip; distributions move it to WHEEL_PKG_DIR."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [Path(place).parent / "_bundled" for place in [spec and spec.origin] if place]
    folders += [Path(place) for place in [sysconfig.get_config_var("WHEEL_PKG_DIR")] if place]
    return next((wheel for folder in folders for wheel in folder.glob("pip-*.whl")), None)
