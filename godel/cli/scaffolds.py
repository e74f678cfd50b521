"""`godel scaffolds`: the seeds that a run can start from."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import complete, formatting
from .console import out, print_json, table
from .options import Json

HELP = "Seed scaffolds: the programs that improve programs."


def list_(as_json: Json = False) -> None:
    """The scaffolds there are: ours, and those of installed packages."""
    from godel import scaffold
    from godel.entry_points import origins

    by_name = {name: scaffold.load(name) for name in [*scaffold.names(), *scaffold.from_packages()]}
    sources = origins("godel.scaffolds")
    if as_json:
        facts = [(name, each.summary, each.needs_model, sources.get(name, "godel")) for name, each in by_name.items()]
        print_json([dict(zip(("name", "summary", "needs_model", "origin"), each, strict=True)) for each in facts])
        return
    rows = table("scaffold", "needs a model", "what it is", wide="what it is")
    for name, each in by_name.items():
        rows.add_row(formatting.named(name, sources), "yes" if each.needs_model else "no", each.summary)
    out().print(rows)


def show(
    scaffold: Annotated[str, typer.Argument(help="Its name or folder.", autocompletion=complete.scaffolds)],
    source: Annotated[bool, typer.Option("--source", help="Its source instead.")] = False,
    as_json: Json = False,
) -> None:
    """A scaffold: its files, what of it is editable, where it comes from."""
    from godel.scaffold import load

    chosen = load(scaffold)
    files = chosen.program.files
    if source:
        text = "".join(f"# --- {path} ---\n{body.rstrip()}\n\n" for path, body in files.items())
        print_json(files) if as_json else sys.stdout.write(text)
    elif as_json:
        print_json(
            {
                **vars(chosen),
                "program": {"tree": chosen.program.digest, "entry": chosen.program.entry, "files": list(files)},
            }
        )
    else:
        lines = ", ".join(f"{path} ({len(body.splitlines())} lines)" for path, body in files.items())
        out().print(f"{chosen.name}: {chosen.summary}\n", style="bold")
        out().print(f"files     {lines}\neditable  {', '.join(chosen.editable)}\ntree      {chosen.program.digest}")
        out().print(f"model     {'needed' if chosen.needs_model else 'not needed'}\nsource    {chosen.source}")


COMMANDS = (list_, show)
