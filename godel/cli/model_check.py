"""`godel model check`: what a model can do, in a table, before money is spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import formatting
from .console import out, print_json, table
from .options import ApiBase, Json, KeyEnv

if TYPE_CHECKING:
    from godel.gateway.probes import Finding

PATIENCE_S = 60.0
Name = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="By litellm's name, such as openai/gpt-5-mini; at an address, as its server has it."
    ),
]


def check(name: Name, api_base: ApiBase = None, key_env: KeyEnv = None, as_json: Json = False) -> None:
    """Ask a model for each thing that scaffolds need, before a run.

    Nine small requests. Exit 1 if it does not answer; what else it lacks is named.
    """
    from godel.config import Models as Settings
    from godel.config import checked
    from godel.gateway.checks import check_key, with_full_names
    from godel.gateway.probes import probed

    given = {"names": (name,), "api_base": api_base or "", "key_env": key_env or "", "timeout_s": PATIENCE_S}
    models = checked(Settings, given, "options")
    check_key(name, models)
    findings = probed(with_full_names(models).names[0], models)
    cost = costs(name, findings)
    if as_json:
        print_json({"model": name, "findings": findings, **cost})
    else:
        show(name, findings, cost)
    if not findings[0].able:
        raise typer.Exit(1)


def costs(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """`dollars` is None where nobody knows the price."""
    from godel.gateway.prices import price

    prompt, reply = sum(each.prompt for each in findings), sum(each.reply for each in findings)
    known = price(name, {})
    return {"tokens": prompt + reply, "dollars": known and known.of(prompt, reply)}


def show(name: str, findings: Sequence[Finding], cost: dict[str, Any]) -> None:
    rows = table("needs", "", "", wide="")
    for each in findings:
        rows.add_row(
            each.needs,
            "yes" if each.able else "no",
            formatting.cut(each.problem, 300),
            style=None if each.able else "yellow",
        )
    out().print(rows)
    price = "at an unknown price" if cost["dollars"] is None else formatting.dollars(cost["dollars"])
    out().print(f"{name}: this check took {cost['tokens']:,} tokens, {price}", style="dim")
