"""Bytes that coverage guides, as a message and as a source. Needs atheris, see README.md; libFuzzer's options apply.

What it finds is a traceback: whatever is not an answer in `test_hostile.py` ends it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # no dependency: whoever fuzzes installs it

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

with atheris.instrument_imports(include=["godel", "ast", "json"]):
    from hostile import gated

    from godel.contract import Program
    from godel.contract.characters import printable
    from godel.contract.fingerprints import fingerprints
    from godel.gate.duplicate import normalised
    from godel.gate.smoke import ToyUtility
    from godel.gateway import NoRequest
    from godel.gateway.request import parse
    from godel.sandbox.guest.json_lines import Unreadable, decoded, encoded
    from godel.scoring.received import received


def once(data: bytes) -> None:
    _as_message(data)
    _as_source(data.decode("utf-8", "surrogateescape"))


def _as_message(data: bytes) -> None:
    try:
        message = decoded(data)
    except Unreadable:
        return
    decoded(encoded(message))
    for read in (parse, received):
        try:
            read(message)
        except NoRequest as problem:
            assert str(problem)


def _as_source(text: str) -> None:
    program = Program({"main.py": text})
    refusal = gated(program)
    assert refusal is None or printable(refusal.reason)
    assert len(normalised(program)) == 64 and ToyUtility()(program) <= 1.0
    fingerprints(text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()
