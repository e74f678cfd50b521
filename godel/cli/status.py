"""`status`: how a run stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from godel.called import command

from . import formatting
from .console import err, out, print_json
from .options import Folder, Json

if TYPE_CHECKING:
    from godel.front import RunRecord
    from godel.lineage.store import Store

    from .outcome import Outcome


class Count(TypedDict):
    """Generations after the seed."""

    done: int
    planned: int


class Last(TypedDict):
    """The last event, and why the last session stopped, if it did."""

    event: str
    at: float
    reason: NotRequired[str]


class Facts(TypedDict):
    """How a run stands, as JSON has it."""

    folder: Path
    scaffold: str
    tasks: list[str]
    tier: str
    selection: str
    acceptance: str
    seed: int
    workers: int
    generations: Count
    running: int | None
    """The process that works on it."""
    last: Last
    local: dict[str, Any]
    ours: bool
    remarks: list[str]
    """On the servers of its models."""
    outcome: Outcome | None


def status(folder: Folder, as_json: Json = False) -> None:
    """How a run stands; also while it is running."""
    from godel.lineage.store import Store
    from godel.loop.run_folder import FILE

    with Store.open(folder / FILE) as store:
        facts = _facts(store, folder)
    if as_json:
        print_json(facts)
        return
    _show_facts(facts)
    _tell(folder, facts["outcome"], over=_over(facts))


def place(folder: Path, sandbox: str | None) -> dict[str, Any]:
    """Where a run is gone on with: on the tier that was asked for, or on the one that the run was last on."""
    from godel.lineage.store import Store
    from godel.loop.run_folder import FILE

    from .places import known_tier, moved

    with Store.open(folder / FILE) as store:
        now = settings_now(store)
    return moved(sandbox or known_tier(now))


def summary(run: RunRecord, as_json: bool) -> None:
    """The outcome of a run that is over, and where to look next."""
    from . import outcome

    result = outcome.outcome(run.lineage, run.folder, settings_here(run.store))
    if as_json:
        print_json({"folder": run.folder, "outcome": result})
    else:
        _tell(run.folder, result)


def _tell(folder: Path, result: Outcome | None, over: bool = True) -> None:
    from . import outcome

    if result is None:
        out().print("nothing is scored yet")
    else:
        outcome.show(result, over)
        looks = (("lineage", "tree", folder), ("lineage", "edits", folder), ("lineage", "show", folder, "best"))
        lines = "\n".join(command(*look) for look in looks)
        err().print(f"\nto look at it:\n{lines}", style="dim", soft_wrap=True)


def settings_now(store: Store) -> dict[str, Any]:
    """A run's settings: as it was created, and as it was last gone on with."""
    from godel.lineage.records.events import Started

    starts = store.happened(Started)
    changed = {key: value for key, value in vars(starts[-1]).items() if key not in ("local", "mark")} if starts else {}
    return {**store.config["run"], **changed}


def settings_here(store: Store) -> dict[str, Any]:
    """As `settings_now`, with the addresses and the like that this installation chose: a command that is
    advised has to name them."""
    from godel import local

    settings, ours = local.recorded(store)
    chosen = {key: value for key, value in settings.items() if ours and key in local.KEYS}
    return local.joined(settings_now(store), chosen)


def _facts(store: Store, folder: Path) -> Facts:
    from godel import local
    from godel.lineage.analysis.lineage import Lineage
    from godel.lineage.store.lock import writer

    from .outcome import outcome

    run = settings_now(store)
    settings, ours = local.recorded(store)
    with store.snapshot():
        lineage, last = Lineage.of(store), _last(store)
        result = outcome(lineage, folder, settings_here(store))
    return {
        "folder": folder,
        "scaffold": run["scaffold"],
        "tasks": list(store.config["tasks"]),
        "tier": run["sandbox"],
        "selection": run["selection"],
        "acceptance": run["acceptance"],
        "seed": run["seed"],
        "workers": run["workers"],
        "generations": {"done": max(0, len(lineage) - 1), "planned": run["generations"]},
        "running": writer(store.path),
        "last": last,
        "local": settings,
        "ours": ours,
        "remarks": store.model_remarks(),
        "outcome": result,
    }


def _last(store: Store) -> Last:
    """A report may have been recorded since its last session stopped."""
    from godel.lineage.records.events import Finished, Started, Stopped

    event = store.last_event()
    last: Last = {"event": event.kind, "at": event.at}
    sessions = store.happened(Started, Stopped, Finished)
    if sessions and isinstance(end := sessions[-1], Stopped):
        last["reason"] = end.reason
    return last


def _show_facts(facts: Facts) -> None:
    generations, result = facts["generations"], facts["outcome"]
    state = f"running (process {facts['running']})" if facts["running"] else _state(facts)
    out().print(f"{facts['folder']}  {state}", style="bold")
    out().print(
        f"generation {generations['done']} of {generations['planned']} · {facts['scaffold']} on "
        f"{', '.join(facts['tasks'])} · {facts['tier']}"
    )
    if facts["local"]:
        whose = "" if facts["ours"] else " (not chosen here: followed only with --as-recorded)"
        named = ", ".join(f"{key}={value}" for key, value in facts["local"].items())
        out().print(formatting.cut(f"{named}{whose}", 300), style="dim", soft_wrap=True)
    for remark in facts["remarks"]:
        out().print(formatting.cut(remark, 300), style="yellow", soft_wrap=True)
    if result:
        counts = ", ".join(f"{number} {status}" for status, number in result.statuses.items() if status != "seed")
        out().print(f"{counts or 'no generation yet'} · {formatting.spent(result.spend, generations['done'] + 1)}\n")


def _state(facts: Facts) -> str:
    if _over(facts):
        return "finished"
    reason = facts["last"].get("reason")
    return reason or "not running"


def _over(facts: Facts) -> bool:
    return bool(facts["generations"]["done"] >= facts["generations"]["planned"])
