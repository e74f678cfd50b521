"""A run's file with a byte changed, pages swapped or its end cut off, and what every command makes of it.

Each command has to do one of two things: what it does with the whole file, or say in one line that the
file is damaged. As a program this tries as many places as it is told, those of a real run as well:

    PYTHONPATH=.:tests/support python tests/support/damage.py --places 600
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from typer import Context
from typer.main import get_command

from godel import cli
from godel.cli import complete
from godel.loop.run_folder import FILE

PAGE = 4096
LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("verify",),
    ("verify", "--json"),
    ("lineage", "tree"),
    ("lineage", "tree", "--all"),
    ("lineage", "tree", "--json"),
    ("lineage", "show", "best"),
    ("lineage", "show", "g2", "--json"),
    ("lineage", "show", "seed", "--source"),
    ("lineage", "diff", "g1"),
    ("lineage", "path", "best"),
    ("lineage", "edits"),
    ("lineage", "edits", "--operators"),
    ("lineage", "calibration"),
    ("lineage", "export", "-f", "json"),
    ("lineage", "export", "-f", "graphml"),
    ("lineage", "export", "-f", "dot"),
    ("lineage", "export", "-f", "html"),
    ("replay", "g1", "--checkout", "OUT"),
)
"""What only reads a run."""

WORK: tuple[tuple[str, ...], ...] = (
    ("best",),
    ("best", "--task", "online_bin_packing", "--json"),
    ("resume", "-q"),
    ("report", "-q"),
    ("rule", "g1", "revoke", "--reason", "tests", "--by", "tests"),
)
"""What needs a run that was really made, and what goes on from one. To a run that is finished and reported only the
ruling adds anything."""

REPLAYS: tuple[tuple[str, ...], ...] = (
    ("replay", "g1", "--verify", "-q"),
    ("replay", "g1", "--task", "online_bin_packing", "--seeds", "1", "-q"),
)
"""What runs a recorded program again, which takes seconds."""


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Damage(NamedTuple):
    what: str
    apply: Callable[[bytes], bytes]


def bytes_changed(size: int, count: int, rng: random.Random) -> Iterator[Damage]:
    for _ in range(count):
        place, other = rng.randrange(size), rng.randrange(1, 256)
        yield Damage(
            f"byte {place} ^ {other}",
            lambda data, place=place, other=other: (  # type: ignore[misc]
                data[:place] + bytes([data[place] ^ other]) + data[place + 1 :]
            ),
        )


def cut_off(size: int, count: int, rng: random.Random) -> Iterator[Damage]:
    """Anywhere, and at the end of a page."""
    for number in range(count):
        end = rng.randrange(size)
        end -= end % PAGE if number % 2 else 0
        yield Damage(f"cut at {end}", itemgetter(slice(end)))


def pages_swapped(size: int, count: int, rng: random.Random) -> Iterator[Damage]:
    for _ in range(count):
        first, second = sorted(rng.sample(range(size // PAGE), 2))
        yield Damage(f"pages {first} and {second} swapped", partial(swapped, first=first, second=second))


def swapped(data: bytes, first: int, second: int) -> bytes:
    pages = [data[start : start + PAGE] for start in range(0, len(data), PAGE)]
    pages[first], pages[second] = pages[second], pages[first]
    return b"".join(pages)


def placed(command: Sequence[str], run: str, output: Path) -> list[str]:
    """The command with its run where it belongs, and the folder that it may write."""
    words = 2 if command[0] == "lineage" else 1
    return [str(output) if each == "OUT" else each for each in (*command[:words], run, *command[words:])]


def said(arguments: Sequence[str]) -> Said:
    """The command line in this process: `godel.cli.run` is all of it."""
    out, err = Captured(), Captured()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(arguments)
    return Said(code, out.text(), err.text())


class Captured(io.TextIOWrapper):
    """A stream that takes text and bytes, as a program's own do: files are printed as bytes."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, "utf-8", write_through=True)

    def text(self) -> str:
        return self._bytes.getvalue().decode()


def looked(command: Sequence[str], folder: Path) -> Said:
    output = folder.parent / "out"
    try:
        return said(placed(command, str(folder), output))
    finally:
        shutil.rmtree(output, ignore_errors=True)


def completed(folder: Path) -> list[str]:
    """The nodes that the shell would offer."""
    context = Context(get_command(cli.build()))
    context.params = {"folder": str(folder)}
    return complete.nodes(context, "")


def wrong(command: Sequence[str], whole: Said, now: Said) -> str:
    """What a command did that it must not, or "": not the same as before, and not one line about damage."""
    if (now.code, now.out) == (whole.code, whole.out):
        return ""
    lines = now.err.splitlines()
    if command[0] == "verify" and (now.code, lines) == (1, []) and now.out:
        return ""
    clear = now.code == 2 and not now.out and len(lines) == 1 and FILE in lines[0]
    return "" if clear and "internal error" not in lines[0] else f"{now.code} {now.err}{now.out[:200]}"


def failures(
    folder: Path, commands: Sequence[Sequence[str]], damages: Sequence[Damage], scratch: Path, every: int = 1
) -> list[str]:
    """What went wrong, by damage and command. Looking must leave the file as it is, damaged or not. Where the
    damage is in no record (`verify` finds nothing), what runs a program is tried each `every`th time only."""
    data = (folder / FILE).read_bytes()
    target = scratch / folder.name
    whole = {tuple(command): undamaged(command, target, data) for command in commands}
    verified = undamaged(("verify",), target, data)
    offered = completed(target)
    found: list[str] = []
    unharmed = 0
    for number, damage in enumerate(damages, 1):
        if number % 50 == 0:
            print(f"{number} of {len(damages)}: {len(found)} failures", file=sys.__stderr__, flush=True)
        changed = damage.apply(data)
        fresh(target, changed)
        if completed(target) not in (offered, ["best", "seed"]):
            found.append(f"{damage.what}: completion: {completed(target)}")
        unharmed += (quiet := looked(("verify",), target) == verified)
        for command in commands:
            if command in REPLAYS and quiet and unharmed % every:
                continue
            if problem := tried(command, whole[tuple(command)], target, changed):
                found.append(f"{damage.what}: {' '.join(command)}: {problem}")
    print(f"{unharmed} of {len(damages)} changed no record", file=sys.__stderr__, flush=True)
    return found


def undamaged(command: Sequence[str], target: Path, data: bytes) -> Said:
    """What it makes of the whole file: a command that fails there shows nothing of damage. (What `verify` finds in
    a run that was made up is the same each time, unless something is damaged.)"""
    fresh(target, data)
    now = looked(command, target)
    assert not now.code or command[0] == "verify", f"{command}, of the whole file: {now}"
    return now


def tried(command: Sequence[str], whole: Said, target: Path, changed: bytes) -> str:
    """What a command did with the damaged file that it must not, or ""."""
    if command not in LOOKS:
        fresh(target, changed)
    problem = wrong(command, whole, looked(command, target))
    if not problem and command in LOOKS and digest(target / FILE) != hashlib.sha256(changed).hexdigest():
        problem = "the file was written"
    return problem


def fresh(folder: Path, data: bytes) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(data)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def damages(size: int, places: int, seed: int) -> list[Damage]:
    """`places` bytes, and an eighth as many cuts and as many swaps."""
    rng = random.Random(seed)
    return [*bytes_changed(size, places, rng), *cut_off(size, places // 8, rng), *pages_swapped(size, places // 8, rng)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", type=Path, help="a finished and reported run; the small recorded one if not given")
    parser.add_argument("--work", action="store_true", help="also what goes on from a run (needs --run and a sandbox)")
    parser.add_argument("--every", type=int, default=8, help="replay each so many of the files without harm")
    given = parser.parse_args()
    from command import recorded_run

    with tempfile.TemporaryDirectory() as scratch:
        folder = given.run or recorded_run(Path(scratch, "source", "run"))
        planned = damages((folder / FILE).stat().st_size, given.places, given.seed)
        commands = LOOKS + (WORK + REPLAYS if given.work else ())
        found = failures(folder, commands, planned, Path(scratch), given.every)
    print("\n".join(found))
    print(f"{len(planned)} damaged files, {len(commands) + 1} commands each: {len(found)} failures")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
