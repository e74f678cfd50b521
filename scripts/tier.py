"""See to it that the machine has a sandbox tier. Usage: .venv/bin/python scripts/tier.py

Where no Docker engine answers, bubblewrap is enough; root gets it installed, others are told
how. Whether a tier works is what the tier itself says.
"""

from __future__ import annotations

import os
import pkgutil
import shutil
import subprocess
import sys

from godel.sandbox import TIERS

INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends", "bubblewrap"]


def reasons() -> dict[str, str]:
    """Why each tier can't be used here; empty as soon as one can."""
    found = {}
    for name, path in TIERS.items():
        missing = pkgutil.resolve_name(path)().missing()
        if missing is None:
            return {}
        found[name] = missing
    return found


def main() -> None:
    if not reasons():
        return
    if shutil.which("bwrap") is None:
        if os.geteuid():
            sys.exit(f"demo: no Docker engine answers and bubblewrap is missing: sudo {' '.join(INSTALL)}")
        print("demo: no Docker engine answers, so bubblewrap is installed", flush=True)
        subprocess.run(["apt-get", "update", "--quiet=2"], check=False)  # stale lists may still do
        subprocess.run(INSTALL, check=True)
    for reason in (left := reasons()).values():
        print(f"demo: {reason}", file=sys.stderr)
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
