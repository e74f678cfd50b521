"""A real run whose self-edits are known beforehand, and what they are worth."""

from __future__ import annotations

from pathlib import Path

from runs import proceed, small_run

from godel.loop.run_folder import create
from godel.sandbox import Tier

SCAFFOLD = Path(__file__).parent / "planted_scaffold"
WORTHY, WORTHLESS, UNUSED, CALLED, CHANGED = range(1, 6)
"""The generations that make them."""
KEEP_ALL = ("acceptance=any", "selection=chain")


def planted_run(folder: Path, tier: Tier, generations: int = CHANGED) -> Path:
    """One self-edit after the other, each kept."""
    given = {"scaffold": str(SCAFFOLD), "tasks": ["micro_knobs"], "generations": generations, "workers": 1}
    create(folder, small_run(tier, *KEEP_ALL, "improve.calls=12", **given))
    proceed(folder)
    return folder
