"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from godel.sandbox import TIERS

from . import complete

Folder = Annotated[Path, typer.Argument(help="The run's folder.", autocompletion=complete.folders, metavar="FOLDER")]
Node = Annotated[
    str,
    typer.Argument(
        help="A hash's beginning, a generation (g12), seed or best.", autocompletion=complete.nodes, metavar="NODE"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")]
Sandbox = Annotated[
    str | None,
    typer.Option(
        help=f"{' or '.join(TIERS)}; the strongest that works if not given.",
        autocompletion=complete.tiers,
        metavar="TIER",
    ),
]
RunSandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        help=f"{' or '.join(TIERS)}; the run's own if not given.",
        autocompletion=complete.tiers,
        metavar="TIER",
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="The size of the task; its default if not given.", autocompletion=complete.presets, metavar="NAME"
    ),
]
Model = Annotated[
    list[str] | None,
    typer.Option(help="A language model by litellm's name, such as openai/gpt-5-mini; repeatable.", metavar="NAME"),
]
ApiBase = Annotated[
    str | None,
    typer.Option(help="Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1.", metavar="URL"),
]
KeyEnv = Annotated[
    str | None,
    typer.Option(help='The variable that holds the key for that address; "" for none.', metavar="NAME"),
]
AsRecorded = Annotated[
    bool,
    typer.Option("--as-recorded", help="Follow the address, the key's variable and the like that its file names."),
]
