"""What is improved: a program, and the trail of edits that led to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple


class Edit(NamedTuple):
    """One operator applied once: what a self-edit reports of itself."""

    operator: str
    target: str
    before: str
    after: str


@dataclass(frozen=True)
class Program:
    """Paths to text, with an entry file. `edits` is the trail of operators that
    led here from the program that `improve` was given, `deleted` names what its ancestors had and
    gave up (see `fingerprint.py`); both are no part of its identity."""

    files: Mapping[str, str]
    entry: str = "main.py"
    edits: tuple[Edit, ...] = field(default=(), compare=False)
    deleted: frozenset[str] = field(default=frozenset(), compare=False)

    def with_file(self, path: str, text: str, *edits: Edit) -> Program:
        """A copy in which `path` reads `text`, with `edits` appended to the trail."""
        return replace(self, files={**self.files, path: text}, edits=self.edits + edits)

    @property
    def digest(self) -> str:
        """SHA-256 over entry, paths and bytes: the identity of the tree."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """As it is stored and hashed: entry and files, and nothing of how it came to be."""
        return json.dumps([self.entry, sorted(self.files.items())], ensure_ascii=True).encode()

    @staticmethod
    def from_bytes(data: bytes) -> Program:
        """What `to_bytes` gave. Raises ValueError for any other bytes."""
        try:
            entry, files = json.loads(data)
            return Program.from_json({"entry": entry, "files": dict(files)})
        except (TypeError, RecursionError) as error:
            raise ValueError(f"not a program: {error!r}") from None

    def to_json(self) -> dict[str, Any]:
        return {"files": dict(self.files), "entry": self.entry, "edits": [list(e) for e in self.edits]}

    @staticmethod
    def from_json(data: Any) -> Program:
        """Raises ValueError unless `data` is exactly a program: untrusted guests send these."""
        try:
            files, entry = data["files"], data["entry"]
            edits = tuple(Edit(*map(str, edit)) for edit in data.get("edits", ()))
            deleted = frozenset(map(str, data.get("deleted", ())))
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not a program: {error!r}") from None
        if not isinstance(files, dict) or not isinstance(entry, str) or entry not in files:
            raise ValueError("not a program: its entry file is not among its files")
        if not all(isinstance(text, str) for text in files.values()):
            raise ValueError("not a program: every file must be text")
        return Program(files, entry, edits, deleted)
