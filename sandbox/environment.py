"""What every guest has of an environment, whichever tier starts it, and who it is."""

from __future__ import annotations

NOBODY = 65534
"""The uid and gid of a guest whose children share one."""

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": "/tmp",
    "USER": "nobody",  # no guest has a list of users, and torch asks for a name
    "LANG": "C.UTF-8",
}
