"""Which files were found to be as recorded: so that one that nobody changed since is not read through once more.

A file goes by the SHA-256 of all its bytes, and by nothing else: not by its name, its times or its folder. So a single
changed byte makes another file of it, which nobody knows. The memory lies in the user's own state folder (XDG Base
Directory Specification), where nothing that comes with a run can get; in a folder that others may write to, nothing
is believed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from . import sidefiles

RECORDED = "recorded-1"
"""As `verify` found it. Another number where `verify` looks for more."""

MOST = 1_000
"""Entries; the oldest are forgotten."""


class Standing:
    """What is known of a file that is open."""

    def __init__(self, path: Path) -> None:
        self._path, self._mark, self._what = path, "", {RECORDED}

    def holds(self, what: str) -> bool:
        """Whether the file as it was opened was found to be so, now or before."""
        return what in self._what or known(self._mark, what)

    def note(self, what: str) -> None:
        """That the file as it was opened is so; and that it will be with what its writer appends."""
        self._what.add(what)
        remember(self._mark, what)

    def hold(self, verify: Callable[[], None]) -> None:
        """Verify the file, unless that was done. Raises what `verify` raises."""
        self._mark = fingerprint(self._path)
        if not known(self._mark, RECORDED):
            verify()
            if fingerprint(self._path) != self._mark:  # somebody writes to it
                self._mark = ""
            remember(self._mark, RECORDED)

    def settle(self, intact: Callable[[], bool]) -> None:
        """Note the same of the file as its writer has left it, if it is `intact`."""
        mark = fingerprint(self._path)
        if mark and intact() and fingerprint(self._path) == mark:
            for what in self._what:
                remember(mark, what)


def fingerprint(path: Path) -> str:
    """Of a file whose log is folded into it; "" for one that has a log besides."""
    if sidefiles.unfolded(path):
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known(mark: str, what: str) -> bool:
    """Whether the file with that fingerprint was found to be so before."""
    folder = _folder()
    return bool(mark and folder and _ours(folder) and (folder / f"{mark}.{what}").is_file())


def remember(mark: str, what: str) -> None:
    folder = _folder()
    if not mark or not folder:
        return
    with suppress(OSError):  # a home that can't be written: the file is read through next time, no more than that
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _ours(folder):
            (folder / f"{mark}.{what}").touch()
            _forget(folder)


def _folder() -> Path | None:
    """None for a user without a home."""
    given = os.environ.get("XDG_STATE_HOME", "")
    with suppress(RuntimeError):
        return (Path(given) if given.startswith("/") else Path.home() / ".local" / "state") / "godel" / "verified"
    return None


def _ours(folder: Path) -> bool:
    """Whether nobody else can put anything there."""
    try:
        metadata = folder.lstat()
    except OSError:
        return False
    return metadata.st_uid == os.geteuid() and not metadata.st_mode & 0o022 and folder.is_dir()


def _forget(folder: Path) -> None:
    entries = list(folder.iterdir())
    if len(entries) > MOST:
        for each in sorted(entries, key=lambda each: each.stat().st_mtime)[: len(entries) - MOST]:
            each.unlink(missing_ok=True)
