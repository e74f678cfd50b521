"""What to do where bubblewrap is installed and no guest starts: an older bubblewrap, a kernel setting."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ..advice import sudo

NEEDED = "0.8"
"""The first bubblewrap with every option that guests are started with; --disable-userns came last."""
SETTINGS = {
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "15000"),
}
"""Kernel settings: the value that forbids user namespaces, and one that allows them."""
APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
PROFILE_FILE = "/etc/apparmor.d/bwrap"
PROFILE = r"abi <abi/4.0>,\ninclude <tunables/global>\nprofile bwrap {program} flags=(unconfined) {{\n  userns,\n}}\n"
"""An AppArmor profile as printf takes it: the program may make user namespaces, and is otherwise as before."""


def remedy(message: str) -> str:
    """The end of a line that began with bwrap's `message`: why that is, and the command that mends it."""
    if "Unknown option" in message:
        return f"; {version()} is too old: {NEEDED} or newer is needed (Debian 12 and Ubuntu 24.04 have it)"
    for name, (bad, good) in SETTINGS.items():
        if setting(name) == bad:
            return f": {sudo()}sysctl -w {name}={good}"
    if setting(APPARMOR) == "1":
        return (
            f": AppArmor keeps programs without a profile from making user namespaces. Give bwrap one: {profile()}"
            f"; or let every program make them: {sudo()}sysctl -w {APPARMOR}=0"
        )
    return "; inside a container it needs the right to make namespaces"


def setting(name: str) -> str | None:
    """The kernel's value of a setting that sysctl calls `name`; None where the kernel has none."""
    file = Path("/proc/sys", name.replace(".", "/"))
    return file.read_text().strip() if file.exists() else None


def profile() -> str:
    """The command that gives bwrap a profile and loads it; one that is there already is only loaded."""
    load = f"{sudo()}apparmor_parser -r {PROFILE_FILE}"
    if Path(PROFILE_FILE).exists():
        return load
    program = Path(shutil.which("bwrap") or "/usr/bin/bwrap").resolve()
    return f"printf '{PROFILE.format(program=program)}' | {sudo()}tee {PROFILE_FILE} && {load}"


def version() -> str:
    """What bwrap calls itself: "bubblewrap 0.8.0"."""
    return subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.strip() or "bubblewrap"
