"""`demo`: the zero-key main job, from nothing to a lineage, in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from godel.called import command

from . import formatting
from .console import out, print_json, say, write_file
from .launch import FolderAndSettings, split
from .options import Json, Quiet, Sandbox

if TYPE_CHECKING:
    from godel.lineage.analysis.lineage import Lineage
    from godel.sandbox import Tier
    from godel.stopwatch import Stopwatch

    from .outcome import Outcome

SETTINGS = Path(__file__).resolve().parents[1] / "demo.toml"
"""How much the demo does, so that it takes at most three minutes on two cores."""

PROMISED_S = 180
"""How long that takes on two quiet cores, the sandbox's preparation apart."""


def demo(given: FolderAndSettings = None, sandbox: Sandbox = None, quiet: Quiet = False, as_json: Json = False) -> None:
    """See it work: three minutes of self-improvement, no key needed."""
    from godel import config
    from godel.loop import open_run, run_folder, session
    from godel.loop.preflight import check_tasks

    from .work import Terminal, new_folder

    folder, overrides = split(given or ())
    run = config.load(SETTINGS, overrides)
    tasks = run_folder.load_tasks(run)
    check_tasks(tasks.values())  # what is wrong with it shows before a sandbox is prepared
    tier = ready_tier(sandbox or run.sandbox or None, quiet)
    folder = folder or new_folder("demo-")
    terminal = Terminal(quiet)
    session.begin(folder, run.model_copy(update={"sandbox": tier.name}), terminal, ready=True)
    say(f"{folder}: {run.scaffold} improves its own source on {formatting.count(len(tasks), 'task')}", quiet)
    with open_run.opened(folder) as opened, terminal.work("resume", folder):
        watch = session.go_on(opened, terminal, budget_ends=True)
    _conclude(folder, tier, watch, as_json)


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
    from godel.loop.session import prepare
    from godel.sandbox import SandboxError

    from .work import Terminal

    try:
        prepare(tier, Terminal(quiet))
    except SandboxError as error:
        return str(error)
    return None


def _conclude(folder: Path, tier: Tier, watch: Stopwatch, as_json: bool) -> None:
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.store import Store
    from godel.lineage.views import html, tree
    from godel.loop.run_folder import FILE

    from .explain import remarked
    from .outcome import outcome
    from .status import settings_here, settings_now

    picture = folder / "lineage.html"
    with Store.open(folder / FILE) as store:
        lineage = Lineage.of(store)
        result = outcome(lineage, folder, settings_here(store))
        write_file(picture, [html.page(remarked(lineage, folder, settings_now(store)))])
    if as_json:
        print_json(
            {
                "folder": folder,
                "sandbox": {"tier": tier.name, "unset": tier.unset()},
                "tree": tree.rows(lineage),
                "outcome": result,
                "picture": picture.resolve(),
                "seconds": {"promised": PROMISED_S, "taken": watch.elapsed_s(), "by": watch.laps},
            }
        )
    else:
        _show(lineage, result, folder, picture, _late(watch, lineage))


def _late(watch: Stopwatch, lineage: Lineage) -> str:
    """What took longer than promised, or ""."""
    if watch.elapsed_s() <= PROMISED_S:
        return ""
    cpu_s = sum(made.spend.cpu_s for made in lineage.generations)
    by = ", ".join(f"{what} {formatting.duration(seconds)}" for what, seconds in watch.laps.items())
    return (
        f"This took {formatting.duration(watch.elapsed_s())}, longer than the {formatting.duration(PROMISED_S)} that "
        f"two quiet cores take:\n{by}; the generations used {formatting.duration(cpu_s)} of CPU."
    )


def _show(lineage: Lineage, result: Outcome | None, folder: Path, picture: Path, late: str) -> None:
    from .outcome import print_tree, show

    print_tree(lineage)
    if result:
        show(result)
    if late:
        out().print(f"\n{late}", soft_wrap=True)
    out().print(f"\nlineage with a diff for each self-edit: {picture.resolve()}", soft_wrap=True)
    lines = f"{command('lineage', 'edits', folder)}\n{command('replay', folder, 'best', '--verify')}"
    out().print(f"next:\n{lines}", style="dim", soft_wrap=True)
