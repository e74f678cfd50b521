"""`godel tasks`: what scaffolds are pointed at, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import complete, formatting
from .console import out, print_json, say, table
from .options import Json, Preset, Quiet, Sandbox

if TYPE_CHECKING:
    from godel.contract import Program
    from godel.scoring.bench import Outcome
    from godel.scoring.pool import Pool
    from godel.task_check import Finding
    from godel.tasks import Task

HELP = "Downstream tasks: list, run, check that they are sound."
Name = Annotated[str, typer.Argument(help="A task's name or folder.", autocompletion=complete.tasks, metavar="TASK")]


def list_(as_json: Json = False) -> None:
    """The tasks there are: ours, and those of installed packages."""
    from godel import tasks
    from godel.entry_points import origins

    available = [tasks.load(name) for name in [*tasks.names(), *tasks.from_packages()]]
    sources = origins("godel.tasks")
    if as_json:
        print_json([{**_facts(task), "origin": sources.get(task.name, "godel")} for task in available])
        return
    rows = table("task", "what it is", "cost", "better is", "preset", wide="what it is")
    for task in available:
        rows.add_row(
            formatting.named(task.name, sources),
            task.title,
            "costly" if task.stage else "cheap",
            _scale(task),
            task.preset_name,
        )
    out().print(rows)


def show(task: Name, preset: Preset = None, as_json: Json = False) -> None:
    """A task: what a scaffold is told, limits, where 0 and 1 come from."""
    from godel import tasks
    from godel.sandbox import packages

    chosen = tasks.load(task, preset)
    if as_json:
        print_json({**_facts(chosen), "description": chosen.description, "initial": chosen.initial.files})
        return
    out().print(f"{chosen.name}\n", style="bold")
    out().print(
        f"better is  {_scale(chosen)}; score 0 is the initial program, 1 the reference, {tasks.FLOOR:.0f} a failure"
    )
    out().print(f"preset     {chosen.preset_name}: {', '.join(f'{k} {v}' for k, v in chosen.preset.items()) or '–'}")
    if chosen.judged_by == "reading":
        out().print("judged by  reading: nothing of the program runs")
    else:
        out().print(
            f"limits     {chosen.cpu_s:g} s of CPU, {chosen.wall_s:g} s, {chosen.memory_bytes >> 20} MiB"
            f"{', GPU' if chosen.gpu else ''}"
        )
        out().print(f"packages   {packages.names()}, with what those require")
    if chosen.reserved:
        out().print("reserved   for transfer: no run searches on it")
    out().print(f"reference  {chosen.reference_source}")
    for source, value in chosen.published.items():
        out().print(f"published  {value}: {source}")
    out().print(f"version    {chosen.version}\n\n{chosen.description}")


def run(
    task: Name,
    program: Annotated[
        str, typer.Option(help="initial, reference, a file or a folder.", metavar="PROGRAM")
    ] = "initial",
    seed: Annotated[
        list[int] | None, typer.Option(help="Instance seeds; repeatable.", min=0, max=2**53 - 1, metavar="N")
    ] = None,
    preset: Preset = None,
    sandbox: Sandbox = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Score one program on a task, in a fresh bench for each seed."""
    from godel import tasks
    from godel.loop.preflight import check_tasks

    chosen = tasks.load(task, preset)
    check_tasks([chosen])
    candidate = _program(chosen, program)
    with bench_pool([chosen], sandbox, quiet) as pool:
        rows = list(_run(chosen, candidate, seed or [0], pool))
    if as_json:
        print_json(
            [{"task": chosen.name, "seed": seed, "score": score, **vars(outcome)} for seed, score, outcome in rows]
        )
        return
    shown = table(
        "seed", "score", "value", "CPU", "failure", "detail", right=("seed", "score", "value", "CPU"), wide="detail"
    )
    for number, score, outcome in rows:
        shown.add_row(
            str(number),
            formatting.number(score),
            "–" if outcome.value is None else f"{outcome.value:.6g}",
            f"{outcome.cpu_s:.2f} s",
            outcome.failure or "",
            formatting.cut(outcome.detail, 250) or ", ".join(outcome.flags),
        )
    out().print(shown)


def check(
    task: Annotated[
        list[str] | None,
        typer.Argument(help="Names or folders; all tasks if not given.", autocompletion=complete.tasks, metavar="TASK"),
    ] = None,
    preset: Preset = None,
    sandbox: Sandbox = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Prove that tasks are sound; exit 1 if one is not.

    The initial program scores 0, the reference 1, garbage fails, seeds decide the instance.
    """
    from godel import task_check as checks
    from godel import tasks
    from godel.loop.preflight import check_tasks
    from godel.tasks import manifest

    chosen = [tasks.load(name, preset) for name in task or tasks.names()]
    check_tasks(chosen)
    single = [
        manifest.read(tasks.find(name) / "task.toml").reference.value is not None for name in task or tasks.names()
    ]
    findings: dict[str, list[Finding]] = {}
    with bench_pool(chosen, sandbox, quiet) as pool:
        for each, alone in zip(chosen, single, strict=True):
            findings[each.name] = checks.check(each, pool, alone, lambda line: say(line, quiet))
            if not as_json:
                _show_check(each.name, findings[each.name])
    if as_json:
        print_json(findings)
    if not all(finding.holds for each in findings.values() for finding in each):
        raise typer.Exit(1)


COMMANDS = (list_, show, run, check)


@contextmanager
def bench_pool(tasks: Sequence[Task], sandbox: str | None, quiet: bool) -> Iterator[Pool]:
    """Sandboxes on the chosen tier. Raises TaskError for a task that asks for a package that it does not have."""
    from godel.loop.preflight import check_packages
    from godel.loop.session import prepare
    from godel.sandbox.choose import choose
    from godel.scoring.pool import Pool

    from .work import Terminal

    with closing(choose(sandbox)) as tier:
        check_packages(tasks, tier)
        prepare(tier, Terminal(quiet))
        with Pool(tier) as pool:
            yield pool


def _run(task: Task, program: Program, seeds: Sequence[int], pool: Pool) -> Iterator[tuple[int, float, Outcome]]:
    from godel.loop.patience import AT_ONCE, Renewed, patiently
    from godel.scoring.bench import Judge
    from godel.scoring.references import MemoryShelf, References, Used
    from godel.scoring.task_utility import score
    from godel.task_check import fresh

    with closing(References(pool, MemoryShelf())) as baselines, Renewed(lambda: Judge(pool)) as judge:
        for seed in seeds:
            outcome = fresh(task, program, seed, pool, judge)
            measured = partial(score, task, outcome, seed, Used(baselines))
            yield seed, float(patiently(measured, lambda: None, delays_s=AT_ONCE)), outcome


def _program(task: Task, given: str) -> Program:
    from godel import tasks
    from godel.contract import Program
    from godel.errors import UsageError

    if given in ("initial", "reference"):
        return task.initial if given == "initial" else task.reference
    if Path(given).is_dir():
        return tasks.program(Path(given))
    try:
        text = Path(given).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{given}: {getattr(error, 'strerror', None) or error}; expected initial, reference, a file or a folder"
        ) from None
    return Program({task.initial.entry: text}, task.initial.entry)


def _show_check(name: str, findings: list[Finding]) -> None:
    rows = table("", name, "", wide="")
    for finding in findings:
        rows.add_row(
            "ok" if finding.holds else "NO",
            finding.check,
            formatting.cut(finding.detail, 300),
            style=None if finding.holds else "bold red",
        )
    out().print(rows)
    out().print()


def _facts(task: Task) -> dict[str, Any]:
    names = (
        "name",
        "title",
        "direction",
        "scale",
        "stage",
        "judged_by",
        "reserved",
        "gpu",
        "preset",
        "cpu_s",
        "wall_s",
        "memory_bytes",
        "preload",
        "reference_source",
        "published",
        "version",
    )
    return {**{name: getattr(task, name) for name in names}, "preset_name": task.preset_name}


def _scale(task: Task) -> str:
    better = "higher" if task.direction == "max" else "lower"
    return f"{better}, log scale" if task.scale == "log" else better
