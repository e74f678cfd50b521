"""`godel sandbox`: prove the isolation, build and remove what it needs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from godel.called import command

from . import formatting
from .console import out, print_json, sign_of_life, table
from .options import Json, Quiet, Sandbox

if TYPE_CHECKING:
    from godel.sandbox import Tier

HELP = "The sandbox: break-in tests, images."


def doctor(sandbox: Sandbox = None, quiet: Quiet = False, as_json: Json = False) -> None:
    """Try to break each protection for real; exit 1 if one gives way."""
    by_tier: dict[str, Any] = {}
    with _tiers(sandbox) as tiers:
        for tier in tiers:
            missing = tier.missing()
            by_tier[tier.name] = {"missing": missing} if missing else _examined(tier, quiet)
            if not as_json:
                _show(tier.name, by_tier[tier.name])
    if as_json:
        print_json(by_tier)
    _judge(by_tier)


def _examined(tier: Tier, quiet: bool) -> dict[str, Any]:
    from godel.doctor import examine
    from godel.loop.session import prepare

    from .work import Terminal

    prepare(tier, Terminal(quiet))
    with sign_of_life(f"{tier.name}: breaking in", quiet) as update:
        findings = examine(tier, lambda tried: update(f"{tier.name}: {tried.protection}: {tried.attempt}"))
    tried = [finding._asdict() for finding in findings]
    return {"missing": None, "findings": tried, "unset": tier.unset(), "identity": tier.identity()}


def build(
    base: Annotated[
        str, typer.Option(help="auto, debian (made from Debian's packages, no registry), or an image.")
    ] = "auto",
    quiet: Quiet = False,
) -> None:
    """Build the guest's Docker image and print its id."""
    from godel.sandbox.choose import make

    with closing(make("docker", {"base": base})) as tier, sign_of_life("building the image", quiet) as tell:
        tier.prepare(tell)
        built = tier.identity()
    print(built)


def list_(as_json: Json = False) -> None:
    """The images that were built."""
    with _tiers() as tiers:
        images = [image for tier in tiers for image in tier.images()]
    if as_json:
        print_json(images)
        return
    rows = table("image", "kind", "tags", "size", "built", right=("size",))
    for each in images:
        built = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created))
        rows.add_row(
            each.id.removeprefix("sha256:")[:12],
            each.kind,
            ", ".join(each.tags) or formatting.MISSING,
            f"{each.size_bytes / 1e6:.0f} MB",
            built,
        )
    out().print(rows if images else f"no images; to make one: {command('sandbox', 'build')}", soft_wrap=not images)


def clean(quiet: Quiet = False) -> None:
    """End guests that killed runs left behind; remove the images."""
    with _tiers() as tiers:
        usable = [tier for tier in tiers if tier.missing() is None]
        ended = sum(tier.reap() for tier in usable)
        images = sum(tier.remove(image) for tier in usable for image in tier.images())
    if not quiet:
        print(f"ended {formatting.count(ended, 'guest')}, removed {formatting.count(images, 'image')}", file=sys.stderr)


COMMANDS = (doctor, build, list_, clean)


@contextmanager
def _tiers(wanted: str | None = None) -> Iterator[list[Tier]]:
    """The tier called `wanted`, or all, usable or not."""
    from godel.sandbox import TIERS
    from godel.sandbox.choose import make

    with ExitStack() as stack:
        yield [stack.enter_context(closing(make(name))) for name in ([wanted] if wanted else TIERS)]


def _show(name: str, report: dict[str, Any]) -> None:
    if report["missing"]:
        out().print(f"{name} can't be used here: {report['missing'].removeprefix(f'{name}: ')}\n", style="yellow")
        return
    marks = {True: ("holds", None), False: ("BROKEN", "bold red"), None: ("not tried", "yellow")}
    rows = table("", "protection", "attempt", "what happened", wide="what happened", title=name)
    for finding in report["findings"]:
        mark, style = marks[finding["holds"]]
        rows.add_row(
            mark, finding["protection"], finding["attempt"], formatting.cut(finding["detail"], 200), style=style
        )
    out().print(rows)
    for protection in report["unset"]:
        out().print(f"not set on this machine: {protection}", style="yellow")
    out().print()


def _judge(by_tier: dict[str, Any]) -> None:
    """Exit 1 when a protection gave way; bad input when there is no tier to examine."""
    from godel.sandbox.choose import choose

    if all(each["missing"] for each in by_tier.values()):
        choose(next(iter(by_tier)) if len(by_tier) == 1 else None)  # raises, with the ways to get one
    if any(finding["holds"] is False for each in by_tier.values() for finding in each.get("findings", ())):
        raise typer.Exit(1)
