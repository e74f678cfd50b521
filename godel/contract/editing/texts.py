"""Texts of a program that are not Python: prompts, settings."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

from .elisions import gaps
from .errors import EditFailed


def whole_text(files: Mapping[str, str], path: str, text: str) -> str:
    """A text that is not Python, if it has no gap and all of its settings that the program reads. Raises EditFailed."""
    gap = next(gaps(text, files[path]), None)
    if gap:
        raise EditFailed(f"{path} is shown with a gap (line {gap[0]}: {gap[1]}): give it whole, or edit it by a block")
    if missing := sorted(key for key in keys(path, files[path]) - keys(path, text) if _is_read(files, key)):
        raise EditFailed(f"{path} would lose {' and '.join(missing)}, which the program reads: give all of it")
    return text


def keys(path: str, text: str) -> set[str]:
    """The names of the settings at the top of a TOML or JSON text; none of a text that can't be read."""
    try:
        data = tomllib.loads(text) if path.endswith(".toml") else json.loads(text) if path.endswith(".json") else {}
    except (ValueError, RecursionError):
        return set()
    return set(data) if isinstance(data, dict) else set()


def _is_read(files: Mapping[str, str], key: str) -> bool:
    return any(re.search(rf"[\"'.]{re.escape(key)}\b", text) for path, text in files.items() if path.endswith(".py"))
