"""`verify`: is a run's file what was recorded, and does each record follow from those before it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from . import formatting
from .console import out, print_json, print_lines
from .options import Folder, Json

CUT = 300
"""Characters of a finding's line; JSON has it whole."""


def verify(folder: Folder, as_json: Json = False) -> None:
    """Check a run's whole file, without a sandbox.

    Exit 1 if anything is not as it was recorded, or does not follow from what was recorded
    before. That a score is what its program is worth, only replay --verify can tell.
    """
    facts = _facts(folder)
    if as_json:
        print_json(facts)
    else:
        _show(facts)
    if facts["findings"]:
        raise typer.Exit(1)


def _facts(folder: Path) -> dict[str, Any]:
    from godel.lineage.errors import StoreDamaged
    from godel.lineage.store import Store
    from godel.loop.open_run import inconsistencies
    from godel.loop.run_folder import FILE

    try:
        with Store.open(folder / FILE, whole=False) as store:
            found = list(store.findings()) or list(inconsistencies(folder, store))
            head = None if found else store.head
            events = 0 if found else len(store.events())
    except StoreDamaged as damage:
        found, head, events = [str(damage)], None, 0
    return {"folder": folder, "verified": not found, "findings": found, "events": events, "head": head}


def _show(facts: dict[str, Any]) -> None:
    print_lines("".join(formatting.cut(each, CUT) + "\n" for each in facts["findings"]))
    if facts["findings"]:
        out().print(f"{facts['folder']}: {formatting.count(len(facts['findings']), 'finding')}", style="bold red")
        return
    out().print(
        f"{facts['folder']} is as it was recorded: {formatting.count(facts['events'], 'event')}, head {facts['head']}",
        style="bold green",
        soft_wrap=True,
    )
