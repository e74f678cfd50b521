"""Records to JSON text and back: the form in which they are stored, hashed and exported.

The text is canonical (sorted keys, no spaces, ASCII), so equal records have equal digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from . import Baseline, Edit, Evaluation, Generation, Judged, ModelCall, Spend, Split, Status, Tree

Record = Generation | Evaluation | Baseline | ModelCall


def dumps(value: Any) -> str:
    """Canonical JSON. Raises ValueError for NaN and infinities: no record may hold one."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(data: str | bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def to_json(record: Record) -> dict[str, Any]:
    """The record as plain JSON values."""
    return asdict(record)


def tree_bytes(tree: Tree) -> bytes:
    return source_bytes(tree.files, tree.entry)


def source_bytes(files: Mapping[str, str], entry: str) -> bytes:
    """The bytes under whose SHA-256 a program is stored, be it a scaffold or a product. It is
    the guest's `Program.digest`."""
    return json.dumps([entry, sorted(files.items())], ensure_ascii=True).encode()


def tree_from_bytes(data: bytes) -> Tree:
    entry, files = json.loads(data)
    return Tree(dict(files), entry)


def transcript_bytes(transcript: Sequence[Mapping[str, Any]]) -> bytes:
    # Guests may put NaN into a message: it must come back as it went.
    return json.dumps(list(transcript), sort_keys=True, separators=(",", ":")).encode()


def generation(data: dict[str, Any]) -> Generation:
    edits = tuple(Edit(*edit) for edit in data.get("edits", ()))
    return Generation(**data | {"status": Status(data["status"]), "edits": edits, "spend": Spend(**data["spend"])})


def evaluation(data: dict[str, Any]) -> Evaluation:
    changed = {
        "split": Split(data["split"]),
        "spend": Spend(**data["spend"]),
        "flags": tuple(data.get("flags", ())),
        "judged": tuple(Judged(*map(float, pair)) for pair in data.get("judged", ())),
    }
    return Evaluation(**data | changed)


def baseline(data: dict[str, Any]) -> Baseline:
    return Baseline(**data)


def model_call(data: dict[str, Any]) -> ModelCall:
    return ModelCall(**data)


LOAD: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "generations": generation,
    "evaluations": evaluation,
    "baselines": baseline,
    "model_calls": model_call,
}
"""How the rows of each table become records again."""


def load(table: str, text: str) -> Any:
    """The record that `text` in `table` stands for. A generation's transcript is not in it."""
    data = json.loads(text)
    data.pop("transcript", None)
    return LOAD[table](data)


def link(seq: int, at: float, kind: str, body: str, manifest: str, previous: str) -> str:
    """The hash of an event: over all of it and the hash of the one before."""
    return digest(json.dumps([seq, at, kind, body, manifest, previous]))
