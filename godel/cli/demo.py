"""`demo`: the zero-key main job, from nothing to a lineage, in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import words
from .console import out, say
from .launch import FolderAndSettings, split
from .options import Quiet, Sandbox

if TYPE_CHECKING:
    from godel.sandbox import Tier

SETTINGS = Path(__file__).resolve().parents[1] / "demo.toml"
"""How much the demo does, so that it takes at most three minutes on two cores."""


def demo(given: FolderAndSettings = None, sandbox: Sandbox = None, quiet: Quiet = False) -> None:
    """See it work: three minutes of self-improvement, no key needed."""
    from godel import config, laboratory

    from .work import new_folder, work

    folder, overrides = split(given or ())
    config.load(SETTINGS, overrides)  # what is wrong with it shows before a sandbox is prepared
    run = config.load(SETTINGS, overrides, sandbox=ready_tier(sandbox, quiet).name)
    folder = folder or new_folder("demo-")
    laboratory.create(folder, run)
    tasks = words.count(len(laboratory.load_tasks(run)), "task")
    say(f"{folder}: {run.scaffold} improves its own source on {tasks}", quiet)
    work(folder, quiet=quiet, demo=True)
    _conclude(folder)


def ready_tier(wanted: str | None, quiet: bool) -> Tier:
    """The strongest tier that can be prepared; says which were passed over and why.
    Raises TierMissing when none is left."""
    from godel.sandbox import TIERS, TierMissing
    from godel.sandbox.choose import choose, make

    tiers = [choose(wanted)] if wanted else [make(name) for name in TIERS]
    for tier in tiers:
        obstacle = tier.missing() or _obstacle_to_prepare(tier, quiet)
        if obstacle is None:
            say(
                f"sandbox: {tier.name}" + "".join(f"\n  not set here: {protection}" for protection in tier.unset()),
                quiet,
            )
            return tier
        say(f"passed over {tier.name}: {obstacle.removeprefix(f'{tier.name}: ')}", quiet)
    choose(wanted)  # raises, with the ways to get a tier, unless one is there that could not be prepared
    raise TierMissing("no sandbox tier could be prepared; the lines above say why")


def _obstacle_to_prepare(tier: Tier, quiet: bool) -> str | None:
    from godel.sandbox import SandboxError

    from .work import prepare

    try:
        prepare(tier, quiet)
    except SandboxError as error:
        return str(error)
    return None


def _conclude(folder: Path) -> None:
    from godel.laboratory import FILE
    from godel.lineage import html
    from godel.lineage.nodes import Lineage
    from godel.lineage.store import Store

    from .outcome import outcome, print_tree, show

    picture = folder / "lineage.html"
    with Store.open(folder / FILE) as store:
        lineage = Lineage.of(store)
        print_tree(lineage)
        if found := outcome(lineage):
            show(found)
        picture.write_text(html.page(lineage), encoding="utf-8")
    out().print(f"\nlineage with a diff for each self-edit: {picture.resolve()}", soft_wrap=True)
    out().print(
        f"next: godel lineage edits {folder} · godel replay {folder} best --verify", style="dim", soft_wrap=True
    )
