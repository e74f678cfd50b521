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
    words = [*INSTALL, package]
    if shutil.which(words[0]) is None:
        end(f"{why}: install it with this system's package manager (Debian calls it {package})")
    if os.geteuid() != 0:
        end(f"{why}: sudo {' '.join(words)}")
    print(f"{why}; installing it: {' '.join(words)}", flush=True)
    subprocess.run(["apt-get", "update", "--quiet=2"], check=False)  # stale lists may still do
    done = subprocess.run([*words[:2], "--quiet=2", *words[2:]], stdout=subprocess.DEVNULL)
    if done.returncode:
        end(f"{why}, and apt-get could not install it (its own words are above): {' '.join(words)}")


def end(line: str) -> NoReturn:
    sys.exit(line)
