"""`settings`: every key of a run's configuration, as --config and KEY=VALUE take it."""

from __future__ import annotations

from .console import out, print_json, table
from .options import Json


def settings(as_json: Json = False) -> None:
    """Every setting of a run: key, default, meaning.

    As --config files and KEY=VALUE take them.
    """
    from godel.config import described

    found = described()
    if as_json:
        print_json(found)
        return
    rows = table("key", "default", "meaning", wide="meaning")
    for each in found:
        rows.add_row(each["key"], _shown(each["default"]), each["meaning"])
    out().print(rows)


def _shown(value: object) -> str:
    if value is None or value in ("", {}):
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
