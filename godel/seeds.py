"""Where every seed of a run comes from: one secret, one run seed, and a purpose.

Instances must be unknown to the code under test, and yet the same run seed must give the
same archive. So each installation holds a secret that no sandbox can read; a run records
the one it used, and a copy of it reproduces the run elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def derive(secret: str, *purpose: str | int) -> int:
    """A 63-bit seed for `purpose` (HMAC-SHA256 of it under the secret)."""
    message = "/".join(map(str, purpose)).encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def installation_secret() -> str:
    """This installation's secret, made at first use."""
    return kept_secret("secret")


def kept_secret(name: str, make: bool = True) -> str:
    """A secret of this installation, readable by its owner only. Made at first use; with `make` False, ""
    where there is none."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    path = home / "godel" / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        if not make:
            return ""
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(16) + "\n")
    except FileExistsError:
        pass  # another run was first: its secret is the installation's
    return path.read_text().strip()
