"""Policies by name: "module:symbol", imported when one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from .errors import UnknownName


def create(kind: str, name: str, table: Mapping[str, str]) -> Any:
    """A new instance of what `table` lists under `name`. Raises UnknownName."""
    if name not in table:
        raise UnknownName(kind, name, table)
    module, _, symbol = table[name].partition(":")
    return getattr(import_module(module), symbol)()
