"""A Debian package that is missing: root gets it installed, others are told how.

Standard library only, and any Python 3: this runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import NoReturn

INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")


def provide(package: str, why: str) -> None:
    """Install `package`. Ends this program in one line where that is not ours to do, or fails."""
    command = [*INSTALL, package]
    if shutil.which(command[0]) is None:
        end(f"{why}: install it with this system's package manager (Debian calls it {package})")
    if os.geteuid() != 0:
        end(f"{why}: sudo {' '.join(command)}")
    print(f"{why}; installing it: {' '.join(command)}", flush=True)
    subprocess.run(["apt-get", "update", "--quiet=2"], check=False)  # stale lists may still do
    done = subprocess.run([*command[:2], "--quiet=2", *command[2:]], stdout=subprocess.DEVNULL)
    if done.returncode:
        end(f"{why}, and apt-get could not install it (its own words are above): {' '.join(command)}")


def end(line: str) -> NoReturn:
    sys.exit(line)
