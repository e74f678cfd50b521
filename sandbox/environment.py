"""What every guest has of an environment, whichever tier starts it."""

from __future__ import annotations

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": "/tmp",
    "USER": "nobody",  # no guest has a list of users, and torch asks for a name
    "LANG": "C.UTF-8",
}
