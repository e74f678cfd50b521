"""How a program is shown to a model: so that `editing` reads a reply in the same form."""

from __future__ import annotations

from pathlib import PurePosixPath

from .program import Program

LANGUAGES = {".py": "python", ".md": "markdown", ".toml": "toml", ".json": "json"}


def shown(program: Program) -> str:
    """All of its files, each in a fence below its path."""
    return "\n\n".join(fenced(path, text) for path, text in program.files.items())


def fenced(path: str, text: str) -> str:
    """A file below its path, in a fence longer than any that it holds."""
    fence = "```"
    while fence in text:
        fence += "`"
    body = text.rstrip("\n")
    return f"{path}\n{fence}{LANGUAGES.get(PurePosixPath(path).suffix, '')}\n{body}\n{fence}"
