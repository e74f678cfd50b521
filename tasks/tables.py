"""TOML files that people write: manifests, configurations, scripts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

LARGEST = 4 << 20
"""Bytes of such a file: a model's script holds whole programs."""


def read_table(path: Path) -> dict[str, Any]:
    """What the file holds; a byte-order mark before it is no part of it. Raises OSError, and ValueError that
    says what is wrong."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST >> 20} MiB")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
