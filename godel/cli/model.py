"""`godel model`: the stand-in for a language model, for a run without a key or a network, and a check of any model."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from . import complete, model_check

HELP = "What a model can do, and a stand-in that answers by script."


Rules = Annotated[
    str | None,
    typer.Option(
        "--script",
        help="A scaffold (its name or its folder), for the script beside it, or a TOML file of rules.",
        autocompletion=complete.scaffolds,
        metavar="SCAFFOLD|FILE",
    ),
]
Port = Annotated[int, typer.Option("--port", help="On 127.0.0.1; any if not given.", min=0, max=65535, metavar="N")]
Rate = Annotated[
    float | None,
    typer.Option(
        "--faults", help="How often a try goes wrong, 0 to 1; a third try never.", min=0, max=1, metavar="RATE"
    ),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind", help="What goes wrong; every kind if not given.", autocompletion=complete.faults, metavar="KIND"
    ),
]
Manner = Annotated[
    list[str] | None,
    typer.Option(
        "--manner",
        help="How it differs from the API, such as 'ignores n'; may be repeated.",
        autocompletion=complete.manners,
        metavar="MANNER",
    ),
]
ServedName = Annotated[
    list[str] | None,
    typer.Option("--name", help="The only name that it answers to; any if not given.", metavar="NAME"),
]
FaultSeed = Annotated[
    int, typer.Option("--fault-seed", help="Which tries go wrong, and how.", min=0, max=2**53 - 1, metavar="N")
]
Key = Annotated[str | None, typer.Option("--key", help="The API key to insist on; any if not given.", metavar="KEY")]


def serve(
    script: Rules = None,
    port: Port = 0,
    faults: Rate = None,
    kind: Kinds = None,
    fault_seed: FaultSeed = 0,
    key: Key = None,
    manner: Manner = None,
    name: ServedName = None,
) -> None:
    """Serve an OpenAI-compatible model until Ctrl-C.

    Its replies depend on a request alone, and so do its faults. With --manner it is as real servers are: see how
    a scaffold of yours fares with one that ignores n, refuses a parameter, counts no tokens or only thinks.
    """
    from godel import scaffold as scaffolds
    from godel.called import command
    from godel.errors import ConfigError
    from godel.gateway.scripted import ALL, Faults, Manners, Script, Served, script_file

    if kind and faults is None:
        raise ConfigError("--kind: nothing goes wrong without --faults RATE")
    planned = Faults(faults or 0.0, kind or ALL, fault_seed)
    manners = Manners(manner or (), name or ())
    with Served(Script.load(script_file(script)), planned, key, port, manners=manners) as served:
        scaffold = script if script and scaffolds.exists(script) else "stop"
        model = name[0] if name else "openai/scripted"
        launch = command("launch", "--scaffold", scaffold, "--model", model, "--api-base", served.address)
        typer.echo(f"serving at {served.address}: {launch}")
        threading.Event().wait()


COMMANDS = (model_check.check, serve)
