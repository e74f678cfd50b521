"""`verify`: is a run's file what was recorded, and does each record follow from those before it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from . import formatting
from .console import out, print_json, print_lines
from .options import Folder, Json

CUT = 300
"""Characters of a finding's line; JSON has it whole."""


@dataclass(frozen=True)
class Verification:
    """What became of it, as JSON has it. `events` and `head` (the last one's hash) only where nothing was found."""

    folder: Path
    verified: bool
    findings: Sequence[str]
    events: int = 0
    head: str | None = None


def verify(folder: Folder, as_json: Json = False) -> None:
    """Check a run's whole file, without a sandbox.

    Exit 1 if anything is not as it was recorded, or does not follow from what was recorded
    before. That a score is what its program is worth, only replay --verify can tell.
    """
    verification = _verified(folder)
    if as_json:
        print_json(verification)
    else:
        _show(verification)
    if verification.findings:
        raise typer.Exit(1)


def _verified(folder: Path) -> Verification:
    from godel.lineage.errors import StoreDamaged
    from godel.lineage.store import Store
    from godel.loop.open_run import inconsistencies
    from godel.loop.run_folder import FILE

    try:
        with Store.open(folder / FILE, whole=False) as store:
            if findings := list(store.findings()) or list(inconsistencies(folder, store)):
                return Verification(folder, False, findings)
            return Verification(folder, True, (), len(store.events()), store.head)
    except StoreDamaged as damage:
        return Verification(folder, False, [str(damage)])


def _show(made: Verification) -> None:
    print_lines("".join(formatting.cut(each, CUT) + "\n" for each in made.findings))
    if made.findings:
        out().print(f"{made.folder}: {formatting.count(len(made.findings), 'finding')}", style="bold red")
        return
    out().print(
        f"{made.folder} is as it was recorded: {formatting.count(made.events, 'event')}, head {made.head}",
        style="bold green",
        soft_wrap=True,
    )
