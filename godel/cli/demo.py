"""`demo`: the zero-key main job, from nothing to a lineage, in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import words
from .console import out, say
from .options import Quiet, Sandbox

if TYPE_CHECKING:
    from godel.sandbox import Tier

SETTINGS = Path(__file__).resolve().parents[1] / "demo.toml"
"""How much the demo does, so that it takes at most three minutes on two cores."""


def demo(
    folder: Annotated[
        Path | None, typer.Argument(help="A new folder; runs/demo-<n> if not given.", metavar="[FOLDER]")
    ] = None,
    sandbox: Sandbox = None,
    quiet: Quiet = False,
) -> None:
    """See it work: three minutes of self-improvement, no key needed."""
    from godel import config, laboratory

    from .work import new_folder, work

    run = config.load(SETTINGS, sandbox=ready_tier(sandbox).name)
    folder = folder or new_folder("demo-")
    laboratory.create(folder, run)
    say(f"{folder}: {run.scaffold} improves its own source on {words.count(len(laboratory.load_tasks(run)), 'task')}")
    work(folder, quiet=quiet, demo=True)
    _conclude(folder)


def ready_tier(wanted: str | None) -> Tier:
    """The strongest tier that can be prepared; says which were passed over and why.
    Raises TierMissing when none is left."""
    from godel.sandbox import TIERS, SandboxError, TierMissing
    from godel.sandbox.choose import choose

    passed: list[str] = []
    for name in [wanted] if wanted else TIERS:
        try:
            tier = choose(name)
            tier.prepare(say)
        except SandboxError as error:
            passed.append(f"{name}: {error}")
            say(f"passed over {passed[-1]}")
            continue
        say(f"sandbox: {name}" + "".join(f"\n  not set here: {protection}" for protection in tier.unset()))
        return tier
    raise TierMissing(f"no sandbox tier works here ({'; '.join(passed)})")


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
