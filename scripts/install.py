"""Make the environment `.venv` and install the program into it, if this Python is new enough.

Usage: python3 scripts/install.py [--dev]

Any Python must get through this file, so that an old one is told what is needed: no annotations.
"""

import sys

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    sys.exit(
        "install: Python {}.{} or newer is needed, {} is {}.{}; name another one: make PYTHON=python3.12 demo".format(
            *NEEDED, sys.executable, *sys.version_info[:2]
        )
    )

import environment  # noqa: E402 - an old Python could not read it

environment.main()
