"""The entry point: `godel`, `python -m godel`."""

from __future__ import annotations

import sys


def main() -> None:
    from godel.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
