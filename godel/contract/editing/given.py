"""What a reply has given so far: so that a second text for the same thing is not taken for the first, or the last."""

from __future__ import annotations

import re

from godel.contract.fingerprints import fingerprints

from .errors import EditFailed
from .fences import Fence

BETTER = re.compile(
    r"(?:^|[.!?,:;]\s|—|–)\W*(?:no|wait|actually|oops|hmm|scratch that|better|instead|correction|sorry)\b"
    r"|\b(?:corrected|fixed|final|revised|updated|improved|better)(?: \w+){0,3} (?:version|code|program|file)\b"
    r"|\bfinal (?:answer|one|text)\b|\b(?:here is|here's) the (?:fix|correction)\b",
    re.I,
)
"""What a reply says before a text that it means in the place of an earlier one."""
WHOLE = ""
"""Stands for a text that is no Python, among the names of statements."""


class Given:
    """The hash of each statement that was shown, by its file and its name."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str], str] = {}
        self.modules: set[str] = set()

    def add_text(self, path: str, fence: Fence) -> None:
        self._add(path, {WHOLE: fence.text}, fence)

    def add_module(self, path: str, fence: Fence) -> None:
        self.modules.add(path)
        self._add(path, {name: mark for mark, name in fingerprints(fence.text).items()}, fence)

    def _add(self, path: str, shown: dict[str, str], fence: Fence) -> None:
        """Raises EditFailed for what was given already, and differently, unless the reply says that this is better."""
        twice = [name for name, mark in shown.items() if self._marks.get((path, name), mark) != mark]
        if twice and not BETTER.search(fence.above):
            what = f"`{twice[0]}` of {path}" if twice[0] else path
            raise EditFailed(f"the reply gives {what} more than once, and differently: give the one that you mean")
        self._marks |= {(path, name): mark for name, mark in shown.items()}
