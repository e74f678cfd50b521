"""`godel sandbox`: prove the isolation, build and remove what it needs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from godel.called import command

from . import words
from .console import out, print_json, sign_of_life, table
from .options import Json, Quiet, Sandbox

if TYPE_CHECKING:
    from godel.sandbox import Tier

HELP = "The sandbox: break-in tests, images."


def doctor(sandbox: Sandbox = None, quiet: Quiet = False, as_json: Json = False) -> None:
    """Try to break each protection for real; exit 1 if one gives way."""
    found: dict[str, Any] = {}
    for name, tier, missing in _tiers(sandbox):
        found[name] = {"missing": missing} if missing else _examined(tier, quiet)
        if not as_json:
            _show(name, found[name])
    if as_json:
        print_json(found)
    _judge(found)


def _examined(tier: Tier, quiet: bool) -> dict[str, Any]:
    from godel.doctor import examine

    from .work import prepare

    prepare(tier, quiet)
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
    from godel.sandbox import image

    with sign_of_life("building the image", quiet) as tell:
        built = image.build(base, tell)
    print(built)


def list_(as_json: Json = False) -> None:
    """The images that were built."""
    from godel.sandbox import image

    found = image.list_images()
    if as_json:
        print_json(found)
        return
    rows = table("image", "kind", "tags", "size", "built", right=("size",))
    for each in found:
        built = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created))
        rows.add_row(
            each.id.removeprefix("sha256:")[:12],
            each.kind,
            ", ".join(each.tags) or words.MISSING,
            f"{each.size_bytes / 1e6:.0f} MB",
            built,
        )
    out().print(rows if found else f"no images; to make one: {command('sandbox', 'build')}", soft_wrap=not found)


def clean(quiet: Quiet = False) -> None:
    """End guests that killed runs left behind; remove the images."""
    from godel.sandbox import image

    ended = sum(tier.reap() for _, tier, missing in _tiers(None) if missing is None)
    docker = next(missing for name, _, missing in _tiers(None) if name == "docker")
    images = image.clean() if docker is None else 0
    if not quiet:
        print(f"ended {words.count(ended, 'guest')}, removed {words.count(images, 'image')}", file=sys.stderr)


COMMANDS = (doctor, build, list_, clean)


def _tiers(wanted: str | None) -> list[tuple[str, Tier, str | None]]:
    """Name, tier, and why it can't be used here."""
    from godel.sandbox import TIERS
    from godel.sandbox.choose import make

    tiers = [make(name) for name in ([wanted] if wanted else TIERS)]
    return [(tier.name, tier, tier.missing()) for tier in tiers]


def _show(name: str, found: dict[str, Any]) -> None:
    if found["missing"]:
        out().print(f"{name} can't be used here: {found['missing'].removeprefix(f'{name}: ')}\n", style="yellow")
        return
    marks = {True: ("holds", None), False: ("BROKEN", "bold red"), None: ("not tried", "yellow")}
    rows = table("", "protection", "attempt", "what happened", wide="what happened", title=name)
    for finding in found["findings"]:
        mark, style = marks[finding["holds"]]
        rows.add_row(mark, finding["protection"], finding["attempt"], words.cut(finding["detail"], 200), style=style)
    out().print(rows)
    for protection in found["unset"]:
        out().print(f"not set on this machine: {protection}", style="yellow")
    out().print()


def _judge(found: dict[str, Any]) -> None:
    """Exit 1 when a protection gave way; bad input when there is no tier to examine."""
    from godel.sandbox.choose import choose

    if all(each["missing"] for each in found.values()):
        choose(next(iter(found)) if len(found) == 1 else None)  # raises, with the ways to get one
    if any(finding["holds"] is False for each in found.values() for finding in each.get("findings", ())):
        raise typer.Exit(1)
