"""What a guest hands in: a program and a trail of edits, within the limits; the rest is its failure."""

from __future__ import annotations

from dataclasses import replace

from godel.contract import Edit, Program
from godel.contract.limits import EDIT_CHARACTERS, EDITS, PATH_CHARACTERS, PROGRAM_BYTES, PROGRAM_FILES
from godel.gateway import NoRequest
from godel.sandbox.guest.messages import ModelRequest, Request, request_from_json


def received(data: object) -> Request:
    """The request in a guest's message; a program in it has as much of its edits as is kept. Raises NoRequest."""
    try:
        request = request_from_json(data)
    except ValueError as error:
        raise NoRequest(str(error)) from None
    if isinstance(request, ModelRequest):
        return request
    return replace(request, program=accepted(request.program))


def accepted(program: Program) -> Program:
    """With as much of its edits as is kept. Raises NoRequest for one that is too large."""
    if problem := too_much(program):
        raise NoRequest(problem)
    return replace(program, edits=kept(program.edits), deleted=frozenset())


def too_much(program: Program) -> str:
    """Which limit of a program's size is broken, or ""."""
    files = program.files
    if len(files) > PROGRAM_FILES:
        return f"a program of {len(files)} files; at most {PROGRAM_FILES}"
    if longest := max((len(path) for path in files if len(path) > PATH_CHARACTERS), default=0):
        return f"a file's name of {longest} characters; at most {PATH_CHARACTERS}"
    size = sum(len(part.encode("utf-8", "surrogatepass")) for file in files.items() for part in file)
    return f"a program of {size} bytes is larger than {PROGRAM_BYTES} bytes" if size > PROGRAM_BYTES else ""


def kept(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The first edits, each field cut to its limit; where something was left out, it says so."""
    shortened = tuple(Edit(*(cut(text, EDIT_CHARACTERS) for text in edit)) for edit in edits[:EDITS])
    more = len(edits) - EDITS
    return shortened if more <= 0 else (*shortened, Edit("…", f"{more} more edits were reported, and not kept", "", ""))


def cut(text: str, most: int) -> str:
    """`text`, or its first `most` characters and how many are missing."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"
