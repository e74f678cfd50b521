"""The command line. One module per group of commands; what is heavy is imported where it is used.

`run` is all of it: arguments in, exit code out, and no traceback on the way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer import completion

from . import (
    best,
    compare,
    demo,
    imp,
    launch,
    lineage,
    model,
    replay,
    report,
    rule,
    sandbox,
    scaffolds,
    settings,
    status,
    tasks,
    verify,
)
from .failure import reported
from .signals import interruptible
from .streams import prepare_streams

HELP = "A laboratory for recursive self-improvement that can be trusted."

EPILOG = """\b
Exit codes:
  0    done
  1    a check or a verification failed, or the program did
  2    bad input: an argument, a file, a run's folder, no sandbox or engine
  3    a run stopped early, and can be resumed: budget, engine gone, disk full
  130  interrupted (Ctrl-C, SIGTERM); a run can be resumed
"""

PLAIN = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Help as plain text: rich's takes three times as long to come up."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    prepare_streams()
    with interruptible():
        try:
            code = build()(list(arguments) or ["--help"], prog_name="godel", standalone_mode=False)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read our output has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141  # as the shell reports a tool that SIGPIPE ended
        except (Exception, KeyboardInterrupt) as error:
            return reported(error)
        return reported(KeyboardInterrupt()) if code == 130 else int(code or 0)


def build() -> typer.Typer:
    """The whole command tree."""
    if "_GODEL_COMPLETE" in os.environ:
        completion.get_completion_inspect_parameters()  # makes the shells known
    app = group(HELP, epilog=EPILOG)
    app.callback()(top)
    for command in (
        demo.demo,
        launch.launch,
        launch.resume,
        status.status,
        report.report,
        replay.replay,
        best.best,
        imp.imp,
        compare.compare,
        verify.verify,
        rule.rule,
    ):
        app.command(context_settings=PLAIN)(command)
    for name, module in (
        ("lineage", lineage),
        ("tasks", tasks),
        ("scaffolds", scaffolds),
        ("sandbox", sandbox),
        ("model", model),
    ):
        part = group(module.HELP)
        part.callback()(help_only)
        for command in module.COMMANDS:
            part.command(command.__name__.removesuffix("_"), context_settings=PLAIN)(command)
        app.add_typer(part, name=name)
    app.command(context_settings=PLAIN)(settings.settings)
    return app


def group(text: str, epilog: str = "") -> typer.Typer:
    """No option of typer's own: those have no default, and to coerce that imports pydantic (0.1 s)."""
    return typer.Typer(
        help=text,
        epilog=epilog,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={**PLAIN, "help_option_names": []},
    )


def print_help(context: typer.Context, show: bool) -> None:
    if show:
        typer.echo(context.get_help())
        raise typer.Exit()


def print_version(show: bool) -> None:
    if show:
        import godel

        typer.echo(f"godel {godel.__version__}")
        raise typer.Exit()


Help = Annotated[
    bool, typer.Option("--help", "-h", help="Show this message and exit.", callback=print_help, is_eager=True)
]
Version = Annotated[bool, typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True)]
Install = Annotated[
    bool,
    typer.Option(
        "--install-completion", help="Install completion for this shell.", callback=completion.install_callback
    ),
]
Script = Annotated[
    bool, typer.Option("--show-completion", help="Print this shell's script.", callback=completion.show_callback)
]


def top(help: Help = False, version: Version = False, install: Install = False, script: Script = False) -> None:
    """The options that stand before any command."""


def help_only(help: Help = False) -> None:
    """The option of a group of commands."""
