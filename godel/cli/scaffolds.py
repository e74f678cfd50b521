"""`godel scaffolds`: the seeds that a run can start from."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import complete
from .console import out, print_json, table
from .options import Json

HELP = "Seed scaffolds: the programs that improve programs."


def list_(as_json: Json = False) -> None:
    """The scaffolds that come with the laboratory."""
    from godel import scaffold

    found = [scaffold.load(name) for name in scaffold.names()]
    if as_json:
        print_json([{"name": each.name, "summary": each.summary, "needs_model": each.needs_model} for each in found])
        return
    rows = table("scaffold", "needs a model", "what it is", wide="what it is")
    for each in found:
        rows.add_row(each.name, "yes" if each.needs_model else "no", each.summary)
    out().print(rows)


def show(
    scaffold: Annotated[str, typer.Argument(help="Its name or folder.", autocompletion=complete.scaffolds)],
    source: Annotated[bool, typer.Option("--source", help="Its source instead.")] = False,
    as_json: Json = False,
) -> None:
    """A scaffold: its files, what of it is editable, where it comes from."""
    from godel.scaffold import load

    found = load(scaffold)
    files = found.program.files
    if source:
        text = "".join(f"# --- {path} ---\n{body.rstrip()}\n\n" for path, body in files.items())
        print_json(files) if as_json else sys.stdout.write(text)
    elif as_json:
        print_json(
            {
                **vars(found),
                "program": {"tree": found.program.digest, "entry": found.program.entry, "files": list(files)},
            }
        )
    else:
        lines = ", ".join(f"{path} ({len(body.splitlines())} lines)" for path, body in files.items())
        out().print(f"{found.name}: {found.summary}\n", style="bold")
        out().print(f"files     {lines}\neditable  {', '.join(found.editable)}\ntree      {found.program.digest}")
        out().print(f"model     {'needed' if found.needs_model else 'not needed'}\nsource    {found.source}")


COMMANDS = (list_, show)
