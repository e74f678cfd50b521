"""See to it that the machine has a sandbox tier. Usage: .venv/bin/python scripts/tier.py

Where no Docker engine can be used, bubblewrap is enough; root gets it installed, others are told
how. Whether a tier works is what the tier itself says, before and after.
"""

from __future__ import annotations

import pkgutil
import shutil
import sys

from packages import provide

from godel.sandbox import TIERS


def reasons() -> dict[str, str]:
    """Why each tier can't be used here; empty as soon as one can."""
    by_tier = {}
    for name, path in TIERS.items():
        missing = pkgutil.resolve_name(path)().missing()
        if missing is None:
            return {}
        by_tier[name] = missing
    return by_tier


def main() -> None:
    left = reasons()
    if left and shutil.which("bwrap") is None:
        print(f"demo: {left.pop('docker')}", file=sys.stderr, flush=True)
        provide("bubblewrap", "demo: without a Docker engine bubblewrap is needed")
        left = reasons()
    for reason in left.values():
        print(f"demo: {reason}", file=sys.stderr)
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
