"""A bare Debian made on the spot: what debootstrap calls its minimum, Python, make and git, and how this machine
gets packages (apt's and pip's configuration, certificates, proxies). Nothing else: no Docker engine, no bubblewrap.

Commands run in it behind pivot_root, with mounts, process ids and a /proc of their own: in a plain chroot
the kernel refuses user namespaces, and no sandbox could start.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from godel.sandbox.docker.debian_base import SUITE, mirror

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = "python3,make,git,ca-certificates"
"""What whoever wants to run the README's two commands must have; certificates are part of how packages are got."""

USER = "stranger"
COPIED = ("/etc/apt", "/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs", "/usr/local/share/ca-certificates")
PASSED_ON = re.compile(r"(PIP|UV)_\w+|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE", re.IGNORECASE)
PIVOT = """
root=$1; shift
mount --make-rprivate /
mount --bind "$root" "$root"
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind -o ro "$1" "$root$1"; shift; done; shift
mount -t proc proc "$root/proc"
for place in dev sys; do mount --rbind "/$place" "$root/$place"; done
for place in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$place"; done
cd "$root"
pivot_root . .
umount --lazy .
exec "$@"
"""
"""A shell's words: from the folder $1, with the folders named before `--`, make the root, and run what follows."""


class Debian:
    """A root in `folder`; `make` it, or take a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """debootstrap (about 50 s), then this machine's way to packages, then a user without privileges."""
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(self.folder)]
        subprocess.run(command + list(filter(None, [mirror()])), check=True, stdout=subprocess.DEVNULL)
        for place in filter(os.path.exists, COPIED):
            target = self.folder / place.removeprefix("/")
            shutil.rmtree(target, ignore_errors=True)
            subprocess.run(["cp", "-aL" if Path(place).is_file() else "-a", place, str(target)], check=True)
        self.check("root", f"useradd --create-home --shell /bin/bash {USER}")

    def copy(self, folder: Path) -> Debian:
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.folder), str(folder)], check=True)
        return Debian(folder)

    def clone(self, user: str) -> None:
        """This checkout's HEAD as `user`'s own clone, ~/godel."""
        home = self.folder / home_of(user).removeprefix("/")
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(home / "godel")], check=True)
        self.check("root", f"chown -R {user}: {home_of(user)}/godel")

    def run(self, user: str, command: str) -> tuple[int, str]:
        """Run a shell's `command` in ~/godel, if it is there; its exit code and what it printed, which is shown too."""
        folder = f"cd {home_of(user)}/godel 2>/dev/null || cd {home_of(user)}; "
        become = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        options = pip_options()
        words = [
            "setpriv",
            "--pdeathsig",
            "KILL",  # nothing in there outlives this program
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-ec",
            PIVOT,
            "sh",
            str(self.folder),
            *local_folders(options.values()),
            "--",
            *become,
            "/usr/bin/env",
            "-i",
            *(f"{name}={value}" for name, value in environment(user, options).items()),
            "bash",
            "-c",
            folder + command,
        ]
        print(f"bare: {user}$ {command}", flush=True)
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout
            lines = [show(line) for line in process.stdout]
        return process.returncode, "".join(lines)

    def check(self, user: str, command: str) -> str:
        """What it printed; ends this program if it failed."""
        code, output = self.run(user, command)
        expect(code == 0, f"{command!r} ended with exit code {code}")
        return output


def expect(holds: bool, otherwise: str) -> None:
    """Ends this program unless it holds."""
    if not holds:
        sys.exit(f"bare: {otherwise}")


def show(line: str) -> str:
    print(f"    {line}", end="", flush=True)
    return line


def home_of(user: str) -> str:
    return "/root" if user == "root" else f"/home/{user}"


def environment(user: str, options: Mapping[str, str]) -> dict[str, str]:
    """A login's, and how this machine gets packages. pip's configuration files become pip's variables."""
    passed_on = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    pip = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in options.items()}
    login = {
        "HOME": home_of(user),
        "USER": user,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    return {**pip, **passed_on, **login, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def pip_options() -> dict[str, str]:
    sys.path.insert(0, str(ROOT / "scripts"))
    import environment

    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = environment.pip_options(listing)
    return found


def local_folders(values: Iterable[str]) -> list[str]:
    """The folders of this machine that pip's options name: of an index the one above it, where its files lie."""
    words = [word for value in values for word in value.split()]
    indexes = {str(Path(word.removeprefix("file://")).parent) for word in words if word.startswith("file:///")}
    plain = {str(path if path.is_dir() else path.parent) for word in words if (path := Path(word)).is_absolute()}
    return sorted({place for place in indexes | plain if Path(place).is_dir()} - {"/etc/ssl/certs"})
