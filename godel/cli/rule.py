"""`rule`: what a person thinks of a child, appended to the run's records."""

from __future__ import annotations

from typing import Annotated

import typer

from . import complete, formatting
from .console import out, print_json
from .options import Folder, Json, Node


def rule(
    folder: Folder,
    node: Node,
    verdict: Annotated[
        str, typer.Argument(help="accept, reject, hold or revoke.", metavar="VERDICT", autocompletion=complete.verdicts)
    ],
    reason: Annotated[str, typer.Option(help="Why; recorded with it.", metavar="TEXT")],
    by: Annotated[str | None, typer.Option(help="Who rules; your login name if not given.", metavar="NAME")] = None,
    as_json: Json = False,
) -> None:
    """Accept, reject, hold or revoke a scored child.

    The ruling is appended: what was ruled before stays in the record. A held child may become a
    parent once it is accepted, a revoked one no more; what it had begot stays.
    """
    import getpass

    from godel.lineage.records.generation import ruled
    from godel.loop.run_folder import FILE
    from godel.ruling import rule as decide

    generations = decide(folder / FILE, node, verdict, reason, by if by is not None else getpass.getuser())
    if as_json:
        print_json([{"generation": each.index, "status": each.status, "rulings": ruled(each)} for each in generations])
        return
    for each in generations:
        out().print(
            f"{formatting.node(each.index, each.child or '')} is {each.status}", style=formatting.COLOURS[each.status]
        )
